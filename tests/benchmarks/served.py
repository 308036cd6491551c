"""`ct serve` in front of a real PostgreSQL, for what is measured over HTTP: the server as a process of its own, a key
to it, and a client that costs the machine as little as one can.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.api_keys import make_key
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import Role
from ct_cli.register.location import Location
from ct_cli.settings import Settings

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")


@dataclass(frozen=True)
class Answered:
    """What a server said to one request."""

    status: int
    head: bytes
    """Status line and headers, in small letters."""
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the server hangs up after it."""
        return b"\r\nconnection: close\r\n" in self.head


class Line:
    """One connection to a server on this machine, kept for many requests."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> Answered:
        """One request. Raises OSError, asyncio.IncompleteReadError; the next request then connects anew."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            self._writer.write(
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {self._key}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
                + body
            )
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            answer = Answered(int(head[9:12]), head, await self._reader.readexactly(length))
        except BaseException:
            self.hang_up()
            raise
        if answer.closes:
            self.hang_up()
        return answer

    def hang_up(self) -> None:
        """Close it. The next request connects anew."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def load(port: int, key: str, bodies: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
    """Post every body once, over connections that are kept; the whole time, and each one's, in seconds."""
    waiting = iter(bodies)
    taken: list[float] = []

    async def one_connection() -> None:
        line = Line(port, key)
        for body in waiting:
            began = time.perf_counter()
            answer = await line.ask("POST", "/v1/returns", body)
            assert answer.status == 201, answer.body
            taken.append(time.perf_counter() - began)
        line.hang_up()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    assert len(taken) == len(bodies)
    return time.perf_counter() - began, taken


@contextmanager
def serving(command: Sequence[str | Path], environment: Mapping[str, str], log: Path | None = None) -> Iterator[int]:
    """A server in a process of its own, told its port in place of PORT, that listens; the port."""
    port = free_port()
    words = [str(port) if word == "PORT" else str(word) for word in command]
    with (log or Path(os.devnull)).open("wb") as kept, subprocess.Popen(
        words, env=surroundings(environment), stdout=kept, stderr=kept
    ) as process:  # fmt: skip
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of ct, and with these."""
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("CT_", "XDG_"))}
    return {**theirs, **environment}


def fill(folder: Path, environment: Mapping[str, str], locations: Iterable[Location]) -> str:
    """Put locations into the store of these settings; a new admin key to it."""
    workplace = Workplace(Settings(folder / "none.toml", environment=environment))
    workplace.backend.save_locations(locations)
    key = make_key(workplace, "benchmark", Role.ADMIN, "").key
    workplace.close()
    return key


def free_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")
