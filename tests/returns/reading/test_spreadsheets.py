"""XLSX and ODS as people have them."""

import datetime
import importlib.util
from pathlib import Path

import openpyxl
import pytest

from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.refusals import FileEmpty

_spec = importlib.util.spec_from_file_location("workbook_making", Path(__file__).with_name("workbook_making.py"))
assert _spec is not None
assert _spec.loader is not None
making = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(making)

NAMES = frozenset({0})


def test_blank_rows_and_columns_before_the_header_keep_rows_and_letters_true(tmp_path: Path) -> None:
    cells = {"C1": "Returns of Rose House", "B4": "Location ID", "D4": "Occupied", "B5": "LOC123", "D5": 22.0, "D7": 3}
    with open_sheet(making.put(tmp_path, "a.xlsx", making.xlsx(cells))) as sheet:
        assert (sheet.name, sheet.header_row, sheet.header) == ("Returns", 4, ("", "Location ID", "", "Occupied"))
        assert list(sheet.rows()) == [(5, ["", "LOC123", "", "22"]), (7, ["", "", "", "3"])]
        assert sheet.place(5, 3).cell == "D5"


def test_the_sheet_that_holds_the_header_is_the_one_that_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["How to fill this in"])
    book.create_sheet("Empty")
    tab = book.create_sheet("December")
    tab.append(["CQC ID", "Occupied"])
    tab.append(["LOC123", 3])
    book.save(tmp_path / "a.xlsx")

    with open_sheet(str(tmp_path / "a.xlsx")) as sheet:
        assert sheet.name == "December"
        assert list(sheet.rows()) == [(2, ["LOC123", "3"])]


def test_cells_come_as_their_csv_would_have_them(tmp_path: Path) -> None:
    values = [
        22.0,
        22.5,
        True,
        False,
        "007",
        datetime.date(2024, 12, 1),
        datetime.datetime(2024, 12, 1, 9, 30),
        1e20,
        -3,
    ]
    cells = {"A1": "location_id", **{f"{letter}2": value for letter, value in zip("BCDEFGHIJ", values, strict=True)}}
    with open_sheet(making.put(tmp_path, "a.xlsx", making.xlsx(cells))) as sheet:
        ((_, given),) = sheet.rows()
    assert given == ["", "22", "22.5", "TRUE", "FALSE", "007", "2024-12-01", "2024-12-01 09:30:00", "1e+20", "-3"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345, "12345 (a number)"),
        (datetime.date(2024, 12, 1), "2024-12-01 (a date)"),
        (True, "TRUE (a truth value)"),
        ("1-123456789", "1-123456789"),
    ],
)
def test_a_number_or_a_date_in_a_column_of_names_passes_for_no_name(tmp_path: Path, value: object, text: str) -> None:
    content = making.xlsx({"B1": "location_id", "B2": value, "C2": 12345})
    with open_sheet(making.put(tmp_path, "a.xlsx", content)) as sheet:
        assert list(sheet.rows(frozenset({1}))) == [(2, ["", text, "12345"])]


def test_errors_and_formulas_that_were_never_calculated_are_not_blank(tmp_path: Path) -> None:
    content = making.xlsx(
        {"A1": "location_id", "B1": "a", "C1": "b", "A2": "LOC1", "B2": "#N/A", "C2": "=1+1", "D2": "x"}
    )
    with open_sheet(making.put(tmp_path, "a.xlsx", content)) as sheet:
        assert list(sheet.rows(NAMES)) == [(2, ["LOC1", "#error", "#uncalculated", "x"])]


def test_an_ods_with_repeated_cells_and_rows(tmp_path: Path) -> None:
    def cell(text: str, more: str = "") -> str:
        return f'<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p></table:table-cell>'

    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    tail = '<table:table-cell table:number-columns-repeated="16000"/>'
    rows = (
        f"<table:table-row>{cell('location_id')}{gap}{cell('a')}{tail}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{tail}</table:table-row>'
        f'<table:table-row table:number-rows-repeated="2">{cell("LOC1")}{gap}'
        f'<table:table-cell office:value-type="float" office:value="3"/></table:table-row>'
        f'<table:table-row table:number-rows-repeated="1048000">{tail}</table:table-row>'
    )
    with open_sheet(making.put(tmp_path, "a.ods", making.ods(rows))) as sheet:
        assert sheet.header == ("location_id", "", "", "a")
        assert list(sheet.rows()) == [(4, ["LOC1", "", "", "3"]), (5, ["LOC1", "", "", "3"])]


def test_a_workbook_without_anything_in_it(tmp_path: Path) -> None:
    with pytest.raises(FileEmpty):
        open_sheet(making.put(tmp_path, "a.xlsx", making.xlsx({})))
