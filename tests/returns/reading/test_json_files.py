"""JSON and NDJSON as scripts write them."""

import json
from pathlib import Path

import pytest

from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.refusals import FileBroken, FileEmpty
from ct_cli.returns.reading.sheet import Sheet

RETURNS = [
    {"location_id": "LOC123", "occupied": 36, "note": None},
    {"location_id": "LOC124", "occupied": 22.0, "confirm": ["a", "b"], "unchanged": True},
]
HEADER = ("location_id", "occupied", "note", "confirm", "unchanged")
CELLS = [["LOC123", "36", "", "", ""], ["LOC124", "22", "", "a b", "TRUE"]]


def opened(folder: Path, text: str | bytes, name: str = "returns.json") -> Sheet:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_sheet(str(path))


@pytest.mark.parametrize(
    "text", [json.dumps(RETURNS), json.dumps({"returns": RETURNS}, indent=4), " \ufeff"[1:] + json.dumps(RETURNS)]
)
def test_an_array_of_objects_gives_a_row_each(tmp_path: Path, text: str) -> None:
    with opened(tmp_path, text) as sheet:
        assert sheet.header == HEADER
        assert list(sheet.rows()) == list(enumerate(CELLS, 1))
        assert sheet.place(2, 1).cell is None
        assert sheet.place(2, 1).header == "occupied"


def test_an_object_a_line_gives_rows_by_line(tmp_path: Path) -> None:
    with opened(tmp_path, "\n".join(["", *map(json.dumps, RETURNS), ""]), "returns.ndjson") as sheet:
        assert list(sheet.rows()) == [(2, CELLS[0]), (3, CELLS[1])]


def test_items_may_stand_in_an_object_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path, '[{"location_id": "LOC123", "values": {"occupied": 3}, "note": "x"}]') as sheet:
        assert sheet.header == ("location_id", "note", "occupied")
        assert list(sheet.rows()) == [(1, ["LOC123", "x", "3"])]


def test_numbers_stay_as_they_were_written(tmp_path: Path) -> None:
    with opened(
        tmp_path, '[{"a": 1e3, "b": 22.50, "c": NaN, "d": -0, "e": {"x": 1}, "f": ' + "9" * 5000 + "}]"
    ) as sheet:
        (_, cells), *_ = sheet.rows()
        assert cells == ["1e3", "22.50", "NaN", "-0", '{"x": "1"}', "9" * 5000]


@pytest.mark.parametrize(
    "text",
    [
        "[", "[{]", "[1]", "{}", '{"rows"', '[{"a":1} {"a":2}]', '[{"a":1},', '[{"a": 1, "a": 2}]', "null", "[[]]",
        b"[\xff]", "[" * 100_000, '[{"a":' + "[" * 100_000, '[{"a": "' + "x" * 3_000_000,
    ],
)  # fmt: skip
def test_what_is_not_an_array_of_objects_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(FileBroken):
        opened(tmp_path, text)


def test_an_empty_array_is_said_to_hold_no_rows(tmp_path: Path) -> None:
    with pytest.raises(FileEmpty):
        opened(tmp_path, "[]")
