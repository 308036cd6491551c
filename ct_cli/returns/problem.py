"""A problem: what is wrong with a return, where, and what to do. A value, never raised; all are collected."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Severity(StrEnum):
    """What a problem does to the return."""

    ERROR = "error"
    """The return is refused."""
    QUERY = "query"
    """The return is taken once somebody confirms it with a note."""
    INFO = "info"
    """The return is taken; the reader is told."""


class Place(NamedTuple):
    """Where in the user's own file a problem is. Rows are counted as a spreadsheet does, the first being 1."""

    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    """The column's letter as a spreadsheet shows it."""
    header: str | None = None

    @property
    def cell(self) -> str | None:
        """The cell as a spreadsheet names it: F12."""
        return f"{self.column}{self.row}" if self.column and self.row else None


class Problem(NamedTuple):
    """One thing wrong with one return."""

    # A named tuple, and a place one, for every row of a file may have some: a third of the time to make them.
    code: str
    """Stable, lower case with dashes; `ct explain CODE` tells more. Declared in `ct_cli.returns.codes`."""
    severity: Severity
    words: str
    """What is wrong, as one tells a care manager. Never holds personal data."""
    remedy: str
    """What to do about it, as one sentence in the imperative."""
    field: str | None = None
    """The item's key, where one item is at fault."""
    location_id: str | None = None
    service: str | None = None
    place: Place | None = None
    facts: Mapping[str, Any] = MappingProxyType({})
    """The figures that triggered it, for JSON and the queries' explanations."""
