"""What a look through an XLSX's parts shows before calamine opens it: how large a sheet is, and what it would hide.

calamine lays a sheet out as a full rectangle in memory, from its first cell to its last: two cells in opposite corners
of a sheet are 17 thousand million of them, and end the program without an exception. It also gives cells that hold an
error (#N/A) or a formula that was never calculated as blank, where blank means "not given".
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from ct_cli.returns.reading.archive import broken, open_archive, read_part, unpacked
from ct_cli.returns.reading.refusals import FileTooLarge
from ct_cli.returns.reading.source import Source

MOST_CELLS = 8_000_000
"""Cells of a sheet's rectangle, some 30 bytes each in memory: 300,000 returns of 27 columns; CQC's directory has 5.2
million."""

_REST_OF_CELL = 4096  # bytes kept from one piece to the next, so that no cell's tag is missed at the seam
# As every program writes references; other spellings that XML allows are looked for only where they could be, because
# looking for all of them at once takes five times as long as reading the sheet.
_COLUMN = re.compile(rb' r="([A-Z]{2,})[0-9]')
_FAR_ROW = re.compile(rb' r="[A-Z]*([0-9]{5,})')
_FARTHER_ROW = re.compile(rb' r="[A-Z]*([0-9]{6,})')
_ANY_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Z]+)[0-9]""")
_ANY_FAR_ROW = re.compile(rb"""\br\s*=\s*["'][A-Z]*([0-9]{5,})""")
_ODD = (b"'", b"\t", b"\r", b"\n", b"= ", b" =")
_FULL_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Z]+)([0-9]+)["'][^>]*(?<!/)>""")
_HIDDEN_REF = re.compile(rb"""\br\s*=\s*["'][^"'>]*&""")
_ERROR_CELL = re.compile(rb"""<(?:\w+:)?c\b(?=[^>]*\bt\s*=\s*["']e["'])[^>]*?\br\s*=\s*["']([A-Z]+)([0-9]+)["']""")
_UNCALCULATED = re.compile(
    rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Z]+)([0-9]+)["'][^>]*>"""
    rb"""\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"""
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MOST_NOTED = 100_000

Hidden = Mapping[int, Mapping[int, str]]
"""Cells that calamine gives as blank, by row (from 1) and column (from 0), with the text that stands for them."""


@dataclass
class _Part:
    columns: set[bytes] = field(default_factory=lambda: {b"Z"})
    """Those to the right of Z, and Z for all others."""
    last_row: int = 9_999
    """Rows below ten thousand are not told apart: it would take longer than it is worth."""
    passed_over: bool = False
    """Nor were those below a hundred thousand, of as many columns as had been met."""
    hidden: dict[int, dict[int, str]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """The column farthest to the right, from 1."""
        return max(map(column_number, self.columns))


def survey_xlsx(source: Source) -> Mapping[str, Hidden]:
    """What each sheet would hide, by the sheet's name. Raises FileTooLarge, FileBroken."""
    archive = open_archive(source)
    found = {}
    for part in archive.infolist():
        if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
            found[part.filename] = _look_through(source, part).hidden
        else:
            for _ in unpacked(source, part):  # that it is no larger than it says
                pass
    return {name: found[path] for name, path in _sheet_paths(source, archive) if path in found}


def _look_through(source: Source, part: zipfile.ZipInfo) -> _Part:
    seen = _Part()
    for text in _pieces(source, part):
        odd = any(sign in text for sign in _ODD)
        seen.columns.update((_ANY_COLUMN if odd else _COLUMN).findall(text))
        narrow = 99_999 * seen.width <= MOST_CELLS
        seen.passed_over = seen.passed_over or (narrow and not odd)
        if far := (_ANY_FAR_ROW if odd else _FARTHER_ROW if narrow else _FAR_ROW).findall(text):
            seen.last_row = max(seen.last_row, *map(int, set(far)))
        if b"&" in text and _HIDDEN_REF.search(text):
            raise broken(source)  # a reference spelt in character entities has no honest purpose
        if b't="e"' in text or (odd and b"'e'" in text):
            _note(seen, _ERROR_CELL.finditer(text), "#error")
        if b"<f" in text:
            _note(seen, _UNCALCULATED.finditer(text), "#uncalculated")
    if seen.passed_over:
        seen.last_row = max(seen.last_row, 99_999)
    if seen.last_row * seen.width > MOST_CELLS:
        _refuse_large(source, part)
    return seen


def _refuse_large(source: Source, part: zipfile.ZipInfo) -> None:
    """The rectangle to the cell, for a sheet that may be too large. Raises FileTooLarge."""
    columns, rows = {1}, {1}
    for text in _pieces(source, part):
        for letters, digits in _FULL_CELL.findall(text):
            columns.add(column_number(letters))
            rows.add(int(digits))
        rows = {min(rows), max(rows)}
    cells = (max(rows) - min(rows) + 1) * max(columns)
    if cells > MOST_CELLS:
        limit, remedy = f"{MOST_CELLS:,}", "Delete what stands far below or to the right, or submit it as CSV."
        raise FileTooLarge(file=source.name, size=f"{cells:,} cells", limit=limit, remedy=remedy)


def _pieces(source: Source, part: zipfile.ZipInfo) -> Iterator[bytes]:
    held = b""
    for piece in unpacked(source, part):
        held += piece
        cut = held.rfind(b"<c ", max(0, len(held) - _REST_OF_CELL))
        if cut > 0:
            yield held[:cut]
            held = held[cut:]
        elif len(held) > 4 * _REST_OF_CELL:
            yield held
            held = held[-_REST_OF_CELL:]
    yield held


def _note(seen: _Part, cells: Iterator[re.Match[bytes]], text: str) -> None:
    for cell in cells:
        letters, digits = cell.groups()
        if len(seen.hidden) < _MOST_NOTED:
            seen.hidden.setdefault(int(digits), {})[column_number(letters) - 1] = text


def column_number(letters: bytes) -> int:
    """The column of its letters: A is 1."""
    number = 0
    for letter in letters[:6]:
        number = number * 26 + letter - 64
    return number


def _sheet_paths(source: Source, archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Each sheet's name, and the part that holds it."""
    names = archive.NameToInfo
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return
    try:
        workbook = ElementTree.fromstring(read_part(source, names["xl/workbook.xml"]))
        relations = ElementTree.fromstring(read_part(source, names["xl/_rels/workbook.xml.rels"]))
    except (ElementTree.ParseError, ValueError, LookupError):
        raise broken(source) from None
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
        target = targets.get(sheet.get(_RELATION), "")
        yield sheet.get("name", ""), target.lstrip("/") if target.startswith("/") else f"xl/{target}"
