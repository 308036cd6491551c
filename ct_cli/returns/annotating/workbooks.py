"""XLSX as ct writes it. With `marked_workbook`, the only files that meet openpyxl."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ct_cli.returns.annotating.harmless import harmless, without_controls

LONGEST_CELL = 32_767
"""Characters that a cell of an XLSX holds."""
MOST_ROWS = 1_048_576
"""Rows that a sheet of an XLSX holds."""

Cell = str | int | float | None
Table = tuple[str, Sequence[str], Iterable[Sequence[Cell]]]
"""A sheet's name, its header, its rows."""


def write_workbook(path: Path, tables: Iterable[Table]) -> None:
    """Write the tables to a workbook, a sheet each. Text is text whatever it looks like, also once it is edited."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for name, header, rows in tables:
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for column, title in enumerate(header, 1):
            sheet.column_dimensions[get_column_letter(column)].width = max(10, min(60, len(title) + 2))
        style = TextStyle(sheet)
        sheet.append([style.cell(title, bold=True) for title in header])
        for row in rows:
            sheet.append([style.cell(cell) if isinstance(cell, str) else cell for cell in row])
    save(book, path)


def save(book: Any, path: Path) -> None:
    """Write a workbook: in memory first, for a zip that a full disk cuts off complains once more as it is let go."""
    made = io.BytesIO()
    book.save(made)
    path.write_bytes(made.getbuffer())


class TextStyle:
    """Makes cells of text for a sheet that is written row by row."""

    def __init__(self, sheet: Any) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font

        self._sheet, self._made, self._bold = sheet, WriteOnlyCell, Font(bold=True)

    def cell(self, text: str, *, bold: bool = False) -> Any:
        """A cell that holds the text, is formatted as text, and is no formula nor becomes one when it is edited."""
        cell = self._made(self._sheet)
        put_text(cell, text)
        cell.number_format = "@"
        if bold:
            cell.font = self._bold
        return cell


def put_text(cell: Any, text: str) -> None:
    """Put text into a cell as text: openpyxl makes a formula of what begins with =, and an error of "#N/A"."""
    cell.value = without_controls(text)[:LONGEST_CELL]
    cell.data_type = "s"
    if harmless(text) != text:
        cell.quotePrefix = True
