"""Sheets of words and numbers written as CSV, XLSX or ODS, by the name's ending. Nothing in them runs."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ct_cli.errors import UsageError
from ct_cli.files import new_file
from ct_cli.returns.annotating.harmless import harmless

Cell = str | int | float | None


class EndingNotWritten(UsageError):
    """ct cannot write {path}: the name's ending says what to write, and it is one of {known}."""

    code = "ending-not-written"


@dataclass(frozen=True)
class Grid:
    """A sheet: a header, and rows of as many cells. Its name is shown on a workbook's tab."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    written_in: Collection[str] = ()
    """The titles of the columns that people write in: a workbook gives them room."""
    greyed: Collection[str] = ()
    """The titles of the columns that people leave alone: a workbook shows them in grey."""


def write_grids(path: Path, grids: Sequence[Grid], *, ending: str | None = None) -> None:
    """Write the grids to a workbook, a sheet each; a CSV takes the first. Raises EndingNotWritten, FileNotWritten.

    `ending` (".csv") says what to write where the name does not.
    """
    write = WRITERS.get((ending or path.suffix).lower())
    if write is None:
        raise EndingNotWritten(path=path, known=", ".join(WRITERS))
    with new_file(path) as part:
        write(part, grids)


def _csv(path: Path, grids: Sequence[Grid]) -> None:
    # With a BOM, without which Excel takes UTF-8 for the machine's own code page.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        _write_csv(file, grids[0])


def csv_text(grid: Grid) -> str:
    """A grid as the text of a CSV, for stdout."""
    text = io.StringIO(newline="")
    _write_csv(text, grid)
    return text.getvalue()


def _write_csv(file: TextIO, grid: Grid) -> None:
    writer = csv.writer(file)
    writer.writerow(map(harmless, grid.header))
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in grid.rows)


def _xlsx(path: Path, grids: Sequence[Grid]) -> None:
    from ct_cli.returns.annotating.workbooks import write_workbook

    write_workbook(path, [(grid.name, grid.header, grid.rows, grid.written_in, grid.greyed) for grid in grids])


def _ods(path: Path, grids: Sequence[Grid]) -> None:
    from ct_cli.returns.annotating.ods_writing import write_ods

    write_ods(path, [(grid.name, grid.header, grid.rows) for grid in grids])


WRITERS: Mapping[str, Callable[[Path, Sequence[Grid]], None]] = {".csv": _csv, ".xlsx": _xlsx, ".ods": _ods}
"""Each ending that can be written."""
