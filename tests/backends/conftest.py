"""Stores to hold to the contract, and returns to put into them.

Every test that takes `store` runs against every kind of store: a new backend is added to KINDS and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.contract import Backend, Outcome, Source, Submission
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, NilReason, ReturnKind
from ct_cli.windows.month import Month
from tests.backends.serving import Served
from tests.postgres_server import running

CARE_HOME, HOME_CARE = Service.CARE_HOME, Service.HOME_CARE
DECEMBER, JANUARY = Month(2024, 12), Month(2025, 1)
RECEIVED = datetime(2024, 12, 9, 10, 30, 15, 123456, UTC)


@dataclass(frozen=True)
class Store:
    """One store that can be opened again and again: `open(rehearsing=…)`."""

    open: Callable[..., Backend]


def in_postgres(_: Path) -> Store:
    """A store in a schema of its own, on this process's server."""
    server = running()
    conninfo = server.conninfo(server.new_schema())
    return Store(lambda **given: PostgresBackend(conninfo, **given))


def in_sqlite(folder: Path) -> Store:
    """A store in a file."""
    return Store(lambda **given: SqliteBackend(folder / "ct.sqlite3", **given))


def behind_a_server(store: Store) -> Store:
    """A store behind the API, over a real socket."""
    return Store(lambda **given: Served(lambda: store.open(**given)))


KINDS: Mapping[str, Callable[[Path], Store]] = {
    "sqlite": in_sqlite,
    "postgres": in_postgres,
    "http on sqlite": lambda folder: behind_a_server(in_sqlite(folder)),
    "http on postgres": lambda folder: behind_a_server(in_postgres(folder)),
}

WITHOUT_A_SERVER = [kind for kind in KINDS if not kind.startswith("http")]
"""Those that keep keys, an audit trail and an outbox themselves: over HTTP these stay where the server is."""


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    return KINDS[request.param](tmp_path)


@pytest.fixture
def backend(store: Store) -> Iterator[Backend]:
    """An empty store of each kind, open."""
    with store.open() as opened:
        opened.save_locations([location("LOC123"), location("LOC456")])
        yield opened


def location(location_id: str, **given: Any) -> Location:
    """A made-up location with both mandated services."""
    return Location(location_id, **{"name": "Rose House", "services": (CARE_HOME, HOME_CARE), **given})


def submission(location_id: str = "LOC123", month: Month = DECEMBER, occupied: int = 36, **given: Any) -> Submission:
    """A return as it stands before a store. Whatever is named in `given` differs from the usual."""
    around = {
        "received_at": RECEIVED, "fulfils": True, "rehearsal": False, "source": Source.RECORDED_HERE,
        "recorded_by": "sam",
    }  # fmt: skip
    around |= {name: given.pop(name) for name in list(given) if name in around}
    said = {
        "service": CARE_HOME, "kind": ReturnKind.FULL, "collection": "care-home-2023-07-15",
        "values": {"maximum_capacity": 40, "occupied": occupied},
    }  # fmt: skip
    return Submission(CheckedReturn(location_id=location_id, month=month, **{**said, **given}), **around)


def nil(location_id: str = "LOC123", month: Month = DECEMBER, **given: Any) -> Submission:
    """A nil return."""
    return submission(
        location_id, month, **{"kind": ReturnKind.NIL, "values": {}, "reason": NilReason.NO_SERVICE_USERS, **given}
    )


def record(backend: Backend, *submissions: Submission) -> list[Outcome]:
    """What became of each, in one call."""
    return list(backend.record(submissions))
