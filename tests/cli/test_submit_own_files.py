"""`ct submit --file` with a user's own headers, and with a report."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ct_cli.returns.annotating.grids import Grid, write_grids

NOW = "2024-12-10T12:00:00+00:00"
ITEMS = {
    "Total beds": ("maximum_capacity", 40), "In use": ("occupied", 36), "Held": ("reserved", 1),
    "Free": ("accepting_admissions", 3), "RNs": ("nurses_employed", 5), "Carers": ("care_workers_employed", 30),
    "Others": ("non_care_workers_employed", 8), "Agency RNs": ("agency_nurses", 1),
    "Agency carers": ("agency_care_workers", 2), "Agency others": ("agency_non_care_workers", 0),
}  # fmt: skip
MAPS = [part for header, (field, _) in ITEMS.items() for part in ("--map", f"{header}={field}")]


@pytest.fixture(autouse=True)
def rose_house(ct: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    ct("locations", "add", "LOC123", "--name", "Rose House", "--service", "care-home", "--beds", "40", now=NOW)
    ct("locations", "add", "LOC124", "--name", "Elm", "--service", "care-home", now=NOW)
    with Path("own.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Rose Group, December"])
        writer.writerow(["Home ref", *ITEMS, "Area"])
        writer.writerow(["LOC123", *(value for _, value in ITEMS.values()), "North"])


def test_a_users_own_headers_go_in_as_they_are(ct: Callable[..., Any]) -> None:
    done = ct("submit", "--file", "own.csv", "--map", "Home ref=location_id", *MAPS, "--ignore-column", "Area", now=NOW)

    assert done.status == 0, done.out + done.err
    assert "1  recorded" in done.out


def test_a_map_that_was_kept_serves_again(ct: Callable[..., Any]) -> None:
    first = ("--map", "Home ref=location_id", *MAPS, "--map", "Area=ignore", "--save-map", "rose-group")
    rehearsed = ct("submit", "--file", "own.csv", *first, "--dry-run", now=NOW)
    assert rehearsed.status == 0, rehearsed.err
    assert ct("submit", "--file", "own.csv", "--use-map", "rose-group", now=NOW).status == 2, "a dry run keeps nothing"

    assert ct("submit", "--file", "own.csv", *first, now=NOW).status == 0
    again = ct("submit", "--file", "own.csv", "--use-map", "rose-group", "--json", now=NOW)
    assert json.loads(again.out)["data"]["counts"] == {"already-recorded": 1}
    shown = json.loads(ct("config", "list", "--json").out)
    assert "Home ref" in json.dumps(shown)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--map", "In use=ocupied"), "did you mean occupied?"),
        (("--use-map", "nobody"), "There is no map 'nobody'"),
        (("--map", "nonsense"), "write the header"),
        (("--map", "Home ref=location_id", *MAPS, "--map", "Area=ignore", "--save-map", "a b"), "letters, digits"),
    ],
)
def test_a_map_that_cannot_be_is_refused(ct: Callable[..., Any], arguments: tuple[str, ...], words: str) -> None:
    refused = ct("submit", "--file", "own.csv", *arguments, now=NOW)

    assert refused.status == 2
    assert words in refused.err


def test_a_report_is_the_users_own_file_back_and_mended_it_goes_through(ct: Callable[..., Any]) -> None:
    ct("template", "--out", "t.xlsx", now=NOW)
    book = openpyxl.load_workbook("t.xlsx")
    tab = book["Returns"]
    columns = {cell.value: cell.column for cell in tab[1]}
    for row in (2, 3):
        for field, value in ITEMS.values():
            tab.cell(row, columns[field]).value = value
    tab.cell(3, columns["occupied"]).value = "many"
    book.save("t.xlsx")

    refused = ct("submit", "--file", "t.xlsx", "--report", "back.xlsx", now=NOW)
    assert refused.status == 3, refused.out + refused.err
    assert "back.xlsx has every one" in refused.out

    book = openpyxl.load_workbook("back.xlsx")
    tab = book["Returns"]
    change = next(cell.column for cell in tab[1] if cell.value == "ct: what to change")
    assert tab.cell(2, change).value is None
    assert "not-a-whole-number" in tab.cell(3, change).value
    wrong = tab.cell(3, columns["occupied"])
    assert wrong.comment.text.startswith(f"{wrong.coordinate}: Occupied or used")
    wrong.value = 36
    book.save("back.xlsx")

    done = ct("submit", "--file", "back.xlsx", "--json", now=NOW)
    assert done.status == 0, done.out
    assert json.loads(done.out)["data"]["counts"] == {"accepted": 1, "already-recorded": 1}


def test_a_report_that_could_not_be_written_stops_before_anything_is_recorded(ct: Callable[..., Any]) -> None:
    arguments = ("--map", "Home ref=location_id", *MAPS, "--map", "Area=ignore")
    for report in ("own.csv", "report.pdf"):
        assert ct("submit", "--file", "own.csv", *arguments, "--report", report, now=NOW).status == 2
    assert "No returns" in ct("history", "LOC123").out or ct("history", "LOC123", "--json").out.count("receipt_id") == 0


def test_the_same_rows_have_the_same_problems_in_every_format(ct: Callable[..., Any]) -> None:
    fields = [field for field, _ in ITEMS.values()]
    good = [str(value) for _, value in ITEMS.values()]
    table = [
        ["location_id", "service", "month", "nil_reason", *fields],
        ["LOC123", "care-home", "2024-12", "", *["41.5", "-1", "many", "", *good[4:]]],
        ["LOC124", "home-care", "2024-13", "", *good],
        ["LOC999", "care-home", "2024-12", "no reason", *good],
    ]
    with Path("t.csv").open("w", encoding="utf-8", newline="") as file:  # as a user would: ct itself guards the -1
        csv.writer(file).writerows(table)
    for name in ("t.xlsx", "t.ods"):
        write_grids(Path(name), [Grid("Returns", table[0], table[1:])])
    objects = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    Path("t.json").write_text(json.dumps(objects), encoding="utf-8")
    Path("t.ndjson").write_text("\n".join(map(json.dumps, objects)), encoding="utf-8")

    found = {}
    for name in ("t.csv", "t.xlsx", "t.ods", "t.json", "t.ndjson"):
        for arguments in ((), ("--dry-run",)):
            ran = ct("submit", "--file", name, *arguments, "--json", now=NOW)
            assert ran.status == 3
            problems = json.loads(ran.out)["problems"]
            told = [(each["code"], each["field"], each["location_id"], each["words"]) for each in problems]
            found[name, arguments] = told
    assert len(found["t.csv", ()]) >= 6
    assert all(told == found["t.csv", ()] for told in found.values()), found
