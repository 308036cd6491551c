"""Clients that ask for much and read nothing: they hold what is theirs for a while, and stand in nobody's way."""

import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.backends import sqlite_file
from ct_cli.backends.access import Role
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.server import service
from ct_cli.settings import read_settings
from tests.postgres_server import running as postgres
from tests.server.conftest import Running, a_return

LONG = 12 << 20
"""Bytes of an answer that no system takes off a server's hands while its client reads nothing."""


@pytest.fixture(params=["sqlite", "postgres"])
def slow_ones(
    request: pytest.FixtureRequest, serving: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A server with a long answer to give, and little patience."""
    if request.param == "postgres":
        monkeypatch.setenv("CT_BACKEND", "postgres")
        monkeypatch.setenv("CT_DATABASE", postgres().conninfo(postgres().new_schema()))
    with serving(send_seconds=1.5) as running:
        workplace = Workplace(read_settings())
        name = "Rose House " * 400
        workplace.backend.save_locations(
            Location(f"SLOW{number:05}", name, (Service.CARE_HOME,), "Oak Care", "1-202", "Kent", "East")
            for number in range(LONG // len(name))
        )
        workplace.close()
        yield running


def ask_and_read_nothing(running: Running, role: Role) -> socket.socket:
    """A connection over which much was asked for."""
    address, body = urlsplit(running.url), json.dumps({"scope": {}}).encode()
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.settimeout(30)
    made.connect((address.hostname, address.port))
    made.sendall(
        b"POST /v1/query/locations HTTP/1.1\r\nHost: ct\r\nContent-Type: application/json\r\n"
        + f"Content-Length: {len(body)}\r\nAuthorization: Bearer {running.keys[role]}\r\n\r\n".encode()
        + body
    )
    return made


def test_those_who_read_nothing_stop_neither_others_nor_themselves_for_good(slow_ones: Running) -> None:
    began = time.monotonic()
    with ExitStack() as stack, slow_ones.client() as honest, slow_ones.client(Role.ADMIN) as their_key:
        silent = [stack.enter_context(ask_and_read_nothing(slow_ones, Role.ADMIN)) for _ in range(8)]
        assert silent[0].recv(1)  # its answer has begun
        for _ in range(3):
            for client in (honest, their_key):
                assert client.get("/readyz", timeout=10).status_code == 200
                assert client.get("/v1/locations?limit=1", timeout=10).status_code == 200
            assert honest.post("/v1/returns", json=a_return(), timeout=10).status_code in {200, 201}
            lines = json.dumps(a_return("LOC124")).encode()
            batch = honest.post(
                "/v1/returns/batch", content=lines, headers={"Content-Type": "application/x-ndjson"}, timeout=10
            )
            assert batch.status_code == 200
            assert honest.post("/v1/query/locations", json={"scope": {}}, timeout=10).status_code == 200
        until = time.monotonic() + 60  # one by one, their time is up: then their key reads on as before
        while True:
            answer = their_key.post("/v1/query/locations", json={"scope": {"location_ids": ["LOC123"]}}, timeout=40)
            if answer.status_code == 200:
                break
            assert answer.status_code == 503 and "Retry-After" in answer.headers and time.monotonic() < until
        assert answer.text.endswith('{"end":1}\n')
    assert '"unexpected"' not in slow_ones.logged.getvalue()
    assert time.monotonic() - began < 60


def test_a_client_that_reads_a_little_now_and_then_is_let_go_of_as_well(slow_ones: Running) -> None:
    with ask_and_read_nothing(slow_ones, Role.ADMIN) as slow:
        taken, until = len(slow.recv(512)), time.monotonic() + 30
        while '"route": "/v1/query/locations"' not in slow_ones.logged.getvalue():  # as long as it is being answered
            assert time.monotonic() < until
            time.sleep(0.3)
            with suppress(ConnectionResetError):
                taken += len(slow.recv(512))
        assert taken < LONG


def test_a_program_that_writes_for_long_keeps_nobody_from_reading(
    serving: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "UPKEEP_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 4)
    with serving() as running, closing(sqlite3.connect(running.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        until = time.monotonic() + 20
        while "store-unusable" not in running.logged.getvalue():  # that it cannot be written was noticed
            assert time.monotonic() < until
            time.sleep(0.05)
        with running.client(None) as prober, running.client() as client, ThreadPoolExecutor(3) as threads:
            probes = [threads.submit(prober.get, "/readyz") for _ in range(3)]
            time.sleep(0.3)
            began = time.monotonic()
            assert client.get("/v1/locations?limit=1").status_code == 200
            assert time.monotonic() - began < 3
            other.execute("ROLLBACK")
            for probe in probes:
                probe.result(30)
            assert prober.get("/readyz").status_code == 200
