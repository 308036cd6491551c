"""On a real Citus cluster, where there is one: what only a cluster shows.

Set CITUS_DATABASE to a database on its coordinator, as a user who may make schemas there; each test has one of its own,
with citus.sql run over it.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import psycopg
import pytest

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.register.location import Scope, User
from tests.backends.conftest import DECEMBER, location, record, submission

CITUS = os.environ.get("CITUS_DATABASE", "")

pytestmark = pytest.mark.skipif(not CITUS, reason="CITUS_DATABASE names no database on a Citus coordinator")
HOMES = [f"LOC{number:03}" for number in range(12)]


def spread(address: str) -> None:
    """Run citus.sql, as it is typed."""
    script = str(files("ct_cli.backends").joinpath("citus.sql"))
    subprocess.run(["psql", "-qX", address, "-f", script], check=True, capture_output=True, timeout=60)


@pytest.fixture
def address() -> Iterator[str]:
    """A store on the cluster, with a register, a user and a return from before it was spread."""
    schema = f"ct_test_{secrets.token_hex(4)}"
    with psycopg.connect(CITUS, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    address = f"{CITUS}{'&' if '?' in CITUS else '?'}options=-csearch_path%3D{schema}"
    with PostgresBackend(address) as store:
        store.save_locations(location(home) for home in HOMES)
        store.save_users([User(HOMES[0], "verysecret@example.org", "Sam")])
        record(store, submission(HOMES[0]))
    spread(address)
    yield address
    with psycopg.connect(CITUS, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def test_nothing_of_what_was_spread_stays_on_the_coordinator(address: str) -> None:
    spread(address)  # again, which changes nothing
    with psycopg.connect(address) as connection:
        left = connection.execute(
            "SELECT logicalrelid::text FROM pg_dist_partition p JOIN pg_class c ON c.oid = logicalrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND pg_relation_size(logicalrelid) > 0"
        ).fetchall()
        spread_tables = connection.execute(
            "SELECT count(*) FROM pg_dist_partition p JOIN pg_class c ON c.oid = logicalrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace"
        ).fetchone()
    assert (left, spread_tables) == ([], (11,))
    with PostgresBackend(address) as store:
        assert len(store.history(HOMES[0])) == len(store.users(Scope())) == 1


def test_writers_of_other_months_and_of_the_same_follow_one_another(address: str) -> None:
    def write(writer: int) -> int:
        with PostgresBackend(f"{address}&application_name=w{writer}") as store:
            return sum(len(record(store, submission(home, DECEMBER + writer % 2, note=f"{writer}"))) for home in HOMES)

    with PostgresBackend(address) as store, ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(write, range(4))) == 4 * len(HOMES)
        tally = Tally()
        assert list(breaks(store.walk(), store.chain_ends(), tally)) == []
        assert tally.entries == 4 * len(HOMES) + 1


def test_durability_reaches_the_workers(address: str) -> None:
    with PostgresBackend(address) as store:
        # What a worker's session has is asked within the very transaction, before it ends.
        seen: list[object] = []

        def work() -> None:
            record(store, submission(HOMES[1]))
            seen.extend(
                store._write(  # no port tells of a session's settings
                    lambda connection: connection.execute(
                        "SELECT DISTINCT current_setting('synchronous_commit'), current_setting('statement_timeout')"
                        " FROM chains WHERE location_id = ?",
                        (HOMES[1],),
                    ).fetchall()
                )
            )

        store.in_one(work)
    assert seen == [("on", "30s")]
