"""A streaming replica, in two real PostgreSQL processes: while the primary is away, reading goes on."""

import time
from collections.abc import Iterator

import pytest

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_errors import StoreUnreachable
from ct_cli.errors import StoreUnusable
from ct_cli.register.location import Scope
from tests.backends.conftest import location, record, submission
from tests.postgres_server import RealPostgres

CAUGHT_UP = "SELECT count(*) = {} FROM entries"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[RealPostgres, RealPostgres]]:
    """A primary, and a replica of it."""
    primary = RealPostgres.make()
    replica = primary.replica()
    yield primary, replica
    replica.remove()
    primary.remove()


def test_reading_goes_on_while_the_primary_is_away_and_nothing_is_lost_or_doubled(pair) -> None:
    primary, replica = pair
    schema = primary.new_schema()
    with PostgresBackend(primary.conninfo(schema), replica.conninfo(schema)) as store:
        store.save_locations([location("LOC123"), location("LOC456")])
        [first] = record(store, submission())
        replica.wait_for(CAUGHT_UP.format(1), schema)
        primary.stop()

        assert store.history("LOC123") == [first.entry]
        assert [it.id for it in store.locations(Scope())] == ["LOC123", "LOC456"]
        with store.at_one_moment():
            assert list(breaks(store.walk(), store.chain_ends(), Tally())) == []
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(StoreUnreachable) as caught:
                record(store, submission("LOC456"))
            assert store.entry(first.entry.receipt_id) == first.entry
        assert time.monotonic() - began < 5
        assert "Nothing was written" in caught.value.sentence

        with PostgresBackend(primary.conninfo(schema, application_name="new"), replica.conninfo(schema)) as newcomer:
            assert newcomer.history("LOC123") == [first.entry]

        primary.start()
        primary.wait_for("SELECT true")
        time.sleep(1.1)  # the store asks again after a second
        again, other = record(store, submission(), submission("LOC456"))
        assert (again.kind, other.kind) == (OutcomeKind.ALREADY_RECORDED, OutcomeKind.ACCEPTED)
        replica.wait_for(CAUGHT_UP.format(2), schema)
        assert len(list(store.walk())) == 2


def test_a_replica_that_is_given_for_the_primary_is_refused_in_a_sentence(pair) -> None:
    primary, replica = pair
    schema = primary.new_schema()
    with PostgresBackend(primary.conninfo(schema)) as store:
        record(store, submission())
    replica.wait_for(CAUGHT_UP.format(1), schema)
    with PostgresBackend(replica.conninfo(schema)) as wrong, pytest.raises(StoreUnusable, match="read-only"):
        record(wrong, submission("LOC456"))


def test_a_database_that_does_not_follow_the_primary_is_no_replica(pair) -> None:
    primary, replica = pair
    schema = primary.new_schema()
    replica.wait_for(f"SELECT count(*) = 1 FROM pg_namespace WHERE nspname = '{schema}'")
    with (
        PostgresBackend(primary.conninfo(primary.new_schema()), replica.conninfo(schema)) as store,
        pytest.raises(StoreUnusable, match="not yet a copy"),
    ):
        store._replica.open()
