"""What the HTTP API is held to, each in one run with its floor on the same processors: `ct serve` in front of a real
PostgreSQL that waits for the disk.

- A month of the whole country by batch, against the same file by `ct submit --file` into local SQLite: sent by
  `ct submit --file` to the server, and as the bare call `POST /v1/returns/batch`.
- The obligations of a council of 400 locations among 31,000 with 24 months, every page of them, against its SQL alone:
  the statements that the request sends, with their rows fetched, on a connection like the server's. (Not among them is
  that which finds the key: a server remembers a key for three seconds.)
- Single `POST /v1/returns` at 32 connections, against a bare FastAPI endpoint that parses the body and commits one
  INSERT through psycopg's pool. A ratio is of times: 0.6 of a rate is 1 / 0.6 of its time.

By hand, with rates and percentiles: `python tests/benchmarks/bench_server.py [batch] [obligations] [post] [ROUNDS]
[--small]`; all three, five rounds each, where none is named.
"""

import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bulk_data import INSIDE, KEYS, location_id, make_store, rows_of, values_of, write_csv
from ratio import Row, compare, table
from served import CT, fill, load, serving, surroundings

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, only this folder is looked in

from nation import IN_A_COUNCIL, MONTHS, fill_nation

from ct_cli.actions.list_obligations import ObligationListed, ObligationsAsked, tell_obligations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_database import marked
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, Scope
from ct_cli.returns.identity import Service
from ct_cli.server.pages import MOST_OBLIGATIONS
from ct_cli.settings import Settings
from tests.postgres_server import RealPostgres, running

LOCATIONS = 31_000
CONNECTIONS = 32
FLOOR = Path(__file__).with_name("floor_server.py")
SERVE = (CT, "serve", "--rate", "0", "--port", "PORT")


def rows(rounds: int, *, small: bool, which: str = "") -> list[Row]:
    """All of it, or what is named in `which`."""
    measures: Mapping[str, Callable[[Path, RealPostgres, int, bool], list[Row]]] = {
        "batch": _batch, "obligations": _obligations, "post": _post,
    }  # fmt: skip
    postgres = running() if small else RealPostgres.make(durable=True)
    found = []
    try:
        for name, measure in measures.items():
            if not which or name in which.split():
                with tempfile.TemporaryDirectory() as folder:
                    found += measure(Path(folder), postgres, min(rounds, 5), small)
    finally:
        if not small:
            postgres.remove()
    return found


def _environment(folder: Path, conninfo: str) -> dict[str, str]:
    """The settings of a server, and of what fills its store."""
    return {"CT_DATABASE": conninfo, "CT_BACKEND": "postgres", "CT_CACHE": str(folder), "CT_NOW": INSIDE.isoformat()}


# A batch.


def _batch(folder: Path, postgres: RealPostgres, rounds: int, small: bool) -> list[Row]:
    count = 60 if small else LOCATIONS
    schema = postgres.new_schema()
    environment = _environment(folder, postgres.conninfo(schema))
    template, store = make_store(folder / "homes.sqlite3", count), folder / "run.sqlite3"
    with SqliteBackend(template) as homes:
        key = fill(folder, environment, homes.locations(Scope(include_closed=True)))
    file, lines = write_csv(folder / "returns.csv", count), _as_lines(count)

    def prepare() -> None:
        for beside in folder.glob("run.sqlite3*"):
            beside.unlink()
        store.write_bytes(template.read_bytes())
        postgres.execute("TRUNCATE entries, chains, audit, kept_answers; ANALYZE; CHECKPOINT", schema)

    def submit(where: Mapping[str, str]) -> None:
        home = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(folder))
        given = surroundings({**home, "CT_NOW": INSIDE.isoformat(), "CT_CACHE": str(folder), **where})
        command = [CT, "submit", "--file", str(file), "--no-input"]
        ended = subprocess.run(command, check=False, env=given, capture_output=True)
        assert ended.returncode in (0, 3), ended.stderr[-500:]  # 3: a few rows are wrong, as they are meant to be

    with serving(SERVE, environment) as port:
        there = {"CT_BACKEND": "http", "CT_SERVER_URL": f"http://127.0.0.1:{port}", "CT_SERVER_KEY": key}
        runs: Mapping[str, Callable[[], None]] = {
            "here": lambda: submit({"CT_STORE": str(store)}),
            "by ct submit --file": lambda: submit(there),
            "by POST /v1/returns/batch": lambda: _send_batch(port, key, lines, count),
        }
        took = _by_turns(runs, prepare, rounds, small)
    return [
        Row(f"{count:,} returns {name} into PostgreSQL over HTTP", "ct submit --file into SQLite", took["here"],
            took[name], 3.0)
        for name in runs if name != "here"
    ]  # fmt: skip


def _by_turns(
    runs: Mapping[str, Callable[[], None]], prepare: Callable[[], None], rounds: int, small: bool
) -> dict[str, tuple[float, ...]]:
    """The seconds of each, after a round that is not counted unless it is small."""
    took: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds if small else rounds + 1):
        for name, run in runs.items():
            prepare()
            began = time.perf_counter()
            run()
            took[name].append(time.perf_counter() - began)
    return {name: tuple(each[0 if small else 1 :]) for name, each in took.items()}


