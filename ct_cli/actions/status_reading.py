"""What `ct status` reads from the store: the standings at present, and how each stands in the month asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ct_cli import clock
from ct_cli.actions.status_scope import find_locations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Backend, ChainKey, Fulfilment
from ct_cli.compliance.obligation import Counting
from ct_cli.compliance.risk import RiskLevel
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import Standing, standings
from ct_cli.register.location import Scope
from ct_cli.windows.month import Month
from ct_cli.windows.window import ReportingWindow

LOOK_BACK = 24
"""Months before the present that are read: twice the rolling windows, so that what came before a miss is known."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One service at one location: at present, for its risk, and over months that hold the one asked for."""

    at_present: Standing
    of_month: Standing
    bit: int
    risk: RiskLevel
    """At present."""

    @property
    def made(self) -> bool:
        """Whether the month asked for is met."""
        return bool(self.of_month.made & self.bit)

    @property
    def owes(self) -> bool:
        """Whether the month asked for is owed or, though it was not, met."""
        return bool((self.of_month.owed | self.of_month.made) & self.bit) and self.of_month.service.mandated

    @property
    def key(self) -> ChainKey:
        """Location and service."""
        return (self.of_month.location.id, self.of_month.service)


@dataclass(frozen=True)
class Reading:
    """One look at the store."""

    backend: Backend
    scope: Scope
    counting: Counting
    month: Month
    window: ReportingWindow
    span: Span
    """The months up to the present, by which the risk is judged."""
    pairs: Sequence[Pair]

    @cached_property
    def known(self) -> dict[ChainKey, list[Fulfilment]]:
        """Every return known for the month asked for."""
        found: dict[ChainKey, list[Fulfilment]] = {}
        for it in self.backend.fulfilments(self.scope, self.month, self.month):
            found.setdefault((it.location_id, it.service), []).append(it)
        return found


def read_status(workplace: Workplace, scope: Scope, month: Month) -> Reading:
    """Read what is known of the locations in scope. Raises UnknownLocation, NobodyInScope."""
    calendar, backend = workplace.calendar, workplace.backend
    counting = Counting(clock.rehearsing(), workplace.settings.text("filing") == "capacity-tracker")
    present = calendar.current_or_next(workplace.now).month
    span = Span.of(calendar, present + -LOOK_BACK, present, workplace.now)
    pairs = tuple(_pairs(workplace, scope, counting, span, month))
    return Reading(backend, scope, counting, month, calendar.window(month), span, pairs)


def _pairs(workplace: Workplace, scope: Scope, counting: Counting, span: Span, month: Month) -> Iterator[Pair]:
    backend = workplace.backend
    locations = find_locations(backend, scope)

    def over(months: Span) -> Iterator[Standing]:
        made = backend.months_fulfilled(scope, months.first, months.last, counting)
        return standings(locations, made, months, every_service=True)

    if span.holds(month):
        bit = span.bit(month)
        return (Pair(it, it, bit, it.risk.level) for it in over(span))
    alone = Span.of(workplace.calendar, month, month, workplace.now)
    return (Pair(at, of, 1, at.risk.level) for at, of in zip(over(span), over(alone), strict=True))
