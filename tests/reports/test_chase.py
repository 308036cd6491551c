"""`ct report chase`: who to call and in what order, and that nothing that people wrote into a list is lost."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.reports.chase import Written
from ct_cli.reports.chase_notes import read_notes
from ct_cli.returns.annotating.grids import Grid, write_grids
from ct_cli.windows.month import Month
from tests.conftest import Ran
from tests.reports.conftest import CARE, HOME, submission

NOW = "2024-12-10T12:00:00+00:00"


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def issue(ct: Callable[..., Ran], file: Path, *arguments: str, now: str = NOW) -> dict[str, Any]:
    ran = ct("report", "chase", "--out", str(file), "--json", *arguments, now=now)
    assert ran.status == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)["data"]
    return found


def write(file: Path, said: dict[str, dict[str, str]], more: tuple[str, ...] = ()) -> None:
    """Write into the list's cells, by location, as a person does."""
    found = rows(file)
    titles = [*found[0], *more]
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.DictWriter(opened, titles)
        writer.writeheader()
        writer.writerows({**row, **said.get(row["Location ID"], {})} for row in found)


def test_the_most_pressing_are_called_first(ct: Callable[..., Ran], council: Path, tmp_path: Path) -> None:
    file = tmp_path / "chase.csv"

    told = issue(ct, file)
    listed = rows(file)

    assert (told["to_call"], told["notice_level"]) == (12, 2)
    # Missing this one would be Elm's third in a row; LOC103 is at notice level already.
    assert [row["Location ID"] for row in listed[:2]] == ["LOC103", "LOC102"]
    beds = [int(row["Beds (CQC)"] or 0) for row in listed[2:]]
    assert beds == sorted(beds, reverse=True)
    assert listed[1]["If the coming close is missed"] == "notice level: missed 3 in a row"
    assert listed[1]["Contacts"] == "deputy@example.org, manager@example.org"
    assert listed[1]["Last return"] == "2024-09: return, 2024-09-09"
    assert listed[1]["Days left"] == "6"
    assert "nobody registered" in listed[0]["Why"]


def test_notes_and_columns_of_ones_own_stay_in_the_next_issue(
    ct: Callable[..., Ran], council: Path, tmp_path: Path
) -> None:
    file = tmp_path / "chase.csv"
    issue(ct, file)
    write(file, {"LOC102": {"Notes": "Rang on 10th,\nwill do", "Called by": "AB"}}, more=("Called by",))

    told = issue(ct, file)
    again = {row["Location ID"]: row for row in rows(file)}

    assert told["with_notes"] == 1
    assert again["LOC102"]["Notes"] == "Rang on 10th,\nwill do"
    assert again["LOC102"]["Called by"] == "AB"


def test_a_note_is_kept_when_the_return_was_made_and_comes_back_when_it_is_owed_again(
    ct: Callable[..., Ran], council: Path, tmp_path: Path
) -> None:
    file = tmp_path / "chase.csv"
    issue(ct, file)
    write(file, {"LOC102": {"Notes": "New manager in January"}})
    with SqliteBackend(council) as backend:
        backend.record([submission("LOC102", HOME, Month(2024, 12), day=10)])

    told = issue(ct, file)
    kept = rows(file)[-1]

    assert (told["to_call"], told["notes_kept"]) == (11, 1)
    assert (kept["Location ID"], kept["Order"], kept["Notes"]) == ("LOC102", "", "New manager in January")
    assert kept["Name"] == "House 102"
    issue(ct, file, now="2025-01-09T12:00:00+00:00")
    owed = {row["Location ID"]: row for row in rows(file)}
    assert owed["LOC102"]["Notes"] == "New manager in January"
    assert owed["LOC102"]["Order"]


