"""A return as a client sends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ct_cli.returns.identity import Service, parse_location_id
from ct_cli.returns.the_return import NilReason, Return, ReturnKind
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class GivenReturn:
    """The body of `POST /v1/returns`."""

    location_id: str
    service: Service
    month: Month
    kind: ReturnKind = ReturnKind.FULL
    values: Mapping[str, int | float | bool | str | None] = field(default_factory=dict)
    """By item key. null and "" are blank, and blank is not 0."""
    reason: NilReason | None = None
    """Of a nil return, why there is nothing to report."""
    note: str = ""
    """Why what was queried is right. Names nobody."""
    confirm: frozenset[str] = frozenset()
    """The codes of the queries that are confirmed."""
    survey: str = ""
    """A voluntary survey's id; empty for the monthly return."""

    def as_return(self) -> Return:
        """It as the rules take it. Raises NotALocationId."""
        return Return(
            parse_location_id(self.location_id),
            self.service,
            self.month,
            self.kind,
            {key: as_cell(value) for key, value in self.values.items()},
            self.reason,
            self.note,
            self.confirm,
            survey=self.survey,
        )


def as_cell(value: float | bool | str | None) -> str:
    """A value as the text that a file's cell would have; the rules read it. 22.0 is a count as 22 is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
