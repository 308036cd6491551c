"""What a store notes of its chains beside their ends is what their entries say; and where it is not, that is told."""

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.rules.case import CARE_HOME_STAFF
from tests.backends.conftest import CARE_HOME, DECEMBER, HOME_CARE, Store, nil, record, submission
from tests.backends.test_last_figures_contract import IDS, histories
from tests.conftest import Ran


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_recorded_nothing_is_noted_but_what_the_entries_say(store: Store, seed: int) -> None:
    for rehearsing in (False, True):
        with store.open(rehearsing=rehearsing) as backend:
            backend.save_locations(Location(each, "Rose House", (CARE_HOME, HOME_CARE)) for each in sorted(IDS))
            for rows in histories(random.Random(seed)):
                backend.record_rows(rows)
            assert list(backend.misnoted()) == []


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with the staff of one home the same from January on, and other chains that nobody alters."""
    monkeypatch.setenv("CT_STORE", str(tmp_path / "ct.sqlite3"))
    with SqliteBackend(tmp_path / "ct.sqlite3") as backend:
        for step, nurses in enumerate((6, 5, 5, 5)):
            values = {**dict.fromkeys(CARE_HOME_STAFF, 3), "nurses_employed": nurses}
            values |= {"maximum_capacity": 40, "occupied": 30 + step}
            months = DECEMBER + step
            record(backend, submission(month=months, values=values), submission("LOC124", months), nil("LOC125"))
    return tmp_path / "ct.sqlite3"


def alter(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    assert connection.execute(f"UPDATE chains SET {sql} WHERE location_id = 'LOC123'").rowcount == 1
    connection.close()


@pytest.fixture
def altered(path: Path) -> Callable[[str], list[str]]:
    """Alter what is noted of LOC123; what is then found of it."""

    def then_found(sql: str) -> list[str]:
        alter(path, sql)
        with SqliteBackend(path) as backend:
            assert list(breaks(backend.walk(), backend.chain_ends(), Tally())) == []
            found = list(backend.misnoted())
        assert {(it.location_id, it.service) for it in found} <= {("LOC123", "care-home")}
        return [it.reason for it in found]

    return then_found


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("month = 202502", "the latest month of its entries is 2025-03, but 2025-02 is noted"),
        ("month = 209912", "the latest month of its entries is 2025-03, but 2099-12 is noted"),
        ("month = 'soon'", "the latest month of its entries is 2025-03, but soon is noted"),
        ("last = last - 3", "what is noted as its last return is another entry, or none"),
        ("last = (SELECT last FROM chains WHERE location_id = 'LOC124')", "is another entry, or none"),
        ("last = 1000", "what is noted as its last return is another entry, or none"),
        ("staff_total = 99", "the total of staff of its last return is 20, but 99 is noted"),
        ("maximum_capacity = 41", "the maximum capacity of its last return is 40, but 41 is noted"),
        ("occupied = NULL", "the number of occupied beds of its last return is 33, but nothing is noted"),
        ("people_using_service = 7", "people using the service of its last return is nothing, but 7 is noted"),
        ("staff_since = 202502", "its total of staff is the same since 2025-01, but 2025-02 is noted"),
        ("staff_since = 202412", "its total of staff is the same since 2025-01, but 2024-12 is noted"),
    ],
)
def test_a_note_that_was_altered_is_told_with_what_the_entries_say(
    altered: Callable[[str], list[str]], sql: str, told: str
) -> None:
    [reason] = altered(sql)
    assert told in reason


@pytest.mark.parametrize("sql", ["last = NULL", "staff_since = NULL", "number = number"])
def test_a_note_that_is_not_there_is_looked_for_and_so_does_no_harm(
    altered: Callable[[str], list[str]], sql: str
) -> None:
    assert altered(sql) == []


def test_ct_verify_ends_with_status_3_and_says_that_the_entries_themselves_are_whole(
    ct: Callable[..., Ran], path: Path
) -> None:
    assert ct("verify").status == 0
    alter(path, "staff_since = 202503, occupied = 0")
    shown = ct("verify", "--json")
    data = json.loads(shown.out)["data"]
    assert (shown.status, data["whole"], data["breaks"]) == (3, False, [])
    [found] = data["misnoted"]
    assert (found["location_id"], found["service"]) == ("LOC123", "care-home")
    page = ct("verify").out
    assert "of 1 chain that is whole" in page and found["reason"] in page and "The ledger was altered" not in page


def test_a_chain_that_is_broken_is_told_of_once(ct: Callable[..., Ran], path: Path) -> None:
    alter(path, "occupied = 0, entry_hash = 'ab'")
    data = json.loads(ct("verify", "--json").out)["data"]
    assert [it["location_id"] for it in data["breaks"]] == ["LOC123"]
    assert data["misnoted"] == []
