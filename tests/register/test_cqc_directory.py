"""CQC's care directory, with every quirk that it is known for."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ct_cli.register import cqc_directory
from ct_cli.register.cqc_directory import DirectoryRead, NotTheDirectory, read_directory
from ct_cli.register.directory_file import read_directory_file
from ct_cli.register.location import Location
from ct_cli.register.plan import make_plan
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Place, Severity
from tests.register.directory_maker import COLUMNS, Cell, Sheets, directory, home, write_ods, write_xlsx

Writer = Callable[[Path, Sheets], Path]
WRITERS = {"ods": write_ods, "xlsx": write_xlsx}


def read(folder: Path, sheets: Sheets, kind: str = "ods") -> DirectoryRead:
    return read_directory_file(str(WRITERS[kind](folder / f"directory.{kind}", sheets)))


def only(folder: Path, row: dict[str, Cell]) -> Location:
    (location,) = make_plan({}, read(folder, directory([row])).rows).new
    return location


def test_every_column_that_is_read_is_one_that_cqc_publishes() -> None:
    names = [cqc_directory.ID, cqc_directory.NAME, cqc_directory.DIRECTORATE, cqc_directory.CARE_HOME]
    names += [cqc_directory.PROVIDER, cqc_directory.OWNERSHIP, cqc_directory.DUAL, cqc_directory.PRIMARY]
    names += [*cqc_directory.DETAILS, *(f"Service type - {name}" for name in cqc_directory.SERVICE_TYPES)]
    assert set(names) <= set(COLUMNS)
    assert not {"Registered manager", "Provider Nominated Individual Name"} & set(names)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("header_row", [1, 7])
def test_a_home_is_read_from_either_format_wherever_the_header_is(tmp_path: Path, kind: str, header_row: int) -> None:
    row = home("1-123456789", **{"Service type - Domiciliary care service": "Y"})
    found = read(tmp_path, directory([row], header_row=header_row), kind)
    assert not found.problems
    assert make_plan({}, found.rows).new == (
        Location(
            "1-123456789",
            "Home 1-123456789",
            (Service.CARE_HOME, Service.HOME_CARE),
            provider="Rose Care Ltd",
            provider_id="1-101",
            local_authority="Camden",
            region="London",
            postcode="AB1 2CD",
            beds=22,
            registered_on=date(2010, 10, 1),
            latitude=51.5072,
            longitude=-0.1276,
        ),
    )
    assert found.rows[0].place.row == header_row + 1
    assert found.rows[0].place.sheet == "HSCA_Active_Locations"


@pytest.mark.parametrize(("service_type", "service"), cqc_directory.SERVICE_TYPES.items())
def test_service_types_become_care_types(tmp_path: Path, service_type: str, service: Service) -> None:
    cells: dict[str, Cell] = {"Care home?": "N", "Service type - Care home service with nursing": ""}
    location = only(tmp_path, home("1-111111111", **{**cells, f"Service type - {service_type}": "Y"}))
    assert location.services == (service,)


def test_only_adult_social_care_with_a_service_that_ct_knows_is_taken(tmp_path: Path) -> None:
    shared: dict[str, Cell] = {"Care home?": "N", "Service type - Care home service with nursing": ""}
    rows = [
        home("1-111111111", directorate="Hospitals"),
        home("1-222222222", **{**shared, "Service type - Shared Lives": "Y"}),
        home("1-333333333", directorate=" Adult Social Care "),
    ]
    found = read(tmp_path, directory(rows))
    assert [row.location_id for row in found.rows] == ["1-333333333"]
    assert (found.out_of_scope, found.without_service) == (1, 1)
    assert found.mentioned == {"1-111111111", "1-222222222", "1-333333333"}


def test_nobodys_name_is_kept(tmp_path: Path) -> None:
    rows = [
        home("1-111111111", ownership="Individual", provider="Jane Doe", name="Jane Doe"),
        home("1-222222222", ownership="Partnership", provider="Mr R Roe & Mrs J Roe", name="Elm House"),
        home("1-333333333", ownership="Organisation", provider="Mrs Doe Homes", name="Mrs J Doe"),
    ]
    found = read(tmp_path, directory(rows))
    new = make_plan({}, found.rows).new
    assert [(location.name, location.provider) for location in new] == [
        ("Location 1-111111111", ""),
        ("Elm House", ""),
        ("Location 1-333333333", ""),
    ]
    assert "Doe" not in repr(found)
    assert "Roe" not in repr(found)


def test_a_public_body_is_known_by_its_ownership(tmp_path: Path) -> None:
    assert only(tmp_path, home("1-111111111", ownership="NHS Body")).public_body
    assert not only(tmp_path, home("1-111111111")).public_body


def test_of_a_dual_registration_the_primary_id_is_kept(tmp_path: Path) -> None:
    pair = [home("1-111111111", dual="Y", primary="1-222222222"), home("1-222222222", dual="Y", primary="1-222222222")]
    found = read(tmp_path, directory(pair))
    assert [row.location_id for row in found.rows] == ["1-222222222"]
    assert found.secondary == 1
    assert found.mentioned == {"1-111111111", "1-222222222"}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_sheet_of_dual_registrations_counts_where_the_row_is_silent(tmp_path: Path, kind: str) -> None:
    pair = [home("1-111111111", dual="Y"), home("1-222222222", dual="Y"), home("1-333333333")]
    dual: list[dict[str, Cell]] = [
        {"Location ID": "1-111111111", "Linked Organisation ID": "1-222222222", "Primary ID": "Y"},
        {"Location ID": "1-222222222", "Linked Organisation ID": "1-111111111", "Primary ID": ""},
        {"Location ID": "1-333333333", "Linked Organisation ID": "1-999999999", "Primary ID": ""},
    ]
    found = read(tmp_path, directory(pair, dual), kind)
    assert [row.location_id for row in found.rows] == ["1-111111111", "1-333333333"]


def test_where_no_id_is_called_primary_both_are_kept(tmp_path: Path) -> None:
    pair = [home("1-111111111", dual="Y"), home("1-222222222", dual="Y")]
    dual: list[dict[str, Cell]] = [
        {"Location ID": "1-111111111", "Linked Organisation ID": "1-222222222"},
        {"Location ID": "1-222222222", "Linked Organisation ID": "1-111111111"},
    ]
    assert len(read(tmp_path, directory(pair, dual)).rows) == 2


def test_a_cell_that_cannot_be_read_costs_its_detail_and_not_the_row(tmp_path: Path) -> None:
    found = read(tmp_path, directory([home("1-111111111", postcode="nowhere", beds="many")]))
    assert len(found.rows) == 1
    assert not {"postcode", "beds"} & set(found.rows[0].details)
    assert [(p.severity, p.field, p.place.row) for p in found.problems if p.place] == [
        (Severity.INFO, "postcode", 2),
        (Severity.INFO, "beds", 2),
    ]


def test_an_id_that_a_spreadsheet_spoilt_is_an_error(tmp_path: Path) -> None:
    found = read(tmp_path, directory([home("Jan-34"), home("1-111111111"), home("1-111111111")]))
    assert [(p.severity, p.code) for p in found.problems] == [
        (Severity.ERROR, "not-a-location-id"),
        (Severity.INFO, "list-row-twice"),
    ]
    assert len(found.rows) == 1


def test_another_workbook_is_not_taken_for_the_directory(tmp_path: Path) -> None:
    with pytest.raises(NotTheDirectory, match="Location Inspection Directorate"):
        read(tmp_path, {"Sheet1": [["Location ID", "Location Name"], ["1-111111111", "A"]]})


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.text(max_size=12) | st.sampled_from(["Y", "1-111111111", "-"]), min_size=89, max_size=89),
        max_size=3,
    )
)
def test_whatever_the_cells_hold_every_row_is_taken_counted_or_told(cells: list[list[str]]) -> None:
    at = COLUMNS.index("Location Inspection Directorate")
    rows = [
        (number, [*row[:at], "Adult social care", *row[at + 1 : len(COLUMNS)]]) for number, row in enumerate(cells, 2)
    ]
    found = read_directory("directory.ods", COLUMNS, rows, lambda row, column: Place(row=row, column=str(column)))
    whole = [one for one in found.problems if one.code in ("not-a-location-id", "list-row-twice")]
    assert len(found.rows) + found.without_service + found.secondary + len(whole) == len(rows)
    make_plan({}, found.rows)
