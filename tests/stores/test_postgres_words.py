"""What PostgreSQL refuses is said in words, by its SQLSTATE, with what to do; and what is not PostgreSQL's is not."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ct_cli.backends.access import NOTHING_BESIDE
from ct_cli.backends.contract import TextRefused
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_errors import StoreUnreachable
from ct_cli.errors import CtError, ExitStatus, StoreUnusable
from ct_cli.register.location import Scope
from tests.backends.conftest import location, record, submission
from tests.conftest import Ran
from tests.postgres_server import running

_numbers = itertools.count(1)


@pytest.fixture
def schema() -> str:
    """A store with a return in it."""
    schema = running().new_schema()
    with PostgresBackend(running().conninfo(schema)) as store:
        record(store, submission())
    return schema


@contextmanager
def a_role(schema: str, *settings: str) -> Iterator[str]:
    """A user who may do everything in a schema, and how the database is reached as that user."""
    name = f"role_{next(_numbers)}"
    running().execute(f"CREATE ROLE {name} LOGIN")
    running().execute(f"GRANT ALL ON SCHEMA {schema} TO {name}")
    running().execute(f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {name}")
    for setting in settings:
        running().execute(f"ALTER ROLE {name} {setting}")
    try:
        yield running().conninfo(schema).replace("//postgres@", f"//{name}@")
    finally:
        running().execute(f"DROP OWNED BY {name}")
        running().execute(f"DROP ROLE {name}")


def refused(work: Callable[[], object]) -> CtError:
    with pytest.raises((StoreUnusable, StoreUnreachable)) as caught:
        work()
    return caught.value


def test_too_many_connections_are_something_that_passes(schema: str) -> None:
    with a_role(schema, "CONNECTION LIMIT 0") as address:
        error = refused(lambda: PostgresBackend(address))
    assert error.exit_status is ExitStatus.NETWORK
    assert "too many connections" in error.sentence and "CREATE ROLE" not in error.sentence


def test_a_user_who_may_not_connect_is_told_what_to_grant(schema: str) -> None:
    database = f"closed_{next(_numbers)}"
    running().execute(f"CREATE DATABASE {database}")
    running().execute(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
    with a_role(schema) as address:
        error = refused(lambda: PostgresBackend(address.replace("/postgres?", f"/{database}?")))
    running().execute(f"DROP DATABASE {database}")
    assert "GRANT CONNECT" in error.sentence and "createdb" not in error.sentence


def test_a_database_and_a_user_that_are_not_there_are_told_apart(schema: str) -> None:
    address = running().conninfo(schema)
    assert "createdb" in refused(lambda: PostgresBackend(address.replace("/postgres?", "/nowhere?"))).sentence
    assert "CREATE ROLE" in refused(lambda: PostgresBackend(address.replace("//postgres@", "//nobody_here@"))).sentence


def test_a_limit_of_the_databases_own_is_named_as_what_stops_a_question(schema: str) -> None:
    with a_role(schema, "SET statement_timeout = 50") as address, PostgresBackend(address) as store:
        running().execute("ALTER TABLE entries RENAME TO kept", schema)
        running().execute("CREATE VIEW entries AS SELECT * FROM kept WHERE pg_sleep(1) IS NOT NULL", schema)
        running().execute(f"GRANT SELECT ON entries TO {address.split('//')[1].split('@')[0]}", schema)
        error = refused(lambda: store.history("LOC123"))
    assert isinstance(error, StoreUnusable)
    assert "statement timeout" in error.sentence and "ALTER ROLE" in error.sentence


def test_limits_of_the_databases_own_do_not_stop_what_is_written(schema: str) -> None:
    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with a_role(schema, *(f"SET {name} = 300" for name in limits)) as address, PostgresBackend(address) as store:

        def beside(_: object) -> Any:
            running().execute("SELECT pg_sleep(0.6)")
            return NOTHING_BESIDE

        [outcome] = store.record_beside([submission(occupied=30)], beside)
        assert outcome.entry is not None
        with store.at_one_moment():
            running().execute("SELECT pg_sleep(0.6)")
            assert len(store.history("LOC123")) == 2


def test_a_schema_that_is_not_there_is_named() -> None:
    error = refused(lambda: PostgresBackend(running().conninfo("not_there_at_all")))
    assert "schema" in error.sentence and "CREATE SCHEMA" in error.sentence and "LINE 1" not in error.sentence


@pytest.mark.parametrize("lost", ["DROP TABLE ct_schema", "DELETE FROM ct_schema"])
def test_a_store_whose_note_is_lost_is_not_taken_for_another_programs(
    schema: str, lost: str, ct: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    running().execute(lost, schema)
    error = refused(lambda: PostgresBackend(running().conninfo(schema)))
    assert "ct_schema" in error.sentence and "another program" not in error.sentence
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", running().conninfo(schema))
    doctor = ct("doctor")
    assert doctor.status != 0 and "ct_schema" in doctor.out and "first command" not in doctor.out


def test_doctor_says_that_tables_cannot_be_made(ct: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    schema = running().new_schema()
    with a_role(schema) as address:
        name = address.split("//")[1].split("@")[0]
        running().execute(f"REVOKE CREATE ON SCHEMA {schema} FROM {name}")
        monkeypatch.setenv("CT_BACKEND", "postgres")
        monkeypatch.setenv("CT_DATABASE", address)
        doctor, status = ct("doctor"), ct("status")
    assert doctor.status != 0 and "cannot make its tables" in doctor.out and "GRANT CREATE" in doctor.out
    assert status.status == 1 and f"schema {schema}" in status.err


def test_doctor_says_that_a_schema_is_not_there(ct: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", running().conninfo("not_there_at_all"))
    doctor = ct("doctor")
    assert doctor.status != 0 and "cannot make its tables" in doctor.out and "CREATE SCHEMA" in doctor.out


class Foreign(Exception):
    """An error of somebody else's."""