def test_notes_in_a_workbook_stay_too(ct: Callable[..., Ran], council: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsx", tmp_path / "second.ods"
    issue(ct, first)
    book = load_workbook(first)
    sheet = book.worksheets[0]
    sheet["Q2"], sheet["R3"] = "=not a formula", "no title above"
    sheet["Q2"].data_type = "s"
    book.save(first)

    told = issue(ct, second, "--previous", str(first))
    found = CalamineWorkbook.from_path(second).get_sheet_by_index(0).to_python()

    assert told["with_notes"] == 2
    assert found[1][16] == "=not a formula"
    assert "no title above" in found[2]


def test_a_workbook_shows_its_cells_whole_gives_notes_room_and_prints_a_page_wide(
    ct: Callable[..., Ran], council: Path, tmp_path: Path
) -> None:
    issue(ct, tmp_path / "chase.xlsx")

    sheet = load_workbook(tmp_path / "chase.xlsx").worksheets[0]
    for column in sheet.iter_cols():
        width = sheet.column_dimensions[column[0].column_letter].width
        cells = [cell for cell in column if cell.value is not None]
        assert all(len(str(cell.value)) < width or cell.alignment.wrap_text for cell in cells), column[0].value
        assert width >= 40 or column[0].value != "Notes"
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.auto_filter.ref) == ("A2", "$1:$1", sheet.dimensions)
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)


def test_two_earlier_issues_are_brought_together(ct: Callable[..., Ran], council: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    for file, note in ((one, "rang"), (other, "wrote")):
        issue(ct, file)
        write(file, {"LOC102": {"Notes": note}})

    issue(ct, other, "--previous", str(one))
    issue(ct, other, "--previous", str(one))

    assert {row["Location ID"]: row["Notes"] for row in rows(other)}["LOC102"] == "rang | wrote"


def test_a_file_that_is_no_chase_list_is_left_as_it_is(ct: Callable[..., Ran], council: Path, tmp_path: Path) -> None:
    other, broken = tmp_path / "budget.csv", tmp_path / "chase.xlsx"
    other.write_text("Item,Cost\nPens,3\n", encoding="utf-8")
    broken.write_bytes(b"PK\x03\x04 not whole")

    for file in (other, broken):
        before = file.read_bytes()
        ran = ct("report", "chase", "--out", str(file), now=NOW)
        assert ran.status in {2, 3}
        assert file.name in ran.err
        assert file.read_bytes() == before


def test_a_name_is_no_formula_and_the_file_is_its_owners_alone(
    ct: Callable[..., Ran], council: Path, tmp_path: Path
) -> None:
    from ct_cli.register.location import Location

    file = tmp_path / "chase.csv"
    with SqliteBackend(council) as backend:
        backend.save_locations([Location("LOC103", "=1+1", (CARE,))])
    issue(ct, file)

    assert "'=1+1" in {row["Name"] for row in rows(file)}
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0


def test_before_the_window_only_those_at_risk_are_on_the_list(
    ct: Callable[..., Ran], council: Path, tmp_path: Path
) -> None:
    told = issue(ct, tmp_path / "chase.csv", now="2024-12-03T12:00:00+00:00")

    assert told["to_call"] == 2
    assert rows(tmp_path / "chase.csv")[0]["Why"].startswith("at risk before December 2024 opens")


def test_after_the_close_what_was_missed_is_on_it(ct: Callable[..., Ran], council: Path, tmp_path: Path) -> None:
    issue(ct, tmp_path / "chase.csv", now="2024-12-20T12:00:00+00:00")

    assert rows(tmp_path / "chase.csv")[0]["Why"].startswith("December 2024 missed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tmp_path_factory.mktemp("lists")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(note=st.text(st.characters(exclude_categories=["C"]), max_size=40).map(str.strip).filter(bool))
def test_any_note_is_read_back_as_it_was_written(folder: Path, note: str) -> None:
    file = folder / "list.csv"
    header = ("Location ID", "Service", "Name", "Notes")

    for _ in range(2):  # also once it has been through a list
        write_grids(file, [Grid("To call", header, [("LOC1", "care-home", "Rose", note)])])
        if not note.startswith("'"):  # Typed by hand before a formula, it is taken for the guard's own.
            assert read(file) == note
        note = read(file)


def read(file: Path) -> str:
    found = read_notes([str(file)])
    assert found == {("LOC1", "care-home"): Written("Rose", found["LOC1", "care-home"].said)}
    return found["LOC1", "care-home"].said["Notes"]
