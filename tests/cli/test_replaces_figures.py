"""A return that leaves out figures which are recorded for its month: shown and asked, at every door."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ct_cli.actions.draft_return import draft_return
from ct_cli.actions.taking.order import Order
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Source
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month
from tests.backends.conftest import submission
from tests.cli.conftest import GOOD, INSIDE, sets

pytestmark = pytest.mark.usefixtures("homes")
Ct = Callable[..., Any]
NIL = ("nil-return", "LOC123", "--reason", "no-service-users")
MORE = {**GOOD, "nurses_absent": "2"}
"""With an item that need not be given."""


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_NOW", INSIDE)


def told(ran: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(ran.out)["data"]
    return data


def result_of(ran: Any) -> dict[str, Any]:
    [result] = told(ran)["results"]
    return dict(result)


def codes(ran: Any) -> list[str]:
    return [problem["code"] for problem in json.loads(ran.out)["problems"]]


def history(location_id: str = "LOC123") -> list[Any]:
    workplace = Workplace(read_settings())
    try:
        return list(workplace.backend.history(location_id))
    finally:
        workplace.close()


def test_a_nil_return_over_figures_shows_them_and_needs_confirming_without_a_note(ct: Ct) -> None:
    assert ct("submit", "LOC123", *sets()).status == 0
    ran = ct(*NIL, "--no-input")
    assert ran.status == 4
    assert "run the same again with: --confirm replaces-figures\n" in ran.out
    assert "occupied" in ran.out and "36" in ran.out and "What it would replace:" in ran.out
    asked = ct(*NIL, "--json")
    assert (asked.status, codes(asked)) == (4, ["replaces-figures"])
    replaced = {each["field"]: (each["old"], each["new"]) for each in result_of(asked)["changes"]}
    assert replaced == {key: (int(value), None) for key, value in GOOD.items()}
    assert result_of(asked)["receipt"] is None and len(history()) == 1

    dry = ct(*NIL, "--confirm", "replaces-figures", "--dry-run", "--json")
    assert (result_of(dry)["fate"], codes(dry)) == ("corrected", [])
    done = ct(*NIL, "--confirm", "replaces-figures", "--json")
    assert (done.status, result_of(done)["fate"], codes(done)) == (0, "corrected", [])
    entry = history()[-1]
    assert (entry.version, entry.confirmed, entry.note) == (2, (), "")


def test_a_nil_return_over_a_nil_return_or_over_nothing_is_not_asked_about(ct: Ct) -> None:
    assert ct(*NIL).status == 0
    assert ct("nil-return", "LOC123", "--reason", "no-staff").status == 0
    assert len(history()) == 2


def test_what_capacity_tracker_was_seen_to_have_is_not_replaced(ct: Ct) -> None:
    workplace = Workplace(read_settings())
    workplace.backend.record([submission("LOC123", source=Source.CAPACITY_TRACKER)])
    workplace.close()
    assert ct(*NIL).status == 0


def test_blanks_over_figures_are_asked_about_and_other_figures_are_listed(ct: Ct) -> None:
    assert ct("submit", "LOC123", *sets(nurses_absent="2")).status == 0
    blank = ct("submit", "LOC123", *sets(), "--json")
    assert (blank.status, codes(blank)) == (4, ["replaces-figures"])
    assert result_of(blank)["changes"] == [{"field": "nurses_absent", "old": 2, "new": None}]
    other = ct("submit", "LOC123", *sets(nurses_absent="1", occupied="35", accepting_admissions="4"), "--json")
    assert (other.status, codes(other), result_of(other)["fate"]) == (0, [], "corrected")
    changed = {each["field"]: (each["old"], each["new"]) for each in result_of(other)["changes"]}
    assert changed == {"nurses_absent": (2, 1), "occupied": (36, 35), "accepting_admissions": (3, 4)}
    assert ct("submit", "LOC123", *sets(), "--confirm", "replaces-figures").status == 0
    assert ct("submit", "LOC123", "--unchanged").status == 0
    assert len(history()) == 3


def test_what_is_wrong_is_told_of_as_wrong_alone(ct: Ct) -> None:
    assert ct("submit", "LOC123", *sets(nurses_absent="2")).status == 0
    ran = ct("submit", "LOC123", *sets(nurses_absent="two"), "--json")
    assert codes(ran) == ["not-a-whole-number"]
    assert codes(ct("submit", "LOC123", *sets(occupied=""), "--json")) == ["mandatory-missing"]


def test_other_queries_need_their_note_all_the_same(ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now="2024-11-10T10:00:00+00:00")
    ct("submit", "LOC123", *sets(), now=INSIDE)
    asked = ct(*NIL, "--json")
    assert set(codes(asked)) == {"nil-after-people", "replaces-figures"}
    both = ("--confirm", "nil-after-people", "--confirm", "replaces-figures")
    assert ct(*NIL, *both).status == 2
    assert ct(*NIL, *both, "--note", "Everybody moved to Elm House.").status == 0
    assert history()[-1].confirmed == ("nil-after-people",)


def file_of(path: Path, *rows: dict[str, str]) -> str:
    names = ["location_id", "month", "service", *MORE, "nil_reason", "unchanged", "confirm", "note"]
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, names)
        writer.writeheader()
        writer.writerows({"month": "2024-12", "service": "care-home", **row} for row in rows)
    return str(path)


def test_in_a_file_it_is_a_query_of_its_row(ct: Ct, tmp_path: Path) -> None:
    path = tmp_path / "returns.csv"
    for location_id in ("LOC123", "LOC124"):
        assert ct("submit", location_id, "--service", "care-home", *sets(nurses_absent="2")).status == 0
    nil = {"location_id": "LOC123", "nil_reason": "no-staff"}
    blank = {"location_id": "LOC124", **GOOD}
    for dry_run in (("--dry-run",), ()):
        ran = ct("submit", "--file", file_of(path, nil, blank), *dry_run, "--json")
        assert (ran.status, told(ran)["counts"]) == (4, {"needs-confirming": 2})
        assert codes(ran) == ["replaces-figures"] * 2
    assert json.loads(ran.out)["problems"][1]["field"] == "nurses_absent"
    by_row = ct("submit", "--file", file_of(path, nil, {**blank, "confirm": "replaces-figures"}), "--json")
    assert told(by_row)["counts"] == {"corrected": 1, "needs-confirming": 1}
    note = ("--confirm", "replaces-figures", "--note", "As agreed.")
    assert told(ct("submit", "--file", file_of(path, nil, blank), *note, "--json"))["counts"] == {
        "corrected": 1, "already-recorded": 1,
    }  # fmt: skip
    assert {(entry.note, entry.confirmed) for id in ("LOC123", "LOC124") for entry in history(id)} == {("", ())}


def test_the_same_file_again_and_figures_in_place_of_blanks_are_not_asked_about(ct: Ct, tmp_path: Path) -> None:
    path = tmp_path / "returns.csv"
    for counts, row in (
        ({"accepted": 1}, GOOD), ({"already-recorded": 1}, GOOD), ({"corrected": 1}, MORE),
        ({"corrected": 1}, {**MORE, "nurses_absent": "0"}),
    ):  # fmt: skip
        assert told(ct("submit", "--file", file_of(path, {"location_id": "LOC123", **row}), "--json"))["counts"] == (
            counts
        )


def test_after_a_nil_return_the_figures_that_it_replaced_are_offered(ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now="2024-11-10T10:00:00+00:00")
    ct("submit", "LOC123", *sets(occupied="35", accepting_admissions="4"), now=INSIDE)
    note = ("--note", "All moved.", "--confirm", "nil-after-people", "--confirm", "replaces-figures")
    assert ct(*NIL, *note).status == 0
    workplace = Workplace(read_settings())
    try:
        draft = draft_return(workplace, Order("LOC123"))
        assert draft.last_month == Month(2024, 12)
        assert {it.item.key: it.last for it in draft.questions if it.last is not None} == {
            key: int(value) for key, value in {**GOOD, "occupied": "35", "accepting_admissions": "4"}.items()
        }
        assert draft_return(workplace, Order("LOC123", month=Month(2024, 11))).last_month == Month(2024, 11)
    finally:
        workplace.close()
    assert ct("explain", "replaces-figures").status == 0
