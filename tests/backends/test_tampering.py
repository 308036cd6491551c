"""Whatever is altered in the embedded store behind ct's back, `ct verify` names the first entry that it touches."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ct_cli.backends.chain_check import Break, Tally, breaks
from ct_cli.backends.sql_rows import ENTRY_COLUMNS
from ct_cli.backends.sqlite import SqliteBackend
from tests.backends.conftest import DECEMBER, nil, record, submission

ALTERED = {
    "receipt_id": "0123456789abcdef",
    "location_id": "LOC124",
    "service": "home-care",
    "number": 9,
    "month": 202411,
    "version": 7,
    "kind": "unchanged",
    "collection": "care-home-2024-04-26",
    "survey": "fnc-2023",
    "reason": "closing",
    "received_at": "2024-12-09T10:30:15.123457+00:00",
    "fulfils": 0,
    "rehearsal": 1,
    "source": "received-by-api",
    "recorded_by": "alex",
    "note": "nothing to see",
    "confirmed": '["large-jump"]',
    "content_hash": "0" * 64,
    "previous_hash": "1" * 64,
    "entry_hash": "2" * 64,
    "content": '{"maximum_capacity":40,"occupied":40}',
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a chain of four entries and a chain of one."""
    path = tmp_path / "ct.sqlite3"
    with SqliteBackend(path) as backend:
        months = [DECEMBER + step for step in range(4)]
        record(backend, *(submission(month=month) for month in months), nil("LOC999"))
    return path


@pytest.fixture
def tamper(path: Path) -> Callable[..., list[Break]]:
    """Alter the file by SQL, then check the ledger."""

    def altered(sql: str, *given: object) -> list[Break]:
        connection = sqlite3.connect(path)
        assert connection.execute(sql, given).rowcount > 0
        connection.commit()
        connection.close()
        with SqliteBackend(path) as backend:
            return list(breaks(backend.walk(), backend.chain_ends(), Tally()))

    return altered


def places(found: list[Break]) -> list[tuple[str, int]]:
    return [(it.location_id, it.number) for it in found]


def test_every_column_is_tried() -> None:
    assert set(ALTERED) == set(ENTRY_COLUMNS.split(", "))


@pytest.mark.parametrize("column", sorted(set(ALTERED) - {"location_id", "service", "number"}))
def test_an_altered_column_is_found_and_its_entry_named(tamper, column: str) -> None:
    sql = f"UPDATE entries SET {column} = ? WHERE location_id = 'LOC123' AND number = 2"
    assert places(tamper(sql, ALTERED[column])) == [("LOC123", 2)]


@pytest.mark.parametrize("column", ["location_id", "service", "number"])
def test_an_entry_moved_elsewhere_is_missed_where_it_was(tamper, column: str) -> None:
    sql = f"UPDATE entries SET {column} = ? WHERE location_id = 'LOC123' AND number = 2"
    assert ("LOC123", 2) in places(tamper(sql, ALTERED[column]))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("content", '{"maximum_capacity": 40, "occupied":36}'),
        ("content", "not JSON"),
        ("content", "[]"),
        ("content", b"\xff"),
        ("confirmed", "17"),
        ("received_at", "2024-12-09T10:30:15.123456Z"),
        ("received_at", "yesterday"),
        ("month", 202413),
        ("month", "soon"),
        ("kind", "party"),
        ("source", ""),
        ("rehearsal", 2),
        ("number", "two"),
    ],
)
def test_a_value_that_ct_never_writes_is_found_without_a_crash(tamper, column: str, value: object) -> None:
    found = tamper(f"UPDATE entries SET {column} = ? WHERE location_id = 'LOC123' AND number = 2", value)
    assert found[0].location_id == "LOC123"


def test_an_entry_taken_out_of_the_middle_is_missed(tamper) -> None:
    assert places(tamper("DELETE FROM entries WHERE location_id = 'LOC123' AND number = 3")) == [("LOC123", 3)]


def test_entries_taken_off_the_end_are_missed(tamper) -> None:
    [found] = tamper("DELETE FROM entries WHERE location_id = 'LOC123' AND number > 2")
    assert (found.number, found.receipt_id) == (3, "")
    assert "4 entries" in found.reason


def test_a_chain_taken_away_is_missed(tamper) -> None:
    assert places(tamper("DELETE FROM entries WHERE location_id = 'LOC999'")) == [("LOC999", 1)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE chains SET number = 3 WHERE location_id = 'LOC123'",
        "UPDATE chains SET entry_hash = 'ab' WHERE location_id = 'LOC123'",
        "DELETE FROM chains WHERE location_id = 'LOC123'",
    ],
)
def test_an_altered_note_of_a_chains_end_is_found(tamper, sql: str) -> None:
    assert places(tamper(sql)) == [("LOC123", 4)]


def test_every_chain_that_was_altered_is_named_once_by_its_first_entry(tamper) -> None:
    assert places(tamper("UPDATE entries SET note = 'x'")) == [("LOC123", 1), ("LOC999", 1)]
