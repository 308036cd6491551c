"""Reports of a file's problems: everything in them, and the user's own file back."""

import csv
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ct_cli.files import FileNotWritten
from ct_cli.returns.annotating.grids import EndingNotWritten
from ct_cli.returns.annotating.report import ReportOverInput, check_report_path, write_report
from ct_cli.returns.codes import problem
from ct_cli.returns.problem import Problem
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.sheet import Sheet

CHANGE = "ct: what to change"


def wrong(sheet: Sheet, row: int | None = 3, column: int | None = 1) -> list[Problem]:
    place = sheet.place(row, column)
    missing = problem("mandatory-missing", "=Occupied was left blank", field="occupied", place=place)
    return [missing, problem("location-unknown", "it is not in the register", place=sheet.place(row))]


def opened(folder: Path, text: str = "location_id,occupied\nLOC123,=1+1\nLOC124,\n", name: str = "mine.csv") -> Sheet:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return open_sheet(str(path))


def test_a_csv_report_has_every_problem_and_no_formula(tmp_path: Path) -> None:
    with opened(tmp_path) as sheet:
        write_report(tmp_path / "report.csv", wrong(sheet), sheet)

    first, second = csv.DictReader((tmp_path / "report.csv").open(encoding="utf-8-sig"))
    assert (first["cell"], first["code"], first["severity"]) == ("B3", "mandatory-missing", "error")
    assert first["words"] == "'=Occupied was left blank"
    assert (second["row"], second["cell"], second["remedy"]) == ("3", "", "Add it with `ct locations add`.")


def test_a_json_report_has_every_problem(tmp_path: Path) -> None:
    with opened(tmp_path) as sheet:
        write_report(tmp_path / "report.json", wrong(sheet), sheet)
        write_report(tmp_path / "none.json", [], sheet)

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [found["code"] for found in report["problems"]] == ["mandatory-missing", "location-unknown"]
    assert report["problems"][0]["cell"] == "B3"
    assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8"))["problems"] == []


@pytest.mark.parametrize(
    ("text", "name", "row"),
    [
        ("location_id,occupied\nLOC123,=1+1\nLOC124,\n", "mine.csv", 3),
        ("A title\n\nlocation_id,occupied\nLOC123,=1+1\n\nLOC124,\n", "mine.csv", 6),
        ('{"location_id": "LOC123", "occupied": "=1+1"}\n{"location_id": "LOC124"}', "mine.ndjson", 2),
    ],
)
def test_of_other_formats_a_workbook_is_made_that_keeps_row_numbers(
    tmp_path: Path, text: str, name: str, row: int
) -> None:
    with opened(tmp_path, text, name) as sheet:
        write_report(tmp_path / "report.xlsx", wrong(sheet, row), sheet)
        shown = row if sheet.format.has_cells else row + 1

    tab = openpyxl.load_workbook(tmp_path / "report.xlsx").worksheets[0]
    assert tab.cell(shown, 1).value == "LOC124"
    assert tab.cell(shown, 2).fill.fgColor.rgb == "FFFFC7CE"
    assert "mandatory-missing" in tab.cell(shown, 3).value
    assert "location-unknown" in tab.cell(shown, 3).value
    formulas = [cell.coordinate for cells in tab.iter_rows() for cell in cells if cell.data_type == "f"]
    assert formulas == []


def test_an_annotated_file_comes_back_as_it_was(tmp_path: Path) -> None:
    with opened(tmp_path) as sheet:
        write_report(tmp_path / "report.xlsx", wrong(sheet) + wrong(sheet, 1, 0) + wrong(sheet, None, None), sheet)
        before = list(sheet.rows())

    with open_sheet(str(tmp_path / "report.xlsx")) as sheet:
        assert sheet.header == ("location_id", "occupied", CHANGE)
        assert [(row, cells[:2]) for row, cells in sheet.rows()] == before


def own_workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    tab = book.create_sheet("Returns")
    tab["B2"], tab["C2"] = "Location ID", "Occupied"
    tab["B3"], tab["C3"] = "LOC123", "=20+2"
    tab["B4"], tab["C4"] = "LOC124", 7
    tab["B3"].font = openpyxl.styles.Font(italic=True)
    tab["C4"].comment = openpyxl.comments.Comment("Ask on Monday", "Rose House")
    path = folder / "own.xlsx"
    book.save(path)
    return path


def test_an_xlsx_report_is_the_users_own_workbook_marked(tmp_path: Path) -> None:
    with open_sheet(str(own_workbook(tmp_path))) as sheet:
        write_report(tmp_path / "report.xlsx", wrong(sheet, 3, 2), sheet)

    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    tab = book["Returns"]
    assert book.sheetnames == ["Notes", "Returns"]
    assert tab["B3"].font.italic
    assert tab["C3"].value == "=20+2"
    assert tab["C3"].comment.text.startswith("C3: =Occupied was left blank. ")
    assert tab["C4"].comment.text == "Ask on Monday"
    assert tab["D2"].value == CHANGE
    assert tab["D3"].data_type == "s"
    assert tab["D4"].value is None


def test_a_second_report_takes_away_the_first_ones_marks(tmp_path: Path) -> None:
    with open_sheet(str(own_workbook(tmp_path))) as sheet:
        write_report(tmp_path / "first.xlsx", wrong(sheet, 3, 2), sheet)
    with open_sheet(str(tmp_path / "first.xlsx")) as sheet:
        write_report(tmp_path / "second.xlsx", wrong(sheet, 4, 1), sheet)

    tab = openpyxl.load_workbook(tmp_path / "second.xlsx")["Returns"]
    assert tab["C3"].comment is None
    assert tab["C3"].fill.fill_type is None
    assert tab["D3"].value is None
    assert "mandatory-missing" in tab["D4"].value
    assert tab["E2"].value is None
    assert tab["C4"].comment.text == "Ask on Monday"


def test_a_report_never_takes_the_place_of_the_file_it_is_about(tmp_path: Path) -> None:
    path = own_workbook(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ReportOverInput):
        check_report_path(tmp_path / "." / "own.xlsx", str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "error"),
    [("report.pdf", EndingNotWritten), ("report", EndingNotWritten), ("no/such/folder.csv", FileNotWritten),
     ("folder.csv", FileNotWritten)],
)  # fmt: skip
def test_where_no_report_can_go_is_said_and_nothing_is_left_behind(
    tmp_path: Path, name: str, error: type[Exception]
) -> None:
    (tmp_path / "folder.csv").mkdir()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error):
        check_report_path(tmp_path / name, "-")
    assert sorted(tmp_path.iterdir()) == before


def test_a_workbook_that_openpyxl_cannot_open_is_made_anew(tmp_path: Path) -> None:
    path = own_workbook(tmp_path)
    odd = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(odd, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            copy.writestr(name, b"<not properties" if name == "docProps/core.xml" else content)
    with open_sheet(str(odd)) as sheet:
        write_report(tmp_path / "report.xlsx", wrong(sheet, 4, 2), sheet)

    tab = openpyxl.load_workbook(tmp_path / "report.xlsx").worksheets[0]
    assert (tab["B4"].value, tab["C4"].fill.fgColor.rgb) == ("LOC124", "FFFFC7CE")
