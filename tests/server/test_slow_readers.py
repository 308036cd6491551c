"""Clients that ask for much and read nothing: they hold what is theirs for a while, and stand in nobody's way."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import Role
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
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
