"""The server before PostgreSQL and a streaming replica, both real processes, while the primary is away."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from ct_cli.backends.access import Role
from ct_cli.backends.postgres import PostgresBackend
from tests.postgres_server import RealPostgres, running
from tests.server.conftest import OWN, Running, a_return
from tests.stores.hanging_proxy import HangingProxy

RETURNS = "/v1/returns"


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RealPostgres, RealPostgres]]:
    """A primary and its replica, named in the settings."""
    primary = RealPostgres.make()
    replica = primary.replica()
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", primary.conninfo())
    monkeypatch.setenv("CT_READ_DATABASE", replica.conninfo())
    yield primary, replica
    replica.remove()
    primary.remove()


def post(client: httpx.Client, key: str, **given: Any) -> httpx.Response:
    return client.post(RETURNS, json=a_return(**given), headers={"Idempotency-Key": key})


def test_reads_go_on_and_writes_ask_to_come_again_and_nothing_is_lost_or_doubled(pair, serving: Callable[..., Any]):
    primary, replica = pair
    with serving() as served, served.client() as client:
        assert isinstance(served, Running)
        first = post(client, "first")
        assert first.status_code == 201
        receipt = first.json()["receipt"]["id"]
        replica.wait_for(f"SELECT count(*) = 1 FROM entries WHERE receipt_id = '{receipt}'")
        primary.stop()

        found = client.get(f"{RETURNS}/{OWN}/care-home/2024-12")
        assert (found.status_code, receipt in found.text) == (200, True)
        with served.client(Role.ADMIN) as admin:
            assert admin.get("/v1/locations").status_code == 200
        refused = post(client, "second", note="counted again", values={"hours_paid": 999})
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert refused.headers["Content-Type"].startswith("application/problem+json")
        assert str(primary.port) not in refused.text

        primary.start()
        primary.wait_for("SELECT true")
        until = time.monotonic() + 20
        while (answer := post(client, "second", note="counted again", values={"hours_paid": 999})).status_code == 503:
            assert time.monotonic() < until
            time.sleep(0.2)
        assert answer.status_code in (200, 201)
        assert post(client, "second", note="counted again", values={"hours_paid": 999}).json() == answer.json()
        assert post(client, "first").json() == first.json()
    with PostgresBackend(primary.conninfo(), rehearsing=True) as store:
        assert [entry.version for entry in store.history(OWN)] == [1, 2]
        assert len(store.audit_trail(OWN)) == 2


def test_while_the_database_hangs_every_post_is_asked_to_come_again(
    serving: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = HangingProxy(running().port)
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", proxy.conninfo(running().new_schema()))
    with closing(proxy), serving() as server, server.client() as client, ThreadPoolExecutor(4) as threads:

        def post(number: int) -> httpx.Response:
            return client.post("/v1/returns", json=a_return(OWN, note=f"number {number}"))

        assert post(0).status_code == 201
        proxy.hang()
        begun = time.monotonic()
        answers = list(threads.map(post, range(1, 5)))
        assert time.monotonic() - begun < 18
        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
        proxy.go_on()
        until = time.monotonic() + 15
        while (answer := post(5)).status_code == 503:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert answer.status_code == 201
