"""PostgreSQL that hangs, or whose connections die: whoever waits is told within seconds, and goes on as it is back."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_database import CONNECTIONS
from ct_cli.stores.patience import SILENT_SECONDS
from tests.backends.conftest import record, submission
from tests.postgres_server import running
from tests.stores.hanging_proxy import HangingProxy


@pytest.fixture
def proxy() -> Iterator[HangingProxy]:
    proxy = HangingProxy(running().port)
    yield proxy
    proxy.close()


def test_of_a_connection_that_hangs_alone_another_takes_the_place(proxy: HangingProxy) -> None:
    # As behind a firewall that has forgotten it: new ones are let through.
    with PostgresBackend(proxy.conninfo(running().new_schema())) as store:
        record(store, submission())
        proxy.hang_those_open()
        assert record(store, submission(occupied=30))[0].kind is OutcomeKind.CORRECTED
        assert len(store.history("LOC123")) == 2


@pytest.mark.parametrize("writing", [False, True], ids=["reading", "writing"])
def test_what_is_asked_as_its_connection_dies_is_asked_once_more(proxy: HangingProxy, writing: bool) -> None:
    # The server says that it ends the connection, and hangs up on it only later: on a loaded machine that is so.
    proxy.lingering = True
    schema = running().new_schema()
    dying = f"FROM pg_stat_activity WHERE application_name = '{schema}'"
    with PostgresBackend(proxy.conninfo(schema, application_name=schema)) as store, ThreadPoolExecutor(1) as thread:
        record(store, submission())
        with psycopg.connect(running().conninfo(schema)) as stranger:
            stranger.execute("LOCK TABLE entries")

            def end_what_waits() -> None:
                waiting = f"{dying} AND wait_event_type = 'Lock'"
                running().wait_for(f"SELECT count(*) = 1 {waiting}")
                [(pid,)] = running().execute(f"SELECT pid {waiting}")
                running().execute(f"SELECT pg_terminate_backend({pid})")
                running().wait_for(f"SELECT count(*) = 1 {waiting} AND pid <> {pid}")  # it asks again, on another
                stranger.rollback()

            ended = thread.submit(end_what_waits)
            if writing:
                assert len(record(store, submission(occupied=30))) == 1
            else:
                assert len(store.history("LOC123")) == 1
            ended.result(20)
        assert len(store.history("LOC123")) == 1 + writing


def test_a_connection_whose_server_process_is_gone_without_a_word_is_replaced(proxy: HangingProxy) -> None:
    proxy.lingering = True
    schema = running().new_schema()
    with PostgresBackend(proxy.conninfo(schema, application_name=schema)) as store:
        record(store, submission())
        dying = f"FROM pg_stat_activity WHERE application_name = '{schema}'"
        running().execute(f"SELECT pg_terminate_backend(pid) {dying}")
        running().wait_for(f"SELECT count(*) = 0 {dying}")
        assert len(store.history("LOC123")) == 1


def test_what_a_write_is_held_to_is_said_in_its_own_transaction() -> None:
    # For a pool gives each transaction another session; the wheel's server does not wait for the disk by default.
    schema = running().new_schema()
    names = ("statement_timeout", "lock_timeout", "synchronous_commit", "citus.propagate_set_commands")
    shown = ", ".join(f"current_setting('{name}')" for name in names)
    with PostgresBackend(running().conninfo(schema)) as store:
        running().execute("CREATE TABLE held_to (a text, b text, c text, d text)", schema)
        running().execute(
            f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema} AS"
            f" $$ BEGIN INSERT INTO held_to VALUES ({shown}); RETURN NULL; END $$",
            schema,
        )
        running().execute("CREATE TRIGGER noted AFTER INSERT ON entries EXECUTE FUNCTION note()", schema)
        record(store, submission())
        record(store, *(submission(f"LOC{number:03}") for number in range(30)))
    assert running().execute("SHOW synchronous_commit") == [("off",)]
    assert running().execute("SELECT * FROM held_to", schema) == [
        ("30s", "0", "on", "local"),
        ("5min", "0", "on", "local"),
    ]


def unlock_late(locking: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let go of a lock once whoever waits for it has been looked after."""
    time.sleep(SILENT_SECONDS + 1.5)
    locking.rollback()


def test_a_long_question_is_let_be_where_there_is_no_connection_to_ask_after_it() -> None:
    schema = running().new_schema()
    role = f"{schema}_few"
    running().execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 2")
    running().execute(f"GRANT ALL ON SCHEMA {schema} TO {role}")
    address = running().conninfo(schema).replace("//postgres@", f"//{role}@")
    with PostgresBackend(address) as store, ThreadPoolExecutor(1) as thread:
        record(store, submission())
        with psycopg.connect(address), psycopg.connect(running().conninfo(schema)) as stranger:
            stranger.execute("LOCK TABLE entries")
            unlocked = thread.submit(unlock_late, stranger)
            assert len(store.history("LOC123")) == 1
            unlocked.result(20)


def test_many_who_write_and_read_meanwhile_do_not_wait_for_each_other() -> None:
    address = running().conninfo(running().new_schema())
    inside: list[int] = []

    def write(number: int) -> None:
        def work() -> None:
            inside.append(number)
            until = time.monotonic() + 0.5
            while len(inside) < CONNECTIONS and time.monotonic() < until:
                time.sleep(0.01)
            assert store.find_key("nobody") is None

        with PostgresBackend(address) as store:
            store.in_one(work)

    with PostgresBackend(address), ThreadPoolExecutor(CONNECTIONS) as threads:
        began = time.monotonic()
        list(threads.map(write, range(CONNECTIONS)))
        assert time.monotonic() - began < 15
