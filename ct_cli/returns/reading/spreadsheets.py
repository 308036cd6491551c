"""XLSX and ODS. The only file that meets python-calamine."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from ct_cli.returns.reading.archive import DAMAGED
from ct_cli.returns.reading.headers import find_header, plain
from ct_cli.returns.reading.refusals import FileBroken, FileEmpty, FileEncrypted
from ct_cli.returns.reading.sheet import FileFormat, Row, RowReader, Sheet
from ct_cli.returns.reading.source import Source

_LOOKED_THROUGH = 40  # rows of a sheet that are looked at for its header
_Found = tuple[Any, int, list[str]]
"""A calamine sheet, its header's row and its header."""


def read_workbook(source: Source, format: FileFormat, names: Collection[str]) -> Sheet:
    """The sheet of a workbook that holds the header; else its first that holds anything. Raises FileRefused's kinds."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    source.content.seek(0)
    try:
        workbook = CalamineWorkbook.from_object(source.content)
        found = _find(workbook, names)
    except PasswordError:
        raise FileEncrypted(file=source.name) from None
    except (CalamineError, OSError) as error:
        reason = f"it cannot be read as a workbook ({error})"
        raise FileBroken(file=source.name, reason=reason, remedy=DAMAGED) from None
    if found is None:
        raise FileEmpty(file=source.name)
    return _sheet(source, format, workbook, found)


def _find(workbook: Any, names: Collection[str], without: str | None = None) -> _Found | None:
    """The sheet that has one of the names in its header; else the first that holds anything."""
    fallback: _Found | None = None
    for name in workbook.sheet_names:
        if name == without:
            continue
        sheet = workbook.get_sheet_by_name(name)
        header = find_header(islice(_numbered(sheet), _LOOKED_THROUGH), names)
        if header is not None and any(plain(cell) in names for cell in header[1]):
            return sheet, *header
        if header is not None:
            fallback = fallback or (sheet, *header)
    return fallback


def _sheet(source: Source, format: FileFormat, workbook: Any, found: _Found) -> Sheet:
    sheet, number, header = found

    def beside(names: Collection[str]) -> Sheet | None:
        other = _find(workbook, names, without=sheet.name)
        named = other is not None and any(plain(cell) in names for cell in other[2])
        return _sheet(source, format, workbook, other) if other is not None and named else None

    reader = _reader(sheet, number, len(header))
    return Sheet(source.name, format, tuple(header), number, reader, name=sheet.name, close=source.close, beside=beside)


def _reader(sheet: Any, header_row: int, width: int) -> RowReader:
    def read(names: frozenset[int]) -> Iterator[Row]:
        for number, given in enumerate(sheet.iter_rows(), 1):
            if number <= header_row:
                continue
            cells = [cell if type(cell) is str else _text(cell) for cell in given]
            if not any(cells) or not (cells[0].strip() or "".join(cells).strip()):
                continue
            for column in names:
                if column < len(given) and not isinstance(given[column], str):
                    cells[column] = _misread(given[column])
            if len(cells) < width:
                cells += [""] * (width - len(cells))
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            yield number, cells

    return read


def _numbered(sheet: Any) -> Iterable[tuple[int, list[str]]]:
    return ((number, [_text(cell) for cell in cells]) for number, cells in enumerate(sheet.iter_rows(), 1))


def _text(cell: Any) -> str:
    """A cell as its CSV would have it: whole numbers without a fraction, dates by ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell)


def _misread(cell: Any) -> str:
    """What stands in a column of names where the spreadsheet holds no text: nothing that could pass for a name."""
    if isinstance(cell, bool):
        return f"{_text(cell)} (a truth value)"
    kind = "a date" if isinstance(cell, (date, time, timedelta)) else "a number"
    return f"{_text(cell)} ({kind})"
