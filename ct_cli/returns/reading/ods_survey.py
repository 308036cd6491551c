"""How large the sheets of an ODS are, before calamine lays each out as a full rectangle in memory.

ODS says "the same again, 16,000 times" of cells and rows, so that a few bytes can stand for any number of them.
"""

import re
from dataclasses import dataclass
from xml.parsers import expat

from ct_cli.returns.reading.archive import broken, open_archive, unpacked
from ct_cli.returns.reading.refusals import FileTooLarge
from ct_cli.returns.reading.source import Source
from ct_cli.returns.reading.xlsx_survey import MOST_CELLS

# calamine knows the parts of a table by these very names.
_ROW = b"<table:table-row"
_TABLE = b"<table:table "
_CELLS = (b"<table:table-cell", b"<table:covered-table-cell")
_COLUMNS = re.compile(rb"""columns-repeated\s*=\s*["']\s*([0-9]+)""")
_ROWS = re.compile(rb"""[^>]*rows-repeated\s*=\s*["']\s*([0-9]+)""")
_EMPTY = re.compile(rb"[^>]*/>")
_LONGEST_ROW = 16 * 1024 * 1024
_PARSED = 64 * 1024 * 1024
"""Bytes up to which the sheets are also parsed: in an element that is never closed calamine looks for its end for ever.
expat takes 0.2 s for 16 MB, so that CQC's directory, with 500 MB, is left to the archive's own checksum."""


@dataclass
class _Extent:
    """How far the cells that hold something reach in one table."""

    rows: int = 0
    blank_rows: int = 0
    width: int = 0


def survey_ods(source: Source) -> None:
    """Raises FileTooLarge where a sheet's rectangle has too many cells, FileBroken where a part is not as declared."""
    for part in open_archive(source).infolist():
        extent = _Extent()
        held = b""
        parser = expat.ParserCreate() if part.file_size <= _PARSED else None
        for piece in unpacked(source, part):
            if part.filename != "content.xml":
                continue
            _parse(source, parser, piece)
            *rows, held = (held + piece).split(_ROW)
            for row in rows:
                _take(source, extent, row)
            if len(held) > _LONGEST_ROW:
                raise broken(source)
        if part.filename == "content.xml":
            _parse(source, parser, b"", last=True)
        _take(source, extent, held)


def _parse(source: Source, parser: expat.XMLParserType | None, piece: bytes, *, last: bool = False) -> None:
    if parser is not None:
        try:
            parser.Parse(piece, last)
        except expat.ExpatError:
            raise broken(source) from None


def _take(source: Source, extent: _Extent, row: bytes) -> None:
    """One row, from its name's end to the next one's beginning. What precedes the first of a table is none."""
    cells = b"" if _EMPTY.match(row) else row.partition(b"</table:table-row>")[0]
    head, closed, tail = cells.rpartition(b"</table:table-cell>")
    # After the last cell that holds something there are only blank ones, unless one has its value as an attribute.
    head = head if closed and b"value" not in tail else cells
    if closed or b"value" in head:
        repeats = [int(digits[:9]) for digits in _COLUMNS.findall(head)]
        # Counted as bytes: a pattern took four times as long, and a tenth of a directory's import (measured).
        extent.width = max(extent.width, sum(map(head.count, _CELLS)) + sum(repeats))
        extent.rows += extent.blank_rows + _times(row)
        extent.blank_rows = 0
    else:
        extent.blank_rows += _times(row)
    if extent.rows * extent.width > MOST_CELLS:
        remedy = "Delete what stands far below or to the right, or submit it as CSV."
        size = f"more than {MOST_CELLS:,} cells"
        raise FileTooLarge(file=source.name, size=size, limit=f"{MOST_CELLS:,}", remedy=remedy)
    if _TABLE in row:
        extent.rows = extent.blank_rows = extent.width = 0


def _times(row: bytes) -> int:
    found = _ROWS.match(row)
    return int(found.group(1)[:9]) if found else 1
