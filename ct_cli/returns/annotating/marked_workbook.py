"""A user's own workbook with the cells that are wrong marked, and a column that says what to change."""

import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ct_cli.returns.annotating.harmless import without_controls
from ct_cli.returns.annotating.workbooks import LONGEST_CELL, MOST_ROWS, TextStyle, put_text, save
from ct_cli.returns.problem import Problem, Severity
from ct_cli.returns.reading.headers import WHAT_TO_CHANGE, plain
from ct_cli.returns.reading.sheet import FileFormat, Sheet

_OWN_UP_TO = 30_000_000  # bytes; openpyxl takes fifty times as much memory for the whole of a workbook
_AUTHOR = "ct"
_FILLS = {Severity.ERROR: "FFFFC7CE", Severity.QUERY: "FFFFEB9C", Severity.INFO: "FFDDEBF7"}
_WORST = (Severity.ERROR, Severity.QUERY, Severity.INFO)

_STUMBLES = (zipfile.BadZipFile, SyntaxError, LookupError, ValueError, TypeError, AttributeError)
"""openpyxl raises what it happens upon; SyntaxError is what XML that does not parse is."""

Marks = Mapping[int, Sequence[Problem]]
"""The problems of each row."""


def write_marked(path: Path, problems: Iterable[Problem], sheet: Sheet) -> None:
    """Write the sheet's workbook to the path, marked. The sheet must still be open, and is read from its start.

    An XLSX keeps all that openpyxl keeps of it, its own formulas too; of another format, or of a workbook that is very
    large or that openpyxl cannot open, a workbook is made that holds the sheet's cells as text.
    """
    marks: defaultdict[int, list[Problem]] = defaultdict(list)
    for found in problems:
        if found.place is not None and found.place.row is not None:
            marks[found.place.row].append(found)
        else:
            marks[sheet.header_row or 1].append(found)
    book = _own_workbook(sheet)
    if book is not None:
        _mark(book[sheet.name], marks, sheet)
        save(book, path)
    else:
        _write_new(path, marks, sheet)


def _own_workbook(sheet: Sheet) -> Any:
    """The user's workbook; None where there is none, or none that openpyxl opens."""
    if sheet.format is not FileFormat.XLSX:
        return None
    import warnings

    from openpyxl import load_workbook

    file = Path(sheet.file)
    if not file.is_file() or file.stat().st_size > _OWN_UP_TO:
        return None
    with ExitStack() as quiet:
        quiet.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # of what openpyxl does not keep, such as data validation of newer kinds
        try:
            book = load_workbook(file)
        except _STUMBLES:
            return None  # calamine has read it, so a new one is made of what it gave
    return book if sheet.name in book.sheetnames else None


def _mark(tab: Any, marks: Marks, sheet: Sheet) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill
    from openpyxl.utils import column_index_from_string

    _unmark(tab)
    fills = {severity: PatternFill("solid", fgColor=colour) for severity, colour in _FILLS.items()}
    column = _change_column(sheet)
    put_text(tab.cell(sheet.header_row, column), WHAT_TO_CHANGE)
    tab.column_dimensions[tab.cell(1, column).column_letter].width = 60
    for row in range(sheet.header_row + 1, tab.max_row + 1):
        if tab.cell(row, column).value is not None:
            tab.cell(row, column).value = None
    for row, found in marks.items():
        if row > sheet.header_row:
            put_text(tab.cell(row, column), what_to_change(found))
        else:  # that cell holds the column's own name
            tab.cell(row, column).comment = Comment(without_controls(what_to_change(found))[:LONGEST_CELL], _AUTHOR)
        for problem in found:
            if problem.place is None or problem.place.column is None:
                continue
            cell = tab.cell(row, column_index_from_string(problem.place.column))
            if type(cell).__name__ == "MergedCell":  # takes no mark; the column on the right tells of it
                continue
            cell.fill = fills[_worst(each for each in found if each.place == problem.place)]
            here = [each for each in found if each.place == problem.place]
            cell.comment = Comment(without_controls(what_to_change(here))[:LONGEST_CELL], _AUTHOR)


def _unmark(tab: Any) -> None:
    """Take away the marks of an earlier report; they are known by their author and their colour."""
    from openpyxl.styles import PatternFill

    for cells in tab.iter_rows():
        for cell in cells:
            if cell.comment is not None and cell.comment.author == _AUTHOR:
                cell.comment = None
                if cell.fill.fgColor.rgb in _FILLS.values():
                    cell.fill = PatternFill()


def _change_column(sheet: Sheet) -> int:
    """The column, from 1, that says what to change: the one of an earlier report, or the first free one."""
    for index, header in enumerate(sheet.header):
        if plain(header) == plain(WHAT_TO_CHANGE):
            return index + 1
    return max((len(cells) for _, cells in sheet.rows()), default=len(sheet.header)) + 1


def _write_new(path: Path, marks: Marks, sheet: Sheet) -> None:
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook(write_only=True)
    tab = book.create_sheet("Returns")
    style = TextStyle(tab)
    column = _change_column(sheet)
    for _ in range(1, sheet.header_row):
        tab.append([])
    head = [*sheet.header, *[""] * (column - len(sheet.header))]
    head[column - 1] = WHAT_TO_CHANGE
    titles = [style.cell(title, bold=True) for title in head]
    header_row = sheet.header_row or 1
    if (above := marks.get(header_row, ())) and sheet.format.has_cells:
        titles[-1].comment = Comment(without_controls(what_to_change(above))[:LONGEST_CELL], _AUTHOR)
    tab.append(titles)
    written = header_row
    shift = 0 if sheet.format.has_cells else 1  # the first object is in the row below the header
    fills = _Fills(sheet)
    for row, cells in sheet.rows():
        if row + shift > MOST_ROWS:
            break
        for _ in range(written + 1, row + shift):
            tab.append([])  # blank in the user's file as well, so that rows keep their numbers
        written = row + shift
        cells = [*cells, *[""] * (column - len(cells))]
        cells[column - 1] = what_to_change(marks.get(row, ()))
        made = [style.cell(text) if text else None for text in cells]
        for at, fill in fills.of(marks.get(row, ())):
            cell = made[at] or style.cell("")
            cell.fill = fill
            made[at] = cell
        tab.append(made)
    save(book, path)


class _Fills:
    """Which cells of a row are coloured, and how."""

    def __init__(self, sheet: Sheet) -> None:
        from openpyxl.styles import PatternFill

        self._fills = {severity: PatternFill("solid", fgColor=colour) for severity, colour in _FILLS.items()}
        self._columns = {header: index for index, header in enumerate(sheet.header)}

    def of(self, found: Iterable[Problem]) -> Iterator[tuple[int, Any]]:
        """The columns, from 0, with their fill."""
        by_header: defaultdict[str, list[Problem]] = defaultdict(list)
        for problem in found:
            if problem.place is not None and problem.place.header in self._columns:
                by_header[problem.place.header].append(problem)
        for header, problems in by_header.items():
            yield self._columns[header], self._fills[_worst(problems)]


def _worst(found: Iterable[Problem]) -> Severity:
    return min((problem.severity for problem in found), key=_WORST.index)


def what_to_change(found: Iterable[Problem]) -> str:
    """What a row's problems ask for, a line each."""
    return "\n".join(_lines(found))


def _lines(found: Iterable[Problem]) -> Iterator[str]:
    for problem in found:
        where = f"{problem.place.cell}: " if problem.place is not None and problem.place.cell else ""
        words = problem.words[:1].upper() + problem.words[1:]
        yield f"{where}{words.rstrip('.')}. {problem.remedy} ({problem.code})"
