"""More connections than a server can have: it has fewer, says so once, and goes on serving."""

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from ct_cli.server.connections import Connections, ServerLoop
from ct_cli.server.log import Log

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of descriptors to set")

NOW = "2024-12-09T10:00:00+00:00"
DESCRIPTORS = 480


@pytest.fixture
def few_descriptors(ct: Any, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server that may have few descriptors, and may allow itself more up to a hard limit: its address and its log."""
    ct("keys", "create", "x", "--role", "admin", now=NOW)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program, log = Path(sys.executable).with_name("ct"), tmp_path / "log"
    command = f'ulimit -Sn 200 && ulimit -Hn {DESCRIPTORS} && exec "$0" serve --port {port}'
    with log.open("wb") as kept, subprocess.Popen(["bash", "-c", command, program], stderr=kept) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(600):
                with suppress(httpx.TransportError):
                    if httpx.get(url + "/readyz", trust_env=False).status_code == 200:
                        break
                time.sleep(0.05)
            yield url, log
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def test_silent_connections_without_number_make_room_for_honest_ones(few_descriptors: tuple[str, Path]) -> None:
    url, log = few_descriptors
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    with ExitStack() as stack:
        for number in range(DESCRIPTORS + 170):
            silent = stack.enter_context(socket.socket())
            silent.setblocking(False)
            silent.connect_ex(address)
            if number % 20 == 0:
                time.sleep(0.01)
        for _ in range(8):
            began = time.monotonic()
            assert httpx.get(url + "/readyz", trust_env=False, timeout=10).status_code == 200
            assert time.monotonic() - began < 5
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    told = [line for line in lines if line["event"] == "connections"]
    assert len(told) == 1 and 100 <= told[0]["most"] < DESCRIPTORS
    assert len(lines) < 50
    assert "out of system resource" not in log.read_text()


def test_descriptors_that_are_used_up_all_the_same_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    kept = io.StringIO()
    loop = ServerLoop()
    loop.connections = Connections(10_000, 60, 10, Log(kept))

    async def serve(held: ExitStack) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        server = await asyncio.start_server(lambda *_: None, sock=listener)
        clients = [held.enter_context(socket.socket()) for _ in range(20)]
        for client in clients:
            client.setblocking(False)
        others: list[int] = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1_024), hard))
            with suppress(OSError):
                while True:
                    others.append(os.dup(0))
            os.close(others.pop())
            for client in clients:
                client.connect_ex(address)
            await asyncio.sleep(2.5)
        finally:
            for number in others:
                os.close(number)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        server.close()

    with ExitStack() as held, asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serve(held))
    [told] = map(json.loads, kept.getvalue().splitlines())
    assert told["event"] == "connections" and told["without_descriptor"] == 1


@pytest.mark.parametrize("closes", [False, True])
def test_a_connection_whose_client_takes_nothing_is_let_go_of(closes: bool) -> None:
    loop = ServerLoop()
    connections = loop.connections = Connections(100, 0.5, 10, Log(io.StringIO()))
    lost: list[bool] = []

    class Writes(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            connections.made(transport)
            transport.write(b"x" * (32 << 20))
            if closes:
                transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            lost.append(True)

    async def serve() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        async with await loop.create_server(Writes, sock=listener):
            with socket.create_connection(address):
                until = time.monotonic() + 15
                while not lost:
                    assert time.monotonic() < until
                    await asyncio.sleep(0.05)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serve())


@pytest.mark.parametrize(("state", "left"), [("silent", True), ("resting", True), ("busy", False)])
def test_who_makes_room_is_never_in_the_middle_of_a_request(state: str, left: bool) -> None:
    connections = Connections(3, 60, 10, Log(io.StringIO()))
    with ExitStack() as stack:

        def accepted() -> socket.socket:
            here, there = socket.socketpair()
            stack.enter_context(there)
            connections.accept(stack.enter_context(here))
            return there

        clients = [accepted() for _ in range(3)]
        del clients
        for number in list(connections._silent):
            if state != "silent":
                connections.begin(number)
            if state == "resting":
                connections.rest(number)
        if left:
            accepted()
        else:
            with pytest.raises(ConnectionAbortedError):
                accepted()


def test_where_a_loop_accepts_without_asking_those_that_are_silent_make_room_afterwards() -> None:
    connections = Connections(3, 60, 10, Log(io.StringIO()))
    made: list[int] = []

    class Silent(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            made.append(connections.made(transport))

    async def serve() -> list[bytes | None]:
        loop = asyncio.get_running_loop()
        async with await loop.create_server(Silent, "127.0.0.1", 0) as server:
            address = server.sockets[0].getsockname()
            readers = []
            for number in range(5):
                reader, writer = await asyncio.open_connection(*address)
                readers.append((reader, writer))
                while len(made) <= number:
                    await asyncio.sleep(0.01)
            ends = [asyncio.ensure_future(reader.read()) for reader, _ in readers]
            await asyncio.wait(ends[:2], timeout=10)
            found = [end.result() if end.done() else None for end in ends]
            for end in ends:
                end.cancel()
            for _, writer in readers:
                writer.close()
            return found

    assert asyncio.run(serve()) == [b"", b"", None, None, None]
