"""`ct doctor` of a shared database: what is wrong with it, and nothing of it is changed."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_schema import VERSION
from tests.backends.conftest import location, record, submission
from tests.postgres_server import running

Told = Callable[[], dict[str, tuple[str, str]]]


@pytest.fixture
def told(ct, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What `ct doctor` finds, by the check's name: verdict and words."""
    monkeypatch.setenv("CT_BACKEND", "postgres")

    def examine() -> dict[str, tuple[str, str]]:
        checks = json.loads(ct("doctor", "--json").out)["data"]["checks"]
        return {check["name"]: (check["verdict"], f"{check['found']} {check['remedy']}") for check in checks}

    return examine


@pytest.fixture
def schema(monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty one, which the settings name."""
    schema = running().new_schema()
    monkeypatch.setenv("CT_DATABASE", running().conninfo(schema))
    return schema


def test_an_empty_database_is_told_and_left_empty(told: Told, schema: str) -> None:
    found = told()
    assert found["database"][0] == "ok" and "answers (PostgreSQL " in found["database"][1]
    assert "no tables of ct's yet" in found["store"][1]
    assert running().execute(f"SELECT * FROM pg_tables WHERE schemaname = '{schema}'") == []


def test_tables_are_counted_and_their_version_told(told: Told, schema: str) -> None:
    with PostgresBackend(running().conninfo(schema)) as store:
        store.save_locations([location("LOC123"), location("LOC456")])
        record(store, submission())
    assert told()["store"] == ("ok", f"2 locations and 1 return, in tables of version {VERSION} ")
    running().execute("UPDATE ct_schema SET version = 99", schema)
    verdict, words = told()["store"]
    assert verdict == "bad" and "a newer ct made its tables (version 99" in words


def test_clocks_that_differ_are_told(told: Told, schema: str, monkeypatch) -> None:
    assert told()["clocks"][0] == "ok"
    monkeypatch.setenv("CT_NOW", (datetime.now(UTC) - timedelta(minutes=5)).isoformat())
    verdict, words = told()["clocks"]
    assert verdict == "warning" and "seconds behind the database's" in words


def test_a_database_that_is_not_there_or_not_named_is_told_without_its_password(told: Told, ct, monkeypatch) -> None:
    assert "no database is set" in told()["database"][1]
    monkeypatch.setenv("CT_DATABASE", "postgresql://sam:secret@127.0.0.1:1/ct")
    verdict, words = told()["database"]
    assert verdict == "bad" and "ct at 127.0.0.1:1" in words and "secret" not in ct("doctor").out
    assert ct("doctor").status == 2


def test_without_what_speaks_to_a_database_it_is_said_how_to_get_it(told: Told, ct, schema: str, monkeypatch) -> None:
    for module in ("psycopg", "psycopg.conninfo"):
        monkeypatch.setitem(sys.modules, module, None)
    assert "pip install 'ct-cli[server]'" in told()["database"][1]
    ran = ct("status")
    assert ran.status == 2 and "pip install 'ct-cli[server]'" in ran.err
