"""When the client tries again, how long it waits, and when it gives up; by a server of programmed answers."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ct_cli.backends.http_connection import ATTEMPTS, Connection
from ct_cli.backends.server_address import ServerAddress
from ct_cli.backends.server_refusals import NotTheServer, ServerBusy, ServerFailed, ServerRefused


class Programmed(ThreadingHTTPServer):
    """Answers as `plan` says, one request after the other, and then with 200; notes what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan: list[tuple[int, dict[str, str]]] = []
        self.keys: list[str | None] = []
        self.connections: set[int] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Programmed

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.server.connections.add(self.client_address[1])
        status, headers = self.server.plan.pop(0) if self.server.plan else (200, {})
        body = b"{}"
        self.send_response(status)
        sent = {"X-Request-ID": self.headers["X-Request-ID"], "Content-Type": "application/json"}
        for name, value in {**sent, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Programmed]:
    with Programmed() as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def connection(server: Programmed, waits: list[float]) -> Iterator[Connection]:
    """One that notes how long it would wait, and does not."""
    address = ServerAddress.parse(f"http://127.0.0.1:{server.server_address[1]}")
    made = Connection(address, lambda: "ct_0a1b2c3d_key", sleep=waits.append)
    yield made
    made.close()


def ask(connection: Connection, key: str | None = "once") -> None:
    connection.exchange("POST", "/v1/anything", b"{}", key=key).close()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_again_under_the_same_key_on_the_same_connection(
    server, connection, waits, status
) -> None:
    server.plan = [(status, {}), (status, {})]
    ask(connection)
    assert server.keys == ["once"] * 3 and len(server.connections) == 1
    assert 0.2 <= waits[0] <= 0.4 <= waits[1] <= 0.8


def test_waits_are_never_the_same_for_two_clients(server, connection, waits) -> None:
    server.plan = [(503, {}) for _ in range(3)]
    ask(connection)
    server.plan = [(503, {}) for _ in range(3)]
    ask(connection)
    assert len(set(waits)) == 6


def test_retry_after_is_waited_for_where_it_is_short(server, connection, waits) -> None:
    server.plan = [(503, {"Retry-After": "3"})]
    ask(connection)
    assert waits == [3]


def test_what_is_still_under_way_there_is_asked_for_again_under_the_same_key(server, connection, waits) -> None:
    server.plan = [(409, {"Retry-After": "2"})] * 2
    ask(connection)
    assert waits == [2, 2] and len(set(server.keys)) == 1
    server.plan = [(409, {"Retry-After": "2"})] * ATTEMPTS
    with pytest.raises(ServerBusy, match="still at work on the same request"):
        ask(connection)


def test_a_long_retry_after_is_told_and_not_waited_for(server, connection, waits) -> None:
    server.plan = [(429, {"Retry-After": "60"})]
    with pytest.raises(ServerBusy, match="Run the same again in 60 seconds"):
        ask(connection)
    assert waits == [] and len(server.keys) == 1


def test_it_gives_up_and_the_same_run_does_not_ask_again_for_a_while(server, connection, waits) -> None:
    server.plan = [(503, {})] * ATTEMPTS
    for _ in range(2):
        with pytest.raises(ServerBusy):
            ask(connection)
    assert len(server.keys) == ATTEMPTS and len(waits) == ATTEMPTS - 1


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422, 500])
def test_what_the_server_refuses_is_not_tried_again(server, connection, waits, status) -> None:
    server.plan = [(status, {})]
    with pytest.raises(ServerFailed if status == 500 else ServerRefused):
        ask(connection)
    assert len(server.keys) == 1 and waits == []


def test_an_answer_to_another_request_is_not_believed(server, connection) -> None:
    server.plan = [(200, {"X-Request-ID": "0" * 16})] * ATTEMPTS
    with pytest.raises(NotTheServer):
        ask(connection)
