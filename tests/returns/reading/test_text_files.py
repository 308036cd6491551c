"""CSV and TSV as spreadsheets and scripts write them."""

from pathlib import Path

import pytest

from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.refusals import FileBroken, FileEmpty, FileMissing, FileRefused
from ct_cli.returns.reading.sheet import FileFormat, Sheet, column_letters

LINES = ["location_id,service,month,note", "LOC123,care-home,2024-12,Zoë’s shift", "LOC124,home-care,2024-12,"]
ROWS = [(2, ["LOC123", "care-home", "2024-12", "Zoë’s shift"]), (3, ["LOC124", "home-care", "2024-12", ""])]


def opened(folder: Path, content: bytes, name: str = "returns.csv") -> Sheet:
    path = folder / name
    path.write_bytes(content)
    return open_sheet(str(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_ending_gives_the_same_rows(
    tmp_path: Path, encoding: str, delimiter: str, ending: str
) -> None:
    text = "".join(line.replace(",", delimiter) + ending for line in LINES)

    with opened(tmp_path, text.encode(encoding)) as sheet:
        assert sheet.header == ("location_id", "service", "month", "note")
        assert list(sheet.rows()) == ROWS
        assert list(sheet.rows()) == ROWS, "the rows can be read again"
        assert sheet.format is (FileFormat.TSV if delimiter == "\t" else FileFormat.CSV)


def test_a_quoted_line_break_stays_in_its_cell_and_the_next_row_has_the_spreadsheets_number(tmp_path: Path) -> None:
    text = 'location_id,note\r\nLOC123,"one\r\ntwo, three"\r\n\r\n,\r\nLOC124,x\r\n'

    with opened(tmp_path, text.encode()) as sheet:
        assert list(sheet.rows()) == [(2, ["LOC123", "one\r\ntwo, three"]), (5, ["LOC124", "x"])]


def test_the_header_may_stand_below_a_title(tmp_path: Path) -> None:
    with opened(tmp_path, b"Returns of Rose House,,\n,,\nMonth,CQC ID,Occupied\n2024-12,LOC123,3\n") as sheet:
        assert sheet.header_row == 3
        assert sheet.header == ("Month", "CQC ID", "Occupied")
        assert list(sheet.rows()) == [(4, ["2024-12", "LOC123", "3"])]
        place = sheet.place(4, 2)
        assert (place.cell, place.header, place.sheet) == ("C4", "Occupied", None)


def test_a_short_row_is_filled_up_and_a_long_one_keeps_what_is_too_much(tmp_path: Path) -> None:
    with opened(tmp_path, b"location_id,a,b\nLOC1\nLOC2,1,2,,\nLOC3,1,2,,9\n") as sheet:
        assert [cells for _, cells in sheet.rows()] == [
            ["LOC1", "", ""],
            ["LOC2", "1", "2"],
            ["LOC3", "1", "2", "", "9"],
        ]


def test_commas_within_cells_do_not_hide_a_semicolon(tmp_path: Path) -> None:
    with opened(tmp_path, b"location_id;note\nLOC123;a, b, c, d\n") as sheet:
        assert list(sheet.rows()) == [(2, ["LOC123", "a, b, c, d"])]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", FileEmpty),
        (b"\n\n,,\n", FileEmpty),
        (b"location_id,a\nLOC1,\x00\n", FileBroken),
        (b'location_id,a\nLOC1,1\nLOC2,"2\nLOC3,3\n', FileBroken),
        (b'location_id,a\nLOC1,"1"2\n', FileBroken),
        (b"location_id,\x81\n", FileBroken),
        (b"location_id," + b"9" * 5_000_000, FileRefused),
        (b'location_id,a\nLOC1,"' + b"9\n" * 100_000 + b'"\n', FileBroken),
    ],
)
def test_a_broken_file_is_refused_before_any_row(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        opened(tmp_path, content)


@pytest.mark.parametrize("name", ["missing.csv", ".", "nul\0.csv", "x" * 5000])
def test_a_file_that_is_not_there_is_said_to_be_missing(name: str) -> None:
    with pytest.raises(FileMissing):
        open_sheet(name)


def test_columns_have_the_letters_that_a_spreadsheet_shows() -> None:
    assert [column_letters(index) for index in (0, 25, 26, 51, 52, 701, 702, 16383)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip
