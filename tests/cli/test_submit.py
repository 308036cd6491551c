"""`ct submit LOC --set …`: one return, from the words typed to the ledger and the receipt."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import INSIDE, sets

pytestmark = pytest.mark.usefixtures("homes")
Ct = Callable[..., Any]


def test_a_good_return_is_recorded_and_its_receipt_printed(ct: Ct) -> None:
    ran = ct("submit", "LOC123", *sets(), "--json", now=INSIDE)
    assert ran.status == 0
    (result,) = json.loads(ran.out)["data"]["results"]
    assert result["fate"] == "accepted"
    assert result["fulfils"] is True
    assert len(result["receipt"]["id"]) == 16
    assert len(result["receipt"]["content_hash"]) == 64


def test_the_same_return_again_gives_the_same_receipt(ct: Ct) -> None:
    first, second = (_result(ct("submit", "LOC123", *sets(), "--json", now=INSIDE)) for _ in range(2))
    assert second["fate"] == "already-recorded"
    assert second["receipt"] == first["receipt"]


def test_a_changed_return_is_a_correction_with_a_version_and_what_changed(ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now=INSIDE)
    result = _result(ct("submit", "LOC123", *sets(occupied="35", accepting_admissions="4"), "--json", now=INSIDE))
    assert (result["fate"], result["version"]) == ("corrected", 2)
    assert {"field": "occupied", "old": 36, "new": 35} in result["changes"]


@pytest.mark.parametrize("now", ["2024-12-07T23:59:59+00:00", "2024-12-17T00:00:00+00:00"])
def test_outside_the_window_it_is_refused_with_the_dates(ct: Ct, now: str) -> None:
    ran = ct("submit", "LOC123", *sets(), "--month", "2024-12", now=now)
    assert ran.status == 7
    assert "8 December 2024" in ran.out
    assert "16 December 2024" in ran.out


def test_outside_window_records_an_update_that_fulfils_nothing_and_says_so(ct: Ct) -> None:
    now = "2024-12-17T00:00:00+00:00"
    ran = ct("submit", "LOC123", *sets(), "--month", "2024-12", "--outside-window", now=now)
    assert ran.status == 0
    assert "fulfils nothing" in ran.out


def test_a_dry_run_says_what_the_real_run_then_says(ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now=INSIDE)
    changed = ("submit", "LOC123", *sets(occupied="35", accepting_admissions="4"), "--json")
    dry, real = _result(ct(*changed, "--dry-run", now=INSIDE)), _result(ct(*changed, now=INSIDE))
    assert real.pop("receipt") is not None
    assert dry.pop("receipt") is None
    assert dry == real


def test_unchanged_confirms_the_last_return(ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now="2024-11-10T10:00:00+00:00")
    result = _result(ct("submit", "LOC123", "--unchanged", "--json", now=INSIDE))
    assert (result["fate"], result["kind"], result["changes"]) == ("accepted", "unchanged", [])


def test_unchanged_after_this_months_return_is_that_return(ct: Ct) -> None:
    first = _result(ct("submit", "LOC123", *sets(), "--json", now=INSIDE))
    second = _result(ct("submit", "LOC123", "--unchanged", "--json", now=INSIDE))
    assert second["receipt"] == first["receipt"]


def test_filing_in_capacity_tracker_ends_with_what_to_enter_there(ct: Ct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_FILING", "capacity-tracker")
    ran = ct("submit", "LOC123", *sets(), now=INSIDE)
    assert "not yet seen in Capacity Tracker" in ran.out
    assert ran.out.index("Bed capacity") < ran.out.index("Directly employed staff")


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        (("LOC132", "--unchanged"), 3, "did you mean LOC12"),
        (("LOC123", "--service", "home-care", *sets()), 3, "service-not-registered"),
        (("LOC125", *sets()), 3, "location-closed"),
        (("LOC124", *sets()), 2, "--service care-home or --service home-care"),
        (("LOC123", *sets(), "--set", "occupied=3"), 2, "--set names occupied twice"),
        (("LOC123", "--set", "occupied"), 2, "--set 'occupied'"),
        (("LOC123", *sets(), "--set", "not_available=3"), 3, "field-not-asked"),
        (("LOC123", *sets(), "--set", "ocupied=3"), 3, "Did you mean occupied"),
        (("LOC123", "--unchanged"), 3, "nothing-to-confirm"),
        (("LOC123", *sets(occupied="１２")), 3, "not-a-whole-number"),
        (("LOC123", *sets(occupied="-1")), 3, "below-zero"),
        (("LOC123",), 2, "ct fields"),
        (("LOC123", "--unchanged", *sets()), 2, "--unchanged confirms"),
        ((), 2, "--file"),
        (("LOC123", *sets(), "--confirm", "large-jump"), 2, "--note"),
        (("../../etc/passwd", *sets()), 2, "not a location id"),
        (("LOC123", *sets(), "--month", "2024-13"), 2, "2024-13"),
        (("LOC123", *sets(), "--month", "2030-01", "--outside-window"), 7, "has not begun"),
    ],
)
def test_bad_input_meets_a_clear_answer(ct: Ct, given: tuple[str, ...], status: int, words: str) -> None:
    ran = ct("submit", *given, now=INSIDE)
    assert ran.status == status
    assert words in ran.out + ran.err


def test_a_query_ends_with_status_4_until_it_is_confirmed_with_a_note(ct: Ct) -> None:
    queried = ("submit", "LOC123", *sets(maximum_capacity="41", accepting_admissions="4"))
    assert ct(*queried, now=INSIDE).status == 4
    typed = '--confirm capacity-differs-from-cqc --note "why it is right"'
    assert typed in ct(*queried, now=INSIDE).out, "what to type is said"
    confirmed = ct(*queried, "--confirm", "capacity-differs-from-cqc", "--note", "CQC was told.", now=INSIDE)
    assert confirmed.status == 0


def _result(ran: Any) -> dict[str, Any]:
    (result,) = json.loads(ran.out)["data"]["results"]
    return dict(result)


def test_nine_blanks_are_told_with_one_remedy(ct: Ct) -> None:
    told = ct("submit", "LOC123", "--set", "maximum_capacity=40", now=INSIDE).out
    assert told.count("mandatory-missing") == 9
    assert told.count("write 0 where there are none") == 1


def test_what_was_left_blank_is_named_as_it_is_typed(ct: Ct) -> None:
    told = ct("submit", "LOC123", *sets(reserved="", agency_nurses=""), now=INSIDE).out
    assert "Give them as: --set reserved=… --set agency_nurses=…\n" in told
    assert "`ct submit LOC123` alone" in told


def test_what_is_not_recorded_is_not_called_marked(ct: Ct) -> None:
    dry = ct("submit", "LOC123", *sets(), "--dry-run", now=INSIDE).out
    assert "It is inside the window." in dry
    assert "Rehearsal: CT_NOW is set, and stands in for the present." in dry
    assert "marked as a rehearsal" in ct("submit", "LOC123", *sets(), now=INSIDE).out