def _as_lines(count: int) -> bytes:
    """The file of `write_csv` as NDJSON."""
    made = [
        json.dumps({"location_id": cells[0], "service": cells[1], "month": cells[2],
                    "values": dict(zip(KEYS, cells[3:], strict=True))})
        for cells in rows_of(count, 0.02)
    ]  # fmt: skip
    return "\n".join(made).encode()


def _send_batch(port: int, key: str, lines: bytes, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {
        "Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson", "Idempotency-Key": "benchmark",
    }  # fmt: skip
    connection.request("POST", "/v1/returns/batch", lines, headers)
    answer = connection.getresponse()
    told = answer.read().splitlines()
    connection.close()
    assert answer.status == 200, told
    summary = json.loads(told[-1])["summary"]
    assert len(told) == count + 1
    assert summary["total"] == count
    assert summary["counts"]["accepted"] > 0.9 * count, summary


# Obligations.


class _Overheard(PostgresBackend):
    """A store that remembers what PostgreSQL was asked."""

    statements: list[tuple[bytes, Sequence[Any]]]
    """Each with its parameters."""

    def _read(self, sql: str, given: Sequence[Any]) -> list[Any]:
        self.statements.append((marked(sql), given))
        return super()._read(sql, given)


def _statements(folder: Path, environment: Mapping[str, str]) -> list[tuple[bytes, Sequence[Any]]]:
    """Those that a page of the council's obligations is made from."""
    settings = Settings(folder / "none.toml", environment=environment)
    with _Overheard(environment["CT_DATABASE"]) as backend:
        backend.statements = []
        workplace = Workplace(settings, INSIDE)
        workplace.__dict__["backend"] = backend
        asked = ObligationsAsked(Scope(local_authority="Council 0", include_closed=True), limit=MOST_OBLIGATIONS)
        _, after = tell_obligations(workplace, asked, ObligationListed)
        assert after is None
        return backend.statements


def _obligations(folder: Path, postgres: RealPostgres, rounds: int, small: bool) -> list[Row]:
    import psycopg

    council, nation = (4, 40) if small else (IN_A_COUNCIL, LOCATIONS)
    conninfo = postgres.conninfo(postgres.new_schema())
    environment = _environment(folder, conninfo)
    with PostgresBackend(conninfo) as backend:
        fill_nation(backend, nation, council)
    key = fill(folder, environment, ())
    statements = _statements(folder, environment)
    with psycopg.connect(conninfo, autocommit=True) as bare, serving(SERVE, environment) as port:
        bare.execute("VACUUM ANALYZE")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

        def its_sql() -> None:
            found = [bare.execute(sql, given, prepare=False).fetchall() for sql, given in statements]
            assert len(found[0]) == council
            assert 0.9 < len(found[1]) / (council * len(MONTHS)) < 1

        def every_page() -> None:
            asked, count = {"local_authority": "Council 0", "limit": "10000"}, 0
            while True:
                path = f"/v1/obligations?{urlencode(asked)}"
                connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
                page = connection.getresponse().read()
                count += page.count(b'{"location_id"')  # not parsed: what is measured is the server
                following = page.rpartition(b'"next": ')[2]
                if following == b"null}":
                    break
                asked["cursor"] = json.loads(following[:-1])
            assert count == council * len(MONTHS)

        name = f"GET /v1/obligations, {council} of {nation:,} locations, {len(MONTHS)} months"
        return [compare(name, "its SQL", its_sql, every_page, 3.0, rounds=4 * rounds)]


# One at a time.


def _post(folder: Path, postgres: RealPostgres, rounds: int, small: bool) -> list[Row]:
    requests = 60 if small else 4_000
    schema = postgres.new_schema()
    conninfo = postgres.conninfo(schema)
    environment = _environment(folder, conninfo)
    columns = "location_id text, service text, month text, content text"
    postgres.execute(f"CREATE TABLE floor ({columns}, seq bigserial PRIMARY KEY)", schema)
    key = fill(folder, environment, map(_home, range(requests * (rounds + 1))))
    floor: list[float] = []
    ours: list[float] = []
    bare_server = (sys.executable, FLOOR, "PORT", conninfo)
    with serving(bare_server, {}) as bare, serving(SERVE, environment) as served:
        for number in range(rounds + 1):
            bodies = [_body(place) for place in range(number * requests, (number + 1) * requests)]
            floor.append(_told("floor", asyncio.run(load(bare, "", bodies, CONNECTIONS)), requests))
            ours.append(_told("ours", asyncio.run(load(served, key, bodies, CONNECTIONS)), requests))
    name = f"POST /v1/returns, {CONNECTIONS} connections, {requests:,} requests"
    return [Row(name, "a bare INSERT", tuple(floor[1:]), tuple(ours[1:]), 1 / 0.6)]


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


def _home(place: int) -> Location:
    return Location(
        location_id(place), "Home", (Service.CARE_HOME,), "Rose Care", beds=None, registered_on=date(2024, 12, 1)
    )


def _body(place: int) -> bytes:
    identity = {"location_id": location_id(place), "service": "care-home", "month": "2024-12"}
    return json.dumps({**identity, "values": values_of(place)}).encode()


if __name__ == "__main__":
    named = " ".join(it for it in sys.argv[1:] if it.isalpha())
    times = next((int(it) for it in sys.argv[1:] if it.isdigit()), 5)
    print(table(rows(times, small="--small" in sys.argv, which=named)))