@pytest.mark.parametrize(
    "error", [Foreign(), OSError(28, "No space left on device"), UnicodeEncodeError("utf-8", "\udce9", 0, 1, "no")]
)
def test_what_others_raise_meanwhile_passes_as_it_is(schema: str, error: Exception) -> None:
    def fail(*_: object) -> Any:
        raise error

    with PostgresBackend(running().conninfo(schema)) as store:
        with pytest.raises(type(error)) as caught, store.at_one_moment():
            fail()
        assert caught.value is error
        with pytest.raises(type(error)) as caught:
            store.record_beside([submission(occupied=30)], fail)
        assert caught.value is error
        with pytest.raises(type(error)) as caught:
            store.in_one(fail)
        assert caught.value is error
        with pytest.raises(type(error)) as caught:
            for _ in store.walk():
                fail()
        assert caught.value is error
        assert len(store.history("LOC123")) == 1


def test_half_a_character_is_refused_by_its_place(schema: str) -> None:
    with PostgresBackend(running().conninfo(schema)) as store, pytest.raises(TextRefused):
        record(store, submission(note="caf\udce9"))


def new_database(encoding: str) -> str:
    """The address of a new database that keeps text so."""
    name = f"in_{encoding.lower()}_{next(_numbers)}"
    running().execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    return f"{running().conninfo().removesuffix('postgres')}{name}"


def test_letters_come_back_whatever_the_database_and_the_surroundings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    words = "’ € Ł é ☂"
    for address in (new_database("SQL_ASCII"), new_database("UTF8")):
        with PostgresBackend(address) as store:
            values = {"maximum_capacity": 40, "occupied": 3, "closure_reason": f'{words} \\u00eb "'}
            store.save_locations([location("LOC123")])
            record(store, submission(note=words, values=values))
            record(store, submission(note=words, values=values, month=submission().checked.month + 1))
            [first, second] = store.history("LOC123")
            assert (first.note, first.values, second.values) == (words, values, values)
            [recent] = store.recent(Scope())
            assert recent.last.values == values


def test_a_database_that_has_no_room_for_letters_is_refused_at_the_start(
    ct: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = new_database("LATIN1")
    error = refused(lambda: PostgresBackend(address))
    assert "LATIN1" in error.sentence and "createdb -E UTF8" in error.sentence
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", address)
    doctor = ct("doctor")
    assert doctor.status != 0 and "LATIN1" in doctor.out
