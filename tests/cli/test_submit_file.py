"""`ct submit --file`: a file of returns, row by row, to the ledger."""

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ct_cli.actions import submit_file
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import sqlite
from ct_cli.returns.reading.rows import RowDecoder
from ct_cli.settings import read_settings
from tests.cli.conftest import GOOD, INSIDE

pytestmark = pytest.mark.usefixtures("homes")
Ct = Callable[..., Any]
COLUMNS = ("location_id", "service", "month", *GOOD, "nurses_absent", "nil_reason", "unchanged", "confirm", "note")


def row(location_id: str, **changed: str) -> dict[str, str]:
    """A row that every rule passes, with some cells changed."""
    return {"location_id": location_id, "service": "care-home", "month": "2024-12", **GOOD, **changed}


def nil(location_id: str, service: str, reason: str) -> dict[str, str]:
    """A nil return's row."""
    return {"location_id": location_id, "service": service, "month": "2024-12", "nil_reason": reason}


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Writes rows to a CSV file; its path."""

    def write(*rows: dict[str, str]) -> str:
        path = tmp_path / "returns.csv"
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return str(path)

    return write


def data_of(ran: Any) -> dict[str, Any]:
    """The answer as JSON."""
    data: dict[str, Any] = json.loads(ran.out)["data"]
    return data


def fates_of(ran: Any) -> list[str]:
    """What became of each row."""
    return [each["fate"] for each in data_of(ran)["rows"]]


def test_good_rows_are_kept_when_others_are_refused(ct: Ct, file: Callable[..., str]) -> None:
    path = file(row("LOC123"), row("LOC124", occupied="41"), nil("LOC124", "home-care", "no-staff"))
    ran = ct("submit", "--file", path, "--json", now=INSIDE)
    assert ran.status == 3
    assert fates_of(ran) == ["accepted", "refused", "accepted"]
    (problem,) = json.loads(ran.out)["problems"]
    assert problem["code"] == "beds-over-capacity"
    assert problem["place"]["column"] == "E"
    assert problem["place"]["row"] == 3


def test_atomic_records_nothing_where_any_row_is_refused(ct: Ct, file: Callable[..., str]) -> None:
    path = file(row("LOC123"), row("LOC124", occupied="41"))
    assert fates_of(ct("submit", "--file", path, "--atomic", "--json", now=INSIDE)) == ["held-back", "refused"]
    assert fates_of(ct("submit", "--file", path, "--json", now=INSIDE)) == ["accepted", "refused"]


def test_a_second_run_of_the_same_file_gives_the_same_receipts(ct: Ct, file: Callable[..., str]) -> None:
    path = file(row("LOC123"), row("LOC124"))
    first, second = (ct("submit", "--file", path, "--json", now=INSIDE) for _ in range(2))
    assert fates_of(second) == ["already-recorded", "already-recorded"]
    assert [each["receipt"] for each in data_of(first)["rows"]] == [each["receipt"] for each in data_of(second)["rows"]]


def test_rows_that_contradict_each_other_are_refused_and_name_each_other(ct: Ct, file: Callable[..., str]) -> None:
    path = file(row("LOC123"), row("LOC124"), row("LOC123", occupied="35", accepting_admissions="4"))
    ran = ct("submit", "--file", path, "--json", now=INSIDE)
    assert fates_of(ran) == ["refused", "accepted", "refused"]
    named = [(it["place"]["row"], it["facts"]["rows"]) for it in json.loads(ran.out)["problems"]]
    assert named == [(2, [4]), (4, [2])]


def test_rows_that_say_the_same_are_one_return(ct: Ct, file: Callable[..., str]) -> None:
    path = file(row("LOC123"), row("LOC123"))
    for more, expected in (("--dry-run",), ["accepted", "already-recorded"]), ((), ["accepted", "already-recorded"]):
        assert fates_of(ct("submit", "--file", path, *more, "--json", now=INSIDE)) == expected


def test_a_dry_run_says_what_the_real_run_then_does(ct: Ct, file: Callable[..., str]) -> None:
    ct("submit", "--file", file(row("LOC123"), row("LOC124")), now=INSIDE)
    path = file(
        row("LOC123", occupied="35", accepting_admissions="4"),
        row("LOC124"),
        nil("LOC124", "home-care", "no-staff"),
        row("LOC125"),
        row("LOC126", nurses_employed="x"),
        row("LOC123", month="2024-11"),
    )
    dry, real = (ct("submit", "--file", path, *more, "--json", now=INSIDE) for more in (["--dry-run"], []))
    assert fates_of(dry) == ["corrected", "already-recorded", "accepted", "refused", "refused", "outside-window"]
    assert fates_of(real) == fates_of(dry)
    assert json.loads(real.out)["problems"] == json.loads(dry.out)["problems"]
    assert data_of(real)["changed"] == data_of(dry)["changed"]
    assert (real.status, dry.status) == (3, 3)


def test_a_dry_run_shows_what_is_owed_but_not_in_the_file(ct: Ct, file: Callable[..., str]) -> None:
    ran = ct("submit", "--file", file(row("LOC123")), "--dry-run", "--json", now=INSIDE)
    owed = [(each["location_id"], each["service"]) for each in data_of(ran)["still_owed"]]
    assert owed == [("LOC124", "care-home"), ("LOC124", "home-care")]


def test_queries_alone_end_with_status_4_and_are_confirmed_for_the_whole_file(ct: Ct, file: Callable[..., str]) -> None:
    path = file(row("LOC123", maximum_capacity="41", accepting_admissions="4"), row("LOC124"))
    asked = ct("submit", "--file", path, "--json", now=INSIDE)
    assert (asked.status, fates_of(asked)) == (4, ["needs-confirming", "accepted"])
    code = json.loads(asked.out)["problems"][0]["code"]
    confirmed = ct("submit", "--file", path, "--confirm", code, "--note", "CQC was told.", "--json", now=INSIDE)
    assert (confirmed.status, fates_of(confirmed)) == (0, ["accepted", "already-recorded"])


def test_a_row_confirms_its_own_query(ct: Ct, file: Callable[..., str]) -> None:
    queried = row("LOC123", maximum_capacity="41", accepting_admissions="4")
    path = file({**queried, "confirm": "capacity-differs-from-cqc", "note": "A new room; CQC was told."})
    ran = ct("submit", "--file", path, "--json", now=INSIDE)
    assert (ran.status, fates_of(ran)) == (0, ["accepted"])


def test_unchanged_and_nil_rows_have_columns_of_their_own(ct: Ct, file: Callable[..., str]) -> None:
    ct("submit", "--file", file(row("LOC123", month="2024-11")), now="2024-11-10T10:00:00+00:00")
    frame = {"location_id": "LOC123", "service": "care-home", "month": "2024-12", "unchanged": "yes"}
    ran = ct("submit", "--file", file(frame, nil("LOC124", "care-home", "closing")), "--json", now=INSIDE)
    assert fates_of(ran) == ["accepted", "accepted"]


def test_an_unknown_column_refuses_the_file_and_names_the_nearest(ct: Ct, tmp_path: Path) -> None:
    path = tmp_path / "returns.csv"
    path.write_text("location_id,ocupied\nLOC123,36\n", encoding="utf-8")
    ran = ct("submit", "--file", str(path), now=INSIDE)
    assert ran.status == 3
    assert "did you mean occupied?" in ran.out


def test_a_file_that_is_not_there_is_said_in_a_sentence(ct: Ct) -> None:
    ran = ct("submit", "--file", "nowhere.csv", now=INSIDE)
    assert ran.status == 2
    assert "nowhere.csv" in ran.err


def test_a_file_and_a_location_are_not_taken_together(ct: Ct) -> None:
    assert ct("submit", "LOC123", "--file", "returns.csv", now=INSIDE).status == 2


def test_a_run_that_was_killed_is_finished_by_the_next_as_if_it_had_run_once(
    ct: Ct, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(row("LOC123"), row("LOC124"), nil("LOC124", "home-care", "no-staff"), row("LOC125"))
    monkeypatch.setattr(submit_file, "CHUNK", 2)
    monkeypatch.setenv("CT_NOW", INSIDE)

    def die(done: int, total: int) -> None:
        raise KeyboardInterrupt

    workplace = Workplace(read_settings())
    with pytest.raises(KeyboardInterrupt):
        submit_file.submit_file(workplace, FileOrder(path), Terms(), die)
    recorded = {each.receipt_id for each in workplace.backend.history("LOC123")}
    workplace.close()
    assert len(recorded) == 1

    finished = ct("submit", "--file", path, "--json", now=INSIDE)
    assert fates_of(finished) == ["accepted", "accepted", "accepted", "refused"]
    assert data_of(finished)["rows"][0]["receipt"] in recorded
    once_more = ct("submit", "--file", path, "--json", now=INSIDE)
    assert fates_of(once_more) == ["already-recorded", "already-recorded", "already-recorded", "refused"]


@pytest.mark.parametrize("chunk", [1, 2, 10_000])
def test_a_row_sees_what_the_rows_above_it_recorded_however_many_are_recorded_together(
    ct: Ct, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(submit_file, "CHUNK", chunk)
    monkeypatch.setattr(submit_file, "BLOCK", 1)
    append = sqlite.append_entries

    def take_time(*given: Any) -> None:
        time.sleep(0.05)
        append(*given)

    monkeypatch.setattr(sqlite, "append_entries", take_time)
    unchanged = {"location_id": "LOC123", "service": "care-home", "month": "2024-12", "unchanged": "yes"}
    path = file(row("LOC123"), row("LOC123"), nil("LOC124", "home-care", "no-staff"), row("LOC124"), row("LOC124"))
    first = ct("submit", "--file", path, "--json", now=INSIDE)
    again = ct("submit", "--file", file(unchanged, unchanged, row("LOC124")), "--json", now=INSIDE)

    assert fates_of(first) == ["accepted", "already-recorded", "accepted", "accepted", "already-recorded"]
    assert fates_of(again) == ["already-recorded"] * 3
    assert data_of(first)["counts"] == {"accepted": 3, "already-recorded": 2}


ODD = [
    {"occupied": "41"},
    {"occupied": ""},
    {"nurses_employed": "36.5", "agency_nurses": "1_000"},
    {"maximum_capacity": "41", "accepting_admissions": "4"},
    {"care_workers_employed": "9999"},
    {"note": "Ring 07700 900123."},
    {},
]


@pytest.mark.parametrize("changed", ODD)
def test_a_row_has_the_problems_that_it_has_as_a_single_return(
    ct: Ct, file: Callable[..., str], changed: dict[str, str]
) -> None:
    values = {key: text for key, text in {**GOOD, **changed}.items() if key != "note"}
    options = [word for key, text in values.items() for word in ("--set", f"{key}={text}")]
    alone = ct("submit", "LOC123", *options, "--note", changed.get("note", ""), "--dry-run", "--json", now=INSIDE)
    bulk = ct("submit", "--file", file(row("LOC123", **changed)), "--dry-run", "--json", now=INSIDE)
    told = [[{**found, "place": None} for found in json.loads(ran.out)["problems"]] for ran in (alone, bulk)]
    assert told[0] == told[1]
    assert data_of(alone)["results"][0]["fate"] == fates_of(bulk)[0]
    assert alone.status == bulk.status


def test_the_quick_way_and_the_full_one_record_the_same(
    ct: Ct, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(row("LOC123", nurses_absent="1"), row("LOC124"))
    quick = ct("submit", "--file", path, "--json", now=INSIDE)
    monkeypatch.setattr(RowDecoder, "plain_identity", lambda self, cells: None)
    full = ct("submit", "--file", path, "--json", now=INSIDE)
    assert fates_of(quick) == ["accepted", "accepted"]
    assert fates_of(full) == ["already-recorded", "already-recorded"]


def test_a_good_row_below_nothing_but_wrong_ones_is_recorded_as_any(
    ct: Ct, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(row("LOC124", occupied="41"), row("LOC123", nurses_absent="1"))
    monkeypatch.setattr(submit_file, "BLOCK", 1)  # the quick check is left out where the block before was wrong
    below = ct("submit", "--file", path, "--json", now=INSIDE)
    alone = ct("submit", "--file", file(row("LOC123", nurses_absent="1")), "--json", now=INSIDE)
    assert (fates_of(below), fates_of(alone)) == (["refused", "accepted"], ["already-recorded"])


def test_standard_input_is_read_with_its_format_named(installed_ct: Ct) -> None:
    returns = json.dumps([{"location_id": "LOC123", "service": "care-home", **GOOD}])
    ran = installed_ct("submit", "--file", "-", "--format", "json", "--json", now=INSIDE, given=returns)
    assert (ran.status, fates_of(ran)) == (0, ["accepted"])


def test_what_an_object_of_json_lacks_is_not_told_by_its_row_again_and_again(ct: Ct, tmp_path: Path) -> None:
    path = tmp_path / "returns.json"
    path.write_text('[{"location_id": "LOC123"}]', encoding="utf-8")
    told = ct("submit", "--file", str(path), now=INSIDE).out
    assert "Maximum capacity was left blank (row 1); likewise 9 more\n" in told
