"""`ct template`: what is still owed as a file to fill in, which goes through once it is filled in."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

NOVEMBER, DECEMBER = "2024-11-10T12:00:00+00:00", "2024-12-10T12:00:00+00:00"
HOME = ["maximum_capacity=40", "occupied=36", "reserved=1", "accepting_admissions=3", "nurses_employed=5",
        "care_workers_employed=30", "non_care_workers_employed=8", "agency_nurses=1", "agency_care_workers=2",
        "agency_non_care_workers=0"]  # fmt: skip
CARE = ["people_using_service=20", "care_workers_employed=15"]


@pytest.fixture(autouse=True)
def three_owed(ct: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rose House owes two returns and made both in November; Elm owes one and made none."""
    monkeypatch.chdir(home)
    ct("locations", "add", "LOC123", "--name", "Rose House", "--service", "care-home", "--service", "home-care",
       "--provider", "Rose Group", "--beds", "40", now=NOVEMBER)  # fmt: skip
    ct("locations", "add", "LOC124", "--name", "=Elm", "--service", "care-home", now=NOVEMBER)
    for service, values in (("care-home", HOME), ("home-care", CARE)):
        given = [part for value in values for part in ("--set", value)]
        made = ct("submit", "LOC123", "--service", service, *given, now=NOVEMBER)
        assert made.status == 0, made.out + made.err


@pytest.mark.parametrize("name", ["r.csv", "r.xlsx", "r.ods"])
def test_filled_with_the_last_values_it_goes_through(ct: Callable[..., Any], name: str) -> None:
    written = ct("template", "--provider", "Rose Group", "--out", name, now=DECEMBER)
    assert written.status == 0, written.err
    assert "2 returns still owed for December 2024" in written.out

    submitted = ct("submit", "--file", name, "--json", now=DECEMBER)
    answer = json.loads(submitted.out)
    assert submitted.status == 0, submitted.out
    assert answer["problems"] == []

    narrowed = ct("template", "--provider", "Rose Group", "--out", "s.csv", now=DECEMBER).out
    assert "Of what was asked for nothing is owed" in narrowed
    assert not Path("s.csv").exists()


def test_nil_and_unchanged_are_columns_of_their_own(ct: Callable[..., Any]) -> None:
    ct("template", "--out", "r.csv", now=DECEMBER)
    with Path("r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    by_id = {(row["location_id"], row["service"]): row for row in rows}
    by_id["LOC123", "care-home"]["unchanged"] = "yes"
    nil = by_id["LOC124", "care-home"]
    nil["nil_reason"] = "not yet started"
    assert nil["location_name"] == "'=Elm"
    with Path("r.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    submitted = ct("submit", "--file", "r.csv", "--json", now=DECEMBER)
    assert submitted.status == 0, submitted.out

    status = json.loads(ct("status", "--json", now=DECEMBER).out)
    assert {row["kind"] for row in _rows(status)} == {"unchanged", "return", "nil"}


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "kind" in node and "receipt_id" in node:
                found.append(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(answer)
    return found


def test_the_second_sheet_says_what_each_column_is_and_may_hold(ct: Callable[..., Any]) -> None:
    ct("template", "--out", "r.xlsx", now=DECEMBER)

    book = openpyxl.load_workbook("r.xlsx")
    assert book.sheetnames == ["Returns", "What is asked"]
    columns = [cell.value for cell in book["Returns"][1]]
    explained = {row[0]: row for row in book["What is asked"].iter_rows(min_row=2, values_only=True)}
    assert set(explained) == set(columns)
    assert explained["occupied"][1:5] == ("Occupied or used", "a whole number, 0 or more; blank is not 0 (beds)",
                                          "care home", "yes")  # fmt: skip
    assert "no-service-users" in explained["nil_reason"][2]
    assert not [cell for row in book["Returns"].iter_rows() for cell in row if cell.data_type == "f"]


def test_one_service_alone_has_only_its_own_columns(ct: Callable[..., Any]) -> None:
    ct("template", "--service", "home-care", "--out", "r.csv", now=DECEMBER)

    header, *rows = csv.reader(Path("r.csv").read_text(encoding="utf-8-sig").splitlines())
    assert "people_using_service" in header
    assert "maximum_capacity" not in header
    assert [row[:4] for row in rows] == [["LOC123", "Rose House", "home-care", "2024-12"]]


def test_a_file_that_is_there_is_not_overwritten_unless_told_so(ct: Callable[..., Any]) -> None:
    assert ct("template", now=DECEMBER).status == 0
    before = Path("returns-2024-12.xlsx").read_bytes()
    again = ct("template", now=DECEMBER)
    assert (again.status, Path("returns-2024-12.xlsx").read_bytes()) == (2, before)
    assert "--overwrite" in again.err
    assert ct("template", "--overwrite", now=DECEMBER).status == 0


@pytest.mark.parametrize("name", ["r.pdf", "r", "no-folder/r.csv"])
def test_where_it_cannot_be_written_is_said(ct: Callable[..., Any], name: str) -> None:
    refused = ct("template", "--out", name, now=DECEMBER)
    assert refused.status == 2
    assert refused.err.startswith("ct: ")
    assert not Path(name).exists()
