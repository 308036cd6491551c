"""A streaming replica, in two real PostgreSQL processes: while the primary is away, reading goes on."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import psycopg
import pytest

from ct_cli.backends.api_paths import IDEMPOTENCY_KEY, LEDGER_RECORD, NDJSON
from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.http_api import HttpBackend, as_lines
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.offline import OfflineToo
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_errors import StoreUnreachable
from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sending import send_waiting
from ct_cli.backends.server_address import ServerAddress
from ct_cli.errors import StoreUnusable
from ct_cli.register.location import Scope
from ct_cli.stores.patience import SILENT_SECONDS
from tests.backends.conftest import location, record, submission
from tests.backends.serving import HISTORY, SECRET, add_key, quay
from tests.postgres_server import RealPostgres
from tests.stores.hanging_proxy import HangingProxy

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


def test_over_a_server_reads_go_on_and_what_could_not_be_sent_is_there_once_in_the_end(pair, tmp_path) -> None:
    primary, replica = pair
    schema = primary.new_schema()

    def opens() -> PostgresBackend:
        return PostgresBackend(primary.conninfo(schema), replica.conninfo(schema))

    add_key(opens)
    served = quay().moor(opens, HISTORY)

    def client() -> HttpBackend:
        """As each run of ct has one."""
        return HttpBackend(Connection(ServerAddress.parse(served), lambda: SECRET, sleep=lambda _: None))

    with client() as before:
        before.save_locations([location("LOC123"), location("LOC456")])
        [first] = record(before, submission())
    replica.wait_for(CAUGHT_UP.format(1), schema)
    primary.stop()
    with ReturnQueue(tmp_path / "queue.sqlite3") as queue:
        with client() as meanwhile:
            assert meanwhile.history("LOC123") == [first.entry]
            assert [it.id for it in meanwhile.locations(Scope())] == ["LOC123", "LOC456"]
            assert len(list(meanwhile.walk())) == 1
        refused = httpx.post(
            served + LEDGER_RECORD, content=as_lines([submission()]),
            headers={"Authorization": f"Bearer {SECRET}", "Content-Type": NDJSON, IDEMPOTENCY_KEY: "by-hand"},
        )  # fmt: skip
        assert refused.status_code == 503 and int(refused.headers["Retry-After"]) >= 1
        for occupied in (30, 31):
            with client() as away:
                [outcome] = OfflineToo(away, queue).record([submission("LOC456", occupied=occupied)])
                assert outcome.kind is OutcomeKind.QUEUED
        with client() as away:
            assert send_waiting(away, queue).left == 2

        primary.start()
        primary.wait_for("SELECT true")
        until = time.monotonic() + 20
        left = 2
        while left:
            assert time.monotonic() < until
            with client() as again:
                left = send_waiting(again, queue).left
        assert queue.all() == []
    with client() as after:
        assert [it.values["occupied"] for it in after.history("LOC456")] == [30, 31]
        tally = Tally()
        with after.at_one_moment():
            assert list(breaks(after.walk(), after.chain_ends(), tally)) == []
        assert tally.entries == 3
    quay().leave(served)


def test_a_long_write_is_let_be_where_who_asks_after_it_is_led_to_another_server(pair) -> None:
    primary, replica = pair
    schema = primary.new_schema()
    proxy = HangingProxy(primary.port)
    address = primary.conninfo(schema).replace(f":{primary.port}/", f":{proxy.port}/")
    with closing(proxy), PostgresBackend(address) as store, ThreadPoolExecutor(1) as thread:
        record(store, submission())
        with psycopg.connect(primary.conninfo(schema)) as stranger:
            stranger.execute("LOCK TABLE entries")

            def unlock_late() -> None:
                time.sleep(SILENT_SECONDS + 1.5)
                stranger.rollback()

            proxy.to = replica.port
            unlocked = thread.submit(unlock_late)
            assert record(store, submission(occupied=30))[0].kind is OutcomeKind.CORRECTED
            unlocked.result(20)


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


def test_the_doctor_tells_how_far_a_replica_is_behind_and_when_nothing_reaches_it(pair, ct, monkeypatch) -> None:
    def told() -> dict[str, tuple[str, str]]:
        checks = json.loads(ct("doctor", "--json").out)["data"]["checks"]
        return {check["name"]: (check["verdict"], f"{check['found']} {check['remedy']}") for check in checks}

    primary, replica = pair
    schema = primary.new_schema()
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", primary.conninfo(schema))
    monkeypatch.setenv("CT_READ_DATABASE", replica.conninfo(schema))
    with PostgresBackend(primary.conninfo(schema)) as store:
        record(store, submission())
    replica.wait_for("SELECT count(*) = 1 FROM entries", schema)
    verdict, words = told()["replica"]
    assert verdict == "ok" and "follows, 0 seconds behind, with 1 returns" in words

    replica.execute("SELECT pg_wal_replay_pause()")
    replica.wait_for("SELECT pg_get_wal_replay_pause_state() = 'paused'")
    with PostgresBackend(primary.conninfo(schema)) as store:
        record(store, submission("LOC456"))
    monkeypatch.setattr("ct_cli.actions.examining.database.MOST_BEHIND_SECONDS", 0)
    replica.wait_for("SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()")
    verdict, words = told()["replica"]
    assert verdict == "warning" and "with 1 returns" in words and "as old as that" in words
    replica.execute("SELECT pg_wal_replay_resume()")

    monkeypatch.setenv("CT_DATABASE", replica.conninfo(schema))
    monkeypatch.setenv("CT_READ_DATABASE", primary.conninfo(schema))
    found = told()
    assert found["database"][0] == "bad" and "is a replica, which cannot be written" in found["database"][1]
    assert "follows no other database" in found["replica"][1]

    monkeypatch.setenv("CT_READ_DATABASE", replica.conninfo(schema))
    monkeypatch.setenv("CT_DATABASE", primary.conninfo(schema))
    primary.stop()
    replica.wait_for("SELECT NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver)")
    found = told()
    assert found["database"][0] == "bad"
    assert found["replica"][0] == "warning" and "receives nothing from the primary" in found["replica"][1]
