"""A batch of several chunks, of which each is recorded while the next is examined, in both stores."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from ct_cli.actions import receive_batch
from ct_cli.backends.access import AccessBackend
from ct_cli.backends.postgres_errors import NOT_WRITTEN, StoreUnreachable
from ct_cli.backends.registry import open_backend
from ct_cli.backends.sql_store import SqlStore
from ct_cli.errors import StoreFull
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from tests.postgres_server import running as real_postgres
from tests.server.conftest import OWN, Running, a_return
from tests.server.test_batch import NDJSON, send, told

IDS = [f"1-{number:09}" for number in range(10)]


@pytest.fixture(params=["sqlite", "postgres"])
def client(
    request: pytest.FixtureRequest, serving: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    """A client of a server whose chunks have four rows, and whose register knows IDS."""
    if request.param == "postgres":
        postgres = real_postgres()
        monkeypatch.setenv("CT_BACKEND", "postgres")
        monkeypatch.setenv("CT_DATABASE", postgres.conninfo(postgres.new_schema()))
    monkeypatch.setattr(receive_batch, "CHUNK", 4)
    with serving() as running, running.client() as made:
        assert isinstance(running, Running)
        with opened() as store:
            since = date(2024, 10, 1)
            homes = [Location(id, "Home", (Service.CARE_HOME,), "Rose Care", registered_on=since) for id in IDS]
            store.save_locations(homes)
        yield made


def opened() -> AccessBackend:
    """The server's store, to look into."""
    store = open_backend(read_settings(), rehearsing=True)
    assert isinstance(store, AccessBackend)
    return store


def test_each_row_is_told_of_in_its_place_and_once(client: httpx.Client) -> None:
    given = [
        a_return(id, **({"values": {"occupied": 99}} if at in (2, 4, 5, 6, 7) else {})) for at, id in enumerate(IDS)
    ]
    rows, summary = told(send(client, *given, key="k-1"))
    assert summary == {"total": 10, "counts": {"accepted": 5, "refused": 5}}
    assert [row["row"] for row in rows] == list(range(1, 11))
    assert [row["location_id"] for row in rows] == IDS
    with opened() as store:
        receipts = {row["receipt_id"] for row in rows if row["fate"] == "accepted"}
        assert {it.receipt_id for it in store.walk()} == receipts
        assert {it.receipt_id for it in store.audit_trail() if it.action == "accepted"} == receipts
    assert told(send(client, *given, key="k-1")) == (rows, summary)


def test_a_row_is_held_against_what_the_chunk_before_recorded_of_its_location(client: httpx.Client) -> None:
    november = a_return(month="2024-11")
    december = a_return(values={"maximum_capacity": 60, "occupied": 1})
    [alone], _ = told(send(client, december, dry_run="true"))
    others = [a_return(id) for id in IDS[1:4]]
    rows, _ = told(send(client, november, *others, december, outside_window="true"))
    assert [row["fate"] for row in rows] == [*["accepted"] * 4, "needs-confirming"]
    assert {it["code"] for it in rows[4]["problems"]} > {it["code"] for it in alone["problems"]}
    with opened() as store:
        assert [str(it.month) for it in store.history(OWN)] == ["2024-11"]


def test_the_same_return_in_the_next_chunk_is_the_one_recorded_before(client: httpx.Client) -> None:
    rows, _ = told(send(client, *[a_return(id) for id in (*IDS[:4], *IDS[:4])]))
    assert [row["fate"] for row in rows] == [*["accepted"] * 4, *["already-recorded"] * 4]
    assert [row["receipt_id"] for row in rows[:4]] == [row["receipt_id"] for row in rows[4:]]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_what_a_batch_said_before_its_store_went_away_holds_and_sent_again_it_goes_on(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    given = [a_return(id) for id in IDS]
    recorded, calls = SqlStore.record_rows_beside, iter(range(100))

    def away(self: SqlStore, *rows: Any) -> Any:
        if next(calls) == failing:
            raise StoreUnreachable(path="there", reason="it is away", remedy=NOT_WRITTEN)
        return recorded(self, *rows)

    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "record_rows_beside", away)
        try:
            first = send(client, *given, key="k-1")
            said = first.text if first.status_code == 200 else ""
            assert "summary" not in said
        except httpx.RemoteProtocolError:  # cut off before its last line
            said = ""
    with opened() as store:
        assert len(list(store.walk())) == 4 * failing
    again, summary = told(send(client, *given, key="k-1"))
    assert summary == {"total": 10, "counts": {"accepted": 10}}
    assert [row["location_id"] for row in again] == IDS
    with opened() as store:
        assert len(list(store.walk())) == 10


def test_what_was_recorded_before_the_disk_was_full_is_told(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded, calls = SqlStore.record_rows_beside, iter(range(100))

    def full(self: SqlStore, *rows: Any) -> Any:
        if next(calls) == 1:
            raise StoreFull(path="there", reason="the disk is full", remedy="Make room.")
        return recorded(self, *rows)

    monkeypatch.setattr(SqlStore, "record_rows_beside", full)
    answer = send(client, *[a_return(id) for id in IDS])
    assert (answer.status_code, answer.json()["code"]) == (507, "store-full")
    detail = answer.json()["detail"]
    assert "Some of these returns were recorded" in detail and "nothing was recorded" not in detail
    with opened() as store:
        assert len(list(store.walk())) == 4


@pytest.mark.parametrize("client", ["sqlite"], indirect=True)
def test_a_chunk_that_is_recorded_is_told_before_the_next_fails(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_cli.server.pool.BLOCK", 1)  # as a chunk of a thousand rows fills one
    recorded, calls = SqlStore.record_rows_beside, iter(range(100))

    def full(self: SqlStore, *rows: Any) -> Any:
        if next(calls) == 1:
            raise StoreFull(path="there", reason="the disk is full", remedy="Make room.")
        return recorded(self, *rows)

    monkeypatch.setattr(SqlStore, "record_rows_beside", full)
    body = "\n".join(json.dumps(a_return(id)) for id in IDS)
    said: list[str] = []
    with (
        pytest.raises(httpx.RemoteProtocolError),  # cut off before its last line
        client.stream("POST", "/v1/returns/batch", content=body, headers={"Content-Type": NDJSON}) as answer,
    ):
        for line in answer.iter_lines():
            said.append(json.loads(line)["location_id"])
    assert said == IDS[:4]
