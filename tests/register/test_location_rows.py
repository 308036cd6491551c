"""A file of locations: whatever its form, all is read, or told with its cell."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ct_cli.actions.import_locations import ID_NAMES
from ct_cli.register.location import Location
from ct_cli.register.location_csv import locations_as_csv
from ct_cli.register.location_rows import (
    ColumnTwice,
    LocationRows,
    NoLocationIdColumn,
    escaped,
    read_location_rows,
    unescaped,
)
from ct_cli.register.plan import make_plan
from ct_cli.returns.identity import Service
from ct_cli.returns.reading.open_sheet import open_sheet
from tests.register.directory_maker import Sheets, write_ods, write_xlsx

FEW_WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
TEXT = st.lists(FEW_WORDS, min_size=1, max_size=3).map(" ".join)
LOCATIONS = st.builds(
    Location,
    id=st.integers(10**7, 10**12 - 1).map(lambda digits: f"1-{digits}") | st.just("LOC123"),
    name=TEXT,
    services=st.sets(st.sampled_from(Service), min_size=1).map(lambda s: tuple(x for x in Service if x in s)),
    provider=TEXT | st.just(""),
    provider_id=st.just("") | st.just("1-101"),
    local_authority=TEXT | st.just(""),
    region=st.just("") | TEXT,
    postcode=st.sampled_from(["", "AB1 2CD", "SW1A 1AA"]),
    beds=st.none() | st.integers(1, 9_999),
    registered_on=st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    ended_on=st.none() | st.dates(date(2030, 1, 1), date(2040, 1, 1)),
    public_body=st.booleans(),
    fee_pence=st.none() | st.integers(0, 99_999_999),
    ods_code=st.just("") | st.just("AB123"),
    latitude=st.none() | st.floats(-90, 90).map(lambda n: round(n, 7)),
    longitude=st.none() | st.floats(-180, 180).map(lambda n: round(n, 7)),
)


def read(folder: Path, text: str | bytes, known: dict[str, Location] | None = None) -> LocationRows:
    file = folder / "homes.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with open_sheet(str(file), None, ID_NAMES) as sheet:
        return read_location_rows(sheet, known or {})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(LOCATIONS, min_size=1, max_size=5, unique_by=lambda location: location.id))
def test_locations_written_as_csv_are_read_back_the_same(tmp_path: Path, locations: list[Location]) -> None:
    text = locations_as_csv(locations)
    found = read(tmp_path, text)
    assert not found.problems
    assert list(make_plan({}, found.rows).new) == locations
    known = {location.id: location for location in locations}
    again = make_plan(known, read(tmp_path, text, known).rows)
    assert not again.to_save
    assert len(again.unchanged) == len(locations)


@given(st.text(max_size=20))
def test_no_cell_written_can_be_taken_for_a_formula(text: str) -> None:
    cell = escaped(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescaped(cell) == text


def test_headers_go_by_many_spellings_and_the_file_by_many_forms(tmp_path: Path) -> None:
    plain = "CQC ID,Location Name,Care Type,Postal Code,Number of beds\nloc1,Rosé House,Care home,ab1 2cd,22.0\n"
    expected = Location("LOC1", "Rosé House", (Service.CARE_HOME,), postcode="AB1 2CD", beds=22)
    for text in (
        plain,
        b"\xef\xbb\xbf" + plain.encode(),
        plain.replace(",", ";"),
        plain.encode("cp1252"),
        plain.replace("\n", "\r\n"),
        "\n,,,,\n" + plain,
    ):
        found = read(tmp_path, text)
        assert not found.problems
        assert make_plan({}, found.rows).new == (expected,)


@pytest.mark.parametrize("write", [write_ods, write_xlsx])
def test_a_workbook_is_read_too_and_an_id_that_became_a_number_is_refused(
    tmp_path: Path, write: Callable[[Path, Sheets], Path]
) -> None:
    cells: list[list[str | float]] = [["Our homes"], [], ["Location ID", "Name", "Service", "Beds"]]
    cells += [["LOC1", "Rose", "care home", 22.0], [45292.0, "Elm", "home care", ""]]
    file = write(tmp_path / ("homes.ods" if write is write_ods else "homes.xlsx"), {"Sheet1": cells})
    with open_sheet(str(file), None, ID_NAMES) as sheet:
        found = read_location_rows(sheet, {})
    assert [row.details["beds"] for row in found.rows] == [22]
    assert [(p.code, p.place.cell) for p in found.problems if p.place] == [("not-a-location-id", "A5")]
    assert "into a number" in found.problems[0].words


def test_every_problem_is_told_at_once_with_its_cell(tmp_path: Path) -> None:
    text = (
        "location_id,name,services,beds,postcode,start,end,fee\n"
        "../x,A,care-home,,,,,\n"
        "LOC1,,hospic,36.5,nowhere,2024-02-30,,lots\n"
        "Jan-34,B,care-home,,,,,\n"
        "LOC2,C,,,,2024-02-01,2024-01-01,\n"
        ",D,care-home,,,,,\n"
    )
    found = read(tmp_path, text)
    cells = [(problem.place.cell, problem.code) for problem in found.problems if problem.place]
    assert cells == [
        ("A2", "not-a-location-id"),
        ("C3", "not-a-service"),
        ("D3", "not-a-count-of-beds"),
        ("E3", "not-a-postcode"),
        ("F3", "not-a-date"),
        ("H3", "not-a-fee"),
        ("A3", "list-location-new-without-name"),
        ("A4", "not-a-location-id"),
        ("A5", "list-location-new-without-services"),
        ("A5", "ends-before-start"),
        ("A6", "not-a-location-id"),
    ]
    assert "Excel turned" in found.problems[7].words
    assert not found.rows
    assert found.mentioned == {"LOC1", "LOC2"}


def test_rows_that_disagree_are_both_left_out_and_equal_ones_taken_once(tmp_path: Path) -> None:
    text = (
        "id,name,services\nLOC1,A,care-home\nloc1,B,care-home\nLOC2,C,home-care\nLOC2,C,home-care\nLOC1,A,care-home\n"
    )
    found = read(tmp_path, text)
    assert [row.location_id for row in found.rows] == ["LOC2"]
    assert [(p.place.row, p.code) for p in found.problems if p.place] == [
        (3, "list-location-twice"),
        (5, "list-row-twice"),
        (6, "list-row-twice"),
    ]
    assert "row 2" in found.problems[0].words


def test_a_blank_cell_leaves_what_is_known(tmp_path: Path) -> None:
    known = Location("LOC1", "A", (Service.HOSPICE,), provider="P", beds=9)
    found = read(tmp_path, "id,name,services,provider,beds\nLOC1,,,,10\n", {"LOC1": known})
    plan = make_plan({"LOC1": known}, found.rows)
    assert [(c.field, c.old, c.new) for c in plan.changed[0].changes] == [("beds", 9, 10)]
    assert plan.to_save == (Location("LOC1", "A", (Service.HOSPICE,), provider="P", beds=10),)


def test_what_is_absent_is_told_and_left(tmp_path: Path) -> None:
    known = {
        "LOC1": Location("LOC1", "A", (Service.HOSPICE,)),
        "LOC2": Location("LOC2", "B", (Service.HOSPICE,)),
        "LOC3": Location("LOC3", "C", (Service.HOSPICE,), ended_on=date(2024, 1, 1)),
    }
    found = read(tmp_path, "id,beds\nLOC1,x\n", known)
    plan = make_plan(known, found.rows, found.mentioned)
    assert [location.id for location in plan.absent] == ["LOC2"]
    assert not plan.to_save


def test_a_column_that_is_not_known_is_named_with_the_nearest(tmp_path: Path) -> None:
    found = read(tmp_path, "id,name,services,postocde\nLOC1,A,care-home,AB1 2CD\n")
    assert [(p.code, p.place.cell) for p in found.problems if p.place] == [("list-column-unknown", "D1")]
    assert "postcode" in found.problems[0].remedy


def test_a_file_without_an_id_or_with_two_columns_of_one_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoLocationIdColumn, match="found: name, services"):
        read(tmp_path, "name,services\nA,care-home\n")
    with pytest.raises(ColumnTwice, match="Council and LA"):
        read(tmp_path, "id,Council,LA\nLOC1,A,B\n")
