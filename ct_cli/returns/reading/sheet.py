"""A sheet: what every reader gives, whatever the file was. A header, and rows of text in the header's order.

A million rows pass through here, so a row is a number and a list of strings, and nothing is made for a cell. A `Place`
is made only where there is something to say about it.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Self

from ct_cli.returns.problem import Place

Row = tuple[int, list[str]]
"""The row's number as a spreadsheet shows it (for JSON: which object it is, for NDJSON: which line; from 1), and its
cells. There are at least as many cells as the header has, blank ones being ""; there are more only where the file has
something to the right of its header."""

RowReader = Callable[[frozenset[int]], Iterator[Row]]
"""Starts again from the first row below the header. Is given the columns that hold names rather than amounts."""


class FileFormat(StrEnum):
    """The formats that ct reads."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    ODS = "ods"
    JSON = "json"
    NDJSON = "ndjson"

    @property
    def has_cells(self) -> bool:
        """Whether a spreadsheet shows it with rows and lettered columns."""
        return self not in (FileFormat.JSON, FileFormat.NDJSON)


@dataclass(frozen=True)
class Sheet:
    """The table in a file. Close it, or leave `with`, when done."""

    file: str
    """The file as the user named it; "standard input" for a pipe."""
    format: FileFormat
    header: tuple[str, ...]
    """The header's cells as written, from column A; blank where a column has none."""
    header_row: int
    """The row that the header is in, from 1; 0 for JSON and NDJSON, which have none."""
    read: RowReader
    name: str | None = None
    """The sheet's name, where the file is a workbook."""
    delimiter: str = ","
    """What stands between the cells of a CSV or TSV."""
    encoding: str = "utf-8"
    """How a text file is encoded."""
    read_starts: Callable[[int, frozenset[int]], Iterator[Row]] | None = None
    """Reads as `starts` does; None where whole rows cost no more."""
    close: Callable[[], None] = field(default=lambda: None)
    """Let go of the file. May be called twice."""
    beside: Callable[[Collection[str]], "Sheet | None"] = field(default=lambda _: None)
    """Another sheet of the same workbook, whose header holds one of these plain names; None where there is none."""

    def rows(self, names: frozenset[int] = frozenset()) -> Iterator[Row]:
        """The rows below the header that hold anything, each time from the first.

        `names` are the columns (from 0) whose cells are names, such as the location id. A workbook's number or date
        there was made by the spreadsheet out of something else, and comes as `12345 (a number)`, which no rule takes:
        what was typed can not be known. Everywhere else a number comes as its digits (22.0 as 22), a date as
        2024-12-01, a truth as TRUE or FALSE.
        """
        return self.read(names)

    def starts(self, count: int, names: frozenset[int] = frozenset()) -> Iterator[Row]:
        """The same rows with at least their first cells, so many, for who needs no more: cheaper where it can be."""
        return self.read(names) if self.read_starts is None else self.read_starts(count, names)

    def place(self, row: int | None, column: int | None = None) -> Place:
        """Where a row, or a cell of it (its column from 0), is in the user's file."""
        if column is None:
            return Place(self.file, self.name, row)
        header = self.header[column] if column < len(self.header) else None
        return Place(self.file, self.name, row, column_letters(column) if self._has_cells else None, header)

    @cached_property
    def _has_cells(self) -> bool:
        return self.format.has_cells  # kept: a file may be wrong in every row

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@lru_cache(maxsize=256)
def column_letters(index: int) -> str:
    """A column's letters as a spreadsheet shows them: 0 is A, 25 is Z, 26 is AA."""
    letters = ""
    number = index + 1
    while number:
        number, left = divmod(number - 1, 26)
        letters = chr(ord("A") + left) + letters
    return letters
