"""`ct receipt`, `ct history` and `ct verify`."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ct_cli.backends.contract import Entry, Source
from ct_cli.backends.sqlite import SqliteBackend
from tests.backends.conftest import HOME_CARE, JANUARY, location, nil, record, submission
from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store that ct will use."""
    monkeypatch.setenv("CT_STORE", str(tmp_path / "ct.sqlite3"))
    return tmp_path / "ct.sqlite3"


@pytest.fixture
def made(path: Path) -> list[Entry]:
    """Two versions of December, a rehearsed one, a nil return in January, and one of home care seen by an export."""
    with SqliteBackend(path) as backend:
        backend.save_locations([location("LOC123"), location("LOC456", name="Lily House")])
        outcomes = record(
            backend,
            submission(fulfils=False),
            submission(occupied=35, note="two left", confirmed=("large-jump",)),
            submission(occupied=34, rehearsal=True),
            nil(month=JANUARY),
            submission(service=HOME_CARE, source=Source.CAPACITY_TRACKER, values={}),
        )
    return [outcome.entry for outcome in outcomes if outcome.entry is not None]


def test_a_receipt_shows_what_was_said_when_and_whether_it_counts(ct: Run, made: list[Entry]) -> None:
    shown = ct("receipt", made[1].receipt_id)
    assert shown.status == 0
    for words in (
        "Rose House (LOC123)",
        "December 2024",
        "Inside the window",
        "two left",
        "large-jump",
        "recorded here",
    ):
        assert words in shown.out
    assert "Maximum capacity" in shown.out, "an item is shown by its label"
    assert made[1].content_hash in shown.out


def test_the_first_six_digits_of_a_receipt_will_do_in_either_case(ct: Run, made: list[Entry]) -> None:
    assert made[1].receipt_id in ct("receipt", made[1].receipt_id[:6].upper()).out


def test_a_receipt_that_was_corrected_names_the_correction(ct: Run, made: list[Entry]) -> None:
    first = ct("receipt", made[0].receipt_id).out
    assert f"since corrected by {made[1].receipt_id}" in first
    assert "fulfils nothing" in first
    assert "which stands" in ct("receipt", made[1].receipt_id).out, "a rehearsal corrects nothing real"


def test_a_rehearsals_receipt_says_that_it_is_one(ct: Run, made: list[Entry]) -> None:
    assert "Rehearsal" in ct("receipt", made[2].receipt_id).out


def test_a_receipt_in_json_has_its_values_and_hashes(ct: Run, made: list[Entry]) -> None:
    data = json.loads(ct("receipt", made[1].receipt_id, "--json").out)["data"]
    assert {value["key"]: value["value"] for value in data["values"]} == {"maximum_capacity": 40, "occupied": 35}
    assert data["entry_hash"] == made[1].entry_hash
    assert data["received_at"] == "2024-12-09T10:30:15.123456+00:00"
    assert data["closes_at"] == "2024-12-16T23:59:59+00:00"


@pytest.mark.parametrize("given", ["abcde", "", "0123456789abcdef0", "xyzxyzxyz", "../../etc", "１２３４５６"])
def test_what_is_no_receipt_is_refused_in_a_sentence(ct: Run, made: list[Entry], given: str) -> None:
    refused = ct("receipt", given)
    assert (refused.status, refused.out) == (2, "")
    assert "is not a receipt" in refused.err


def test_an_unknown_receipt_is_refused_in_a_sentence(ct: Run, made: list[Entry]) -> None:
    refused = ct("receipt", "000000000000")
    assert refused.status == 2
    assert "No receipt begins with 000000000000" in refused.err


def test_digits_that_two_receipts_begin_with_are_refused_with_both(ct: Run, made: list[Entry], path: Path) -> None:
    altered = sqlite3.connect(path)
    altered.execute("UPDATE entries SET receipt_id = 'abcdef' || substr(receipt_id, 7) WHERE number <= 2")
    altered.commit()
    altered.close()
    refused = ct("receipt", "abcdef")
    assert refused.status == 2
    assert f"abcdef{made[0].receipt_id[6:]}" in refused.err
    assert f"abcdef{made[1].receipt_id[6:]}" in refused.err


def test_the_history_marks_corrections_rehearsals_and_what_came_outside_the_window(ct: Run, made: list[Entry]) -> None:
    lines = ct("history", "loc123").out.splitlines()
    by_receipt = {entry.receipt_id: next(line for line in lines if f"  {entry.receipt_id}  " in line) for entry in made}
    outside, corrected, rehearsed, no_users, seen = by_receipt.values()
    assert "outside the window" in outside and "since corrected" in outside
    assert f"corrects {made[0].receipt_id[:8]} (occupied)" in corrected and "since corrected" not in corrected
    assert "rehearsal" in rehearsed
    assert "nil return (no service users)" in no_users
    assert "seen in Capacity Tracker's export" in seen


def test_the_history_of_one_service_is_of_that_alone(ct: Run, made: list[Entry]) -> None:
    data = json.loads(ct("history", "LOC123", "--service", "home care", "--json").out)["data"]
    assert [entry["receipt_id"] for entry in data["entries"]] == [made[4].receipt_id]


def test_the_history_in_json_says_which_entry_stands(ct: Run, made: list[Entry]) -> None:
    entries = json.loads(ct("history", "LOC123", "--json").out)["data"]["entries"]
    assert [entry["stands"] for entry in entries] == [False, True, False, True, True]


def test_a_location_without_history_is_told_how_to_begin_one(ct: Run, made: list[Entry]) -> None:
    shown = ct("history", "LOC456")
    assert shown.status == 0
    assert "Nothing is recorded of Lily House (LOC456)" in shown.out


def test_the_history_of_an_unknown_location_is_refused_with_the_nearest(ct: Run, made: list[Entry]) -> None:
    refused = ct("history", "LOC124")
    assert refused.status == 3
    assert "did you mean LOC123" in refused.err


def test_a_whole_ledger_verifies(ct: Run, made: list[Entry]) -> None:
    shown = ct("verify")
    assert shown.status == 0
    assert "5 entries in 2 chains" in shown.out
    assert "1 entry is a rehearsal" in shown.out


def test_an_empty_ledger_verifies(ct: Run, path: Path) -> None:
    assert ct("verify").status == 0


def test_an_altered_ledger_ends_with_status_3_and_names_the_first_altered_entry(ct: Run, made, path) -> None:
    altered = sqlite3.connect(path)
    altered.execute("UPDATE entries SET content = replace(content, '35', '40')")
    altered.commit()
    altered.close()
    shown = ct("verify", "--json")
    assert shown.status == 3
    data = json.loads(shown.out)["data"]
    assert data["whole"] is False
    [found] = data["breaks"]
    assert (found["location_id"], found["number"], found["receipt_id"]) == ("LOC123", 2, made[1].receipt_id)
    page = ct("verify")
    assert "altered" in page.out and made[1].receipt_id in page.out


@pytest.mark.parametrize("command", [("verify",), ("history", "LOC123"), ("receipt", "abcdef")])
def test_a_store_that_is_none_is_refused_in_a_sentence(ct: Run, path: Path, command: tuple[str, ...]) -> None:
    path.write_text("location,occupied\n", encoding="utf-8")
    refused = ct(*command)
    assert refused.status == 1
    assert "it is not a SQLite file" in refused.err
    assert "Traceback" not in refused.err
