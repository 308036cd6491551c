"""Two `ct serve` processes on one store, whose clients write to the same chains at the same moment."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.settings import read_settings
from tests.backends.conftest import location
from tests.conftest import Ran
from tests.postgres_server import running
from tests.server.conftest import a_return
from tests.stores.count_proxy import CountProxy, chains_held

NOW = "2024-12-09T10:00:00+00:00"
HOMES = [f"LOC{number:03}" for number in range(6)]

Meeting = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["sqlite", "postgres that counts as Citus does"])
def one_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Meeting]:
    """A store that the settings name, with a register in it; and how its two servers are made to meet in a chain."""
    monkeypatch.setenv("CT_NOW", NOW)
    proxy = None
    meeting: Meeting = nullcontext
    if request.param == "sqlite":
        monkeypatch.setenv("CT_STORE", str(tmp_path / "ct.sqlite3"))
    else:
        proxy = CountProxy(running().port)
        monkeypatch.setenv("CT_BACKEND", "postgres")
        schema = running().new_schema()
        monkeypatch.setenv("CT_DATABASE", proxy.conninfo(schema))
        meeting = partial(chains_held, schema, 2)
    workplace = Workplace(read_settings())
    workplace.backend.save_locations(location(home) for home in HOMES)
    workplace.close()
    yield meeting
    if proxy is not None:
        proxy.close()


@contextmanager
def two_servers(key: str) -> Iterator[list[httpx.Client]]:
    """Two servers, each in a process of its own; a client of each."""
    with ExitStack() as ending:
        clients = []
        for _ in range(2):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            program = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
            served = subprocess.Popen([program, "serve", "--port", str(port), "--rate", "0"], stderr=subprocess.DEVNULL)
            ending.callback(served.wait, 30)
            ending.callback(served.terminate)
            headers = {"Authorization": f"Bearer {key}"}
            client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, trust_env=False)
            clients.append(ending.enter_context(client))
        until = time.monotonic() + 30
        for client in clients:
            while not ready(client):
                assert time.monotonic() < until
                time.sleep(0.05)
        yield clients


def ready(client: httpx.Client) -> bool:
    """Whether a server answers."""
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_what_two_servers_take_at_once_is_one_chain_for_each_home(one_store: Meeting, ct: Callable[..., Ran]) -> None:
    key = ct("keys", "create", "office", "--role", "admin").out.split()[0]

    def post(client: httpx.Client, home: str, month: str, note: str) -> int:
        given: dict[str, Any] = a_return(home, month=month, note=note)
        return client.post("/v1/returns", params={"outside_window": "true"}, json=given).status_code

    with two_servers(key) as (one, other), ThreadPoolExecutor(8) as threads:
        assert {post(one, home, "2024-12", "first") for home in HOMES} == {201}
        for months in (("2024-11", "2024-12"), ("2024-12", "2024-12")):
            note = " and ".join(months)
            with one_store():
                met = [threads.submit(post, client, HOMES[0], month, f"{note} by {client.base_url}")
                       for client, month in zip((one, other), months, strict=True)]  # fmt: skip
            assert {answer.result(30) for answer in met} == {201}
            answers = [
                threads.submit(post, client, home, month, f"{note} by {client.base_url}")
                for home in HOMES[1:]
                for client, month in zip((one, other), months, strict=True)
            ]
            assert {answer.result(30) for answer in answers} == {201}
    verified = ct("verify")
    assert verified.status == 0, verified.out + verified.err
    assert f"{5 * len(HOMES)} entries" in verified.out
