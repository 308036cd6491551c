"""XLSX and ODS. The only file that meets python-calamine."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from ct_cli.returns.reading.archive import DAMAGED
from ct_cli.returns.reading.headers import find_header, plain
from ct_cli.returns.reading.ods_survey import survey_ods
from ct_cli.returns.reading.refusals import FileBroken, FileEmpty, FileEncrypted
from ct_cli.returns.reading.sheet import FileFormat, Row, Sheet
from ct_cli.returns.reading.source import Source
from ct_cli.returns.reading.xlsx_survey import Hidden, survey_xlsx

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_LOOKED_THROUGH = 40  # rows of a sheet that are looked at for its header
_WHOLE = 1e15  # beneath it every whole number has a float of its own
_Found = tuple["CalamineSheet", int, list[str]]
"""A calamine sheet, its header's row and its header."""


def read_workbook(source: Source, format: FileFormat, names: Collection[str]) -> Sheet:
    """The sheet of a workbook that holds the header; else its first that holds anything. Raises FileRefused's kinds."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    hidden: Mapping[str, Hidden] = {}
    if format is FileFormat.XLSX:
        hidden = survey_xlsx(source)
    else:
        survey_ods(source)
    source.content.seek(0)
    try:
        workbook = CalamineWorkbook.from_object(source.content)
        found = _find(workbook, names)
    except PasswordError:
        raise FileEncrypted(file=source.name) from None
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        # ValueError, OverflowError: dates that Python does not have
        reason = f"it cannot be read as a workbook ({str(error)[:100]})"
        raise FileBroken(file=source.name, reason=reason, remedy=DAMAGED) from None
    if found is None:
        raise FileEmpty(file=source.name)
    return _sheet(source, format, workbook, found, hidden)


def _find(workbook: "CalamineWorkbook", names: Collection[str], without: str | None = None) -> _Found | None:
    """The sheet that has one of the names in its header; else the first that holds anything."""
    fallback: _Found | None = None
    for name in workbook.sheet_names:
        if name == without:
            continue
        sheet = workbook.get_sheet_by_name(name)
        header = find_header(islice(_as_text(sheet), _LOOKED_THROUGH), names)
        if header is not None and any(plain(cell) in names for cell in header[1]):
            return sheet, *header
        if header is not None:
            fallback = fallback or (sheet, *header)
    return fallback


def _sheet(
    source: Source,
    format: FileFormat,
    workbook: "CalamineWorkbook",
    found: _Found,
    hidden: Mapping[str, Hidden],
) -> Sheet:
    sheet, number, header = found

    def beside(names: Collection[str]) -> Sheet | None:
        other = _find(workbook, names, without=sheet.name)
        named = other is not None and any(plain(cell) in names for cell in other[2])
        return _sheet(source, format, workbook, other, hidden) if other is not None and named else None

    rows = _Rows(source, sheet, number, len(header), hidden.get(sheet.name, {}))
    return Sheet(
        source.name, format, tuple(header), number, rows.read, name=sheet.name, read_starts=rows.read_starts,
        close=source.close, beside=beside,
    )  # fmt: skip


class _Rows:
    """The rows of a sheet below its header."""

    def __init__(self, source: Source, sheet: "CalamineSheet", header_row: int, width: int, hidden: Hidden) -> None:
        self._source, self._sheet, self._header_row = source, sheet, header_row
        self._width, self._hidden = width, hidden
        self._lead, self._blank, self._counts = _lead(sheet), [""] * width, _Counts()

    def read(self, names: frozenset[int]) -> Iterator[Row]:
        """Reads as `Sheet.rows` does."""
        for number, given in self._each():
            cells = self._cells(number, given, names)
            if cells is not None:
                yield number, cells

    def read_starts(self, many: int, names: frozenset[int]) -> Iterator[Row]:
        """Reads as `Sheet.starts` does."""
        end = max(many - len(self._lead), 0)
        for number, given in self._each():
            cells = self._cells(number, given[:end], names)
            if cells is None:  # nothing stands at its start, but something may stand further to the right
                cells = self._cells(number, given, names)
            if cells is not None:
                yield number, cells

    def _each(self) -> Iterator[tuple[int, list[Any]]]:
        number = first = self._header_row
        try:
            for number, given in enumerate(islice(self._sheet.iter_rows(), first, None), first + 1):
                yield number, given
        except (ValueError, OverflowError):
            reason = f"row {number + 1} or one after it has a date that there never was"
            raise FileBroken(file=self._source.name, reason=reason, remedy="Mend that cell.") from None

    def _cells(self, number: int, given: Sequence[Any], names: frozenset[int]) -> list[str] | None:
        """A row as text, as wide as the header at least; None where it holds nothing."""
        lead, text, counts, width = self._lead, _TEXT, self._counts, self._width
        cells = lead + [
            cell if type(cell) is str else counts[cell] if type(cell) is float else text[type(cell)](cell)
            for cell in given
        ]
        if number in self._hidden:
            _unhide(cells, self._hidden[number])
        if not any(cells) or not (cells[0].strip() or "".join(cells).strip()):
            return None
        for column in names:
            if len(lead) <= column < len(cells) and type(given[column - len(lead)]) is not str:
                cells[column] = _misread(given[column - len(lead)])
        if len(cells) < width:
            cells += self._blank[len(cells) :]
        else:
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
        return cells


def _as_text(sheet: "CalamineSheet") -> Iterable[tuple[int, list[str]]]:
    lead = _lead(sheet)
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, lead + [_TEXT[type(cell)](cell) for cell in cells]


def _lead(sheet: "CalamineSheet") -> list[str]:
    """The blank columns on the left, which calamine leaves out (blank rows above it does not)."""
    return [""] * (sheet.start[1] if sheet.start else 0)


def _unhide(cells: list[str], hidden: Mapping[int, str]) -> None:
    for column, text in hidden.items():
        if column < len(cells):
            cells[column] = cells[column] or text


def _float(cell: float) -> str:
    return str(int(cell)) if cell.is_integer() and -_WHOLE < cell < _WHOLE else repr(cell)


class _Counts(dict[float, str]):
    """Small whole numbers as text, each made once: nearly every cell of a return is one."""

    def __missing__(self, cell: float) -> str:
        text = _float(cell)
        if len(text) <= 4:
            self[cell] = text
        return text


def _moment(cell: datetime) -> str:
    return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")


_TEXT: Mapping[type, Callable[[Any], str]] = {
    str: str,
    float: _float,
    int: str,
    bool: lambda cell: "TRUE" if cell else "FALSE",
    datetime: _moment,
    date: date.isoformat,
    time: str,
    timedelta: str,
}
"""Each kind of cell as the CSV of the workbook would have it: whole numbers without a fraction, dates by ISO 8601."""


def _misread(cell: Any) -> str:
    """What stands in a column of names where the workbook holds no text: nothing that could pass for a name."""
    if isinstance(cell, bool):
        return f"{_TEXT[bool](cell)} (a truth value)"
    kind = "a date" if isinstance(cell, (date, time, timedelta)) else "a number"
    return f"{_TEXT[type(cell)](cell)} ({kind})"
