"""Properties of the readers: what is written comes back equal in each format, and no content at all gets past them."""

import csv
import importlib.util
import json
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ct_cli.errors import CtError
from ct_cli.returns.annotating.grids import Grid, write_grids
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.refusals import FileBroken
from ct_cli.returns.reading.sheet import FileFormat

_spec = importlib.util.spec_from_file_location("workbook_making", Path(__file__).with_name("workbook_making.py"))
assert _spec is not None
assert _spec.loader is not None
making = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(making)

quickly = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

KEYS = ["maximum_capacity", "occupied", "visitors_inside", "note"]
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]), max_size=20).map(
    str.strip
)
# Cells that ct makes harmless come back with their apostrophe: that is the point of it.
plain_texts = texts.filter(lambda text: not text.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\ufeff")))
ids = st.from_regex(r"[A-Z][A-Z0-9-]{2,13}", fullmatch=True)
rows = st.lists(
    st.tuples(
        ids, st.integers(0, 10**6), st.none() | st.integers(0, 10**6), st.sampled_from(["yes", "no"]), plain_texts
    ),
    min_size=1,
    max_size=8,
)


def as_text(row: tuple[object, ...]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in row]


def put(path: Path, given_rows: list[tuple[object, ...]]) -> None:
    header = ["location_id", *KEYS]
    if path.suffix in {".csv", ".xlsx", ".ods"}:
        write_grids(path, [Grid("Returns", header, given_rows)])
    elif path.suffix == ".tsv":
        with path.open("w", encoding="utf-16", newline="") as file:
            csv.writer(file, dialect="excel-tab").writerows([header, *given_rows])
    else:
        objects = [dict(zip(header, row, strict=True)) for row in given_rows]
        text = json.dumps(objects) if path.suffix == ".json" else "\n".join(map(json.dumps, objects))
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "ods", "json", "ndjson"])
@quickly
@given(given_rows=rows)
def test_random_returns_come_back_equal(tmp_path: Path, ending: str, given_rows: list[tuple[object, ...]]) -> None:
    path = tmp_path / f"returns.{ending}"
    put(path, given_rows)

    with open_sheet(str(path)) as sheet:
        assert [cells for _, cells in sheet.rows(frozenset({0}))] == list(map(as_text, given_rows))
        assert sheet.format is FileFormat(ending)


def read_all(path: Path, content: bytes, format: FileFormat | None = None) -> None:
    """Read a file to its end; nothing but ct's own errors may come of it, and rows are as promised."""
    path.write_bytes(content)
    try:
        with open_sheet(str(path), format) as sheet:
            width = len(sheet.header)
            for count, (number, cells) in enumerate(sheet.rows(frozenset({0}))):
                assert number > sheet.header_row
                assert len(cells) >= width
                assert all(type(cell) is str for cell in cells)
                assert any(cell.strip() for cell in cells) or not sheet.format.has_cells
                if count > 5_000:
                    break
    except CtError as error:
        assert error.sentence


BEGINNINGS = {
    FileFormat.CSV: [b"", b"location_id,a\nLOC1,2\n", b"\xef\xbb\xbflocation_id;a\r\n"],
    FileFormat.TSV: [b"", b"location_id\ta\n", "\ufefflocation_id\ta\n".encode("utf-16-le")],
    FileFormat.JSON: [b"", b'[{"location_id": "LOC1"}', b'[{"location_id": "LOC1"}, {"a": '],
    FileFormat.NDJSON: [b"", b'{"location_id": "LOC1"}\n', b'{"location_id": "LOC1", "a": '],
    FileFormat.XLSX: [b"", b"PK\x03\x04"],
    FileFormat.ODS: [b"", b"PK\x03\x04"],
}
"""Chance alone makes no header, and without one nothing more is read."""


