"""Single `POST /v1/returns` at 32 connections, against a bare FastAPI endpoint that parses the body and commits one
INSERT through psycopg's pool; both in front of one PostgreSQL that waits for the disk, on the same processors.

Each return is a good, new one of another location. By hand, with rates and percentiles: `python
tests/benchmarks/bench_server.py [REQUESTS] [ROUNDS]`. A ratio is of times: 0.6 of a rate is 1 / 0.6 of its time.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bulk_data import location_id, values_of
from ratio import Row, table

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, only this folder is looked in

from ct_cli.actions.api_keys import make_key
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import Role
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import Settings
from tests.postgres_server import RealPostgres

CONNECTIONS = 32
NOW = "2024-12-10T12:00:00+00:00"
TARGET = 1 / 0.6
_FLOOR = Path(__file__).with_name("floor_server.py")


def rows(rounds: int, *, small: bool, requests: int = 4_000) -> list[Row]:
    """The two servers by turns."""
    requests = 200 if small else requests
    rounds = min(rounds, 5)
    postgres = RealPostgres.make(durable=not small)
    try:
        with tempfile.TemporaryDirectory() as name:
            return [_measure(Path(name), postgres, requests, rounds)]
    finally:
        postgres.remove()


def _measure(folder: Path, postgres: RealPostgres, requests: int, rounds: int) -> Row:
    schema = postgres.new_schema()
    conninfo = postgres.conninfo(schema)
    columns = "location_id text, service text, month text, content text"
    postgres.execute(f"CREATE TABLE floor ({columns}, seq bigserial PRIMARY KEY)", schema)
    environment = {"CT_DATABASE": conninfo, "CT_BACKEND": "postgres", "CT_CACHE": str(folder), "CT_NOW": NOW}
    key = _fill(folder, environment, requests * (rounds + 1))
    floor: list[float] = []
    ours: list[float] = []
    with _Server([sys.executable, str(_FLOOR)], conninfo, {}) as bare, _Server(_ct(), None, environment) as served:
        for number in range(rounds + 1):
            bodies = [_body(place) for place in range(number * requests, (number + 1) * requests)]
            floor.append(_told("floor", asyncio.run(load(bare.port, "", bodies)), requests))
            ours.append(_told("ours", asyncio.run(load(served.port, key, bodies)), requests))
    return Row(
        f"POST /v1/returns, {CONNECTIONS} connections, {requests:,} requests", "a bare INSERT",
        tuple(floor[1:]), tuple(ours[1:]), TARGET,
    )  # fmt: skip


def _told(name: str, found: tuple[float, list[float]], requests: int) -> float:
    seconds, taken = found
    taken.sort()
    middle, slow = statistics.median(taken) * 1e3, taken[int(len(taken) * 0.99)] * 1e3
    print(
        f"{name}: {requests / seconds:.0f} a second, median {middle:.1f} ms, p99 {slow:.1f} ms "
        f"({slow / middle:.1f} times), no error",
        file=sys.stderr,
    )
    return seconds


def _fill(folder: Path, environment: dict[str, str], count: int) -> str:
    workplace = Workplace(Settings(folder / "none.toml", environment=environment))
    homes = (
        Location(
            location_id(place), "Home", (Service.CARE_HOME,), "Rose Care", beds=None, registered_on=date(2024, 12, 1)
        )
        for place in range(count)
    )
    workplace.backend.save_locations(homes)
    key = make_key(workplace, "benchmark", Role.PROVIDER, "Rose Care").key
    workplace.close()
    return key


def _body(place: int) -> bytes:
    values = values_of(place)
    return json.dumps(
        {"location_id": location_id(place), "service": "care-home", "month": "2024-12", "values": values}
    ).encode()


def _ct() -> list[str]:
    program = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
    return [str(program), "serve", "--rate", "0", "--port"]


class _Server:
    """A server in a process of its own, that answers."""

    def __init__(self, command: Sequence[str], conninfo: str | None, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = [*command, str(self.port), *([conninfo] if conninfo else [])]
        surroundings = {**{k: v for k, v in os.environ.items() if not k.startswith("CT_")}, **environment}
        self._process = subprocess.Popen(words, env=surroundings, stderr=subprocess.DEVNULL)

    def __enter__(self) -> "_Server":
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the server does not answer")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


async def load(port: int, key: str, bodies: Sequence[bytes]) -> tuple[float, list[float]]:
    """Send every body once, over 32 connections that are kept; the whole time, and each one's."""
    waiting = iter(bodies)
    taken: list[float] = []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in waiting:
            began = time.perf_counter()
            writer.write(
                b"POST /v1/returns HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b" % (key.encode(), len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            assert head.startswith(b"HTTP/1.1 201"), answer
            taken.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    assert len(taken) == len(bodies)
    return time.perf_counter() - began, taken


if __name__ == "__main__":
    numbers = [int(given) for given in sys.argv[1:]]
    wanted, times = (*numbers, *(4_000, 5)[len(numbers) :])
    print(table(rows(times, small=False, requests=wanted)))
