"""A problem: what is wrong with a return, where, and what to do. A value, never raised; all are collected."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """What a problem does to the return."""

    ERROR = "error"
    """The return is refused."""
    QUERY = "query"
    """The return is taken once somebody confirms it with a note."""
    INFO = "info"
    """The return is taken; the reader is told."""


@dataclass(frozen=True, slots=True)
class Place:
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


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one return."""

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
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    """The figures that triggered it, for JSON and the queries' explanations."""