@pytest.mark.parametrize("format", list(FileFormat))
@quickly
@given(content=st.binary(max_size=400))
@example(content=b'location_id\n"')
@example(content=b'{"returns": [')
@example(content=b"\xff\xfe")
@example(content=b"\xff\xfel\x00\n")
@example(content=b"\xef\xbb\xbf")
@example(content=b"PK\x03\x04")
@example(content=b"sep=;\n")
@example(content=b"[" * 400)
def test_random_bytes_end_in_rows_or_in_a_refusal(tmp_path: Path, format: FileFormat, content: bytes) -> None:
    for beginning in BEGINNINGS[format]:
        read_all(tmp_path / "a.bin", beginning + content, format)


@quickly
@given(
    content=st.text(st.sampled_from('location_id,;"\t\n\r 1=x[]{}:\\\x00é'), max_size=300),
    end=st.sampled_from(["csv", "json", "ndjson"]),
)
def test_random_text_ends_in_rows_or_in_a_refusal(tmp_path: Path, content: str, end: str) -> None:
    for beginning in BEGINNINGS[FileFormat(end)]:
        read_all(tmp_path / f"a.{end}", beginning + content.encode())


CELL = '<table:table-cell office:value-type="string"><text:p>location_id</text:p></table:table-cell>'
XLSX = making.xlsx({"A1": "location_id", "B1": "a", "A2": "LOC1", "B2": 3})
ODS = making.ods(f"<table:table-row>{CELL}{CELL}</table:table-row>" * 3)


@pytest.mark.parametrize("workbook", [XLSX, ODS], ids=["xlsx", "ods"])
@quickly
@given(at=st.integers(0, 10**6), new=st.binary(min_size=1, max_size=8), cut=st.booleans())
def test_a_workbook_with_bytes_changed_ends_in_rows_or_in_a_refusal(
    tmp_path: Path, workbook: bytes, at: int, new: bytes, cut: bool
) -> None:
    at %= len(workbook)
    read_all(tmp_path / "a.xlsx", workbook[:at] + new + (b"" if cut else workbook[at + len(new) :]))


@pytest.mark.parametrize(
    ("workbook", "part"), [(XLSX, "xl/worksheets/sheet1.xml"), (XLSX, "xl/workbook.xml"), (ODS, "content.xml")]
)
@quickly
@given(data=st.data())
def test_a_workbook_with_its_xml_changed_ends_in_rows_or_in_a_refusal(
    tmp_path: Path, workbook: bytes, part: str, data: st.DataObject
) -> None:
    new = data.draw(
        st.binary(max_size=6) | st.sampled_from([b'"', b"<", b">", b"&amp;", b"99999", b"e", b"-1", b"</row>"])
    )

    def change(name: str, content: bytes) -> bytes:
        at = data.draw(st.integers(0, len(content) - 1)) if name == part else 0
        return content[:at] + new + content[at + len(new) :] if name == part else content

    read_all(tmp_path / "a.xlsx", making.altered(workbook, change))


def test_an_element_that_is_never_closed_is_refused_and_not_searched_for_its_end(tmp_path: Path) -> None:
    def change(name: str, content: bytes) -> bytes:
        unclosed = b"<</row>:table>"
        return content.replace(b"</table:table>", unclosed) if name == "content.xml" else content

    path = tmp_path / "a.ods"
    path.write_bytes(making.altered(ODS, change))
    with pytest.raises(FileBroken), open_sheet(str(path)):
        pass


@pytest.mark.parametrize("byte", [b"x", b'"', b",", b"[", b"{", b" ", b"\n", b"1,", b'"\n'], ids=repr)
@pytest.mark.parametrize("end", ["csv", "json", "ndjson"])
def test_a_very_long_monotonous_file_neither_hangs_nor_fills_memory(tmp_path: Path, byte: bytes, end: str) -> None:
    content = byte * (2_000_000 // len(byte))
    path = tmp_path / f"a.{end}"
    path.write_bytes(content)
    tracemalloc.start()
    began = time.perf_counter()
    read_all(path, content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000
    assert time.perf_counter() - began < 20
