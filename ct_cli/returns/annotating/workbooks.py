"""XLSX as ct writes it. With `marked_workbook`, the only files that meet openpyxl."""

import io
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from ct_cli.returns.annotating.harmless import harmless, without_controls

LONGEST_CELL = 32_767
"""Characters that a cell of an XLSX holds."""
MOST_ROWS = 1_048_576
"""Rows that a sheet of an XLSX holds."""

_NARROWEST, _WIDEST = 7, 44
"""Characters; what is longer is folded."""
_MEASURED = 200
"""Rows by which the columns' widths are chosen."""

Cell = str | int | float | None
Table = tuple[str, Sequence[str], Iterable[Sequence[Cell]], Collection[str], Collection[str]]
"""A sheet's name, its header, its rows, and the titles of the columns that people write in and leave alone."""


def write_workbook(path: Path, tables: Iterable[Table]) -> None:
    """Write the tables to a workbook, a sheet each. Text is text whatever it looks like, also once it is edited.

    Columns are as wide as what the first rows hold; a sheet prints on pages as wide as it is, its header on each.
    """
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for name, header, rows, written_in, greyed in tables:
        sheet = book.create_sheet(name)
        given = iter(rows)
        first = list(islice(given, _MEASURED))
        sheet.freeze_panes = "A2"
        for column, (title, width) in enumerate(zip(header, _widths(header, first), strict=False), 1):
            sheet.column_dimensions[get_column_letter(column)].width = _WIDEST if title in written_in else width
        style, count = TextStyle(sheet), 1
        sheet.append([style.greyed(title) if title in greyed else style.cell(title, bold=True) for title in header])
        grey = [at for at, title in enumerate(header) if title in greyed]
        for row in chain(first, given):
            count += 1
            cells = [style.cell(cell) if isinstance(cell, str) else cell for cell in row]
            for at in grey:
                cells[at] = style.greyed(row[at])
            sheet.append(cells)
        _for_paper(sheet, f"A1:{get_column_letter(len(header))}{count}")
    save(book, path)


def _widths(header: Sequence[str], first: Sequence[Sequence[Cell]]) -> list[int]:
    columns = zip_longest(header, *first, fillvalue="")
    longest = (max(len(str(cell)) for cell in column if cell is not None) for column in columns)
    return [max(_NARROWEST, min(_WIDEST, length + 2)) for length in longest]


def _for_paper(sheet: Any, extent: str) -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.auto_filter.ref = extent
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes
    sheet.print_title_rows = "1:1"


def save(book: Any, path: Path) -> None:
    """Write a workbook: in memory first, for a zip that a full disk cuts off complains once more as it is let go."""
    made = io.BytesIO()
    book.save(made)
    path.write_bytes(made.getbuffer())


class TextStyle:
    """Makes cells of text for a sheet that is written row by row."""

    def __init__(self, sheet: Any) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Font

        self._sheet, self._made, self._bold = sheet, WriteOnlyCell, Font(bold=True)
        self._folded = Alignment(wrap_text=True, vertical="top")
        self._grey = Font(color="FF808080")

    def cell(self, text: str, *, bold: bool = False) -> Any:
        """A cell that holds the text, is formatted as text, and is no formula nor becomes one when it is edited."""
        cell = self._made(self._sheet)
        put_text(cell, text)
        cell.number_format = "@"
        if bold:
            cell.font = self._bold
        if len(text) > _WIDEST:
            cell.alignment = self._folded
        return cell

    def greyed(self, value: Cell) -> Any:
        """A cell that people are to leave alone."""
        cell = self.cell(value) if isinstance(value, str) else self._made(self._sheet, value)
        cell.font = self._grey
        return cell


def put_text(cell: Any, text: str) -> None:
    """Put text into a cell as text: openpyxl makes a formula of what begins with =, and an error of "#N/A"."""
    cell.value = without_controls(text)[:LONGEST_CELL]
    cell.data_type = "s"
    if harmless(text) != text:
        cell.quotePrefix = True
