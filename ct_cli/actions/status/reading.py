"""What `ct status` reads from the store: the standings at present, and how each stands in the month asked for."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ct_cli import clock
from ct_cli.actions.status.scope import find_locations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Backend, ChainKey, Fulfilment
from ct_cli.compliance.obligation import Counting
from ct_cli.compliance.risk import RiskLevel
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import Standing, months_told, months_unsaid, standings
from ct_cli.register.location import Location, Scope
from ct_cli.register.sighting import Sighting
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

    @property
    def risk(self) -> RiskLevel:
        """At present, by what ct knows alone."""
        return self.at_present.known_risk.level

    @property
    def newly(self) -> bool:
        """Whether the newest decided window raised its risk."""
        return self.at_present.newly_at_risk

    @property
    def made(self) -> bool:
        """Whether the month asked for is met."""
        return bool(self.of_month.made & self.bit)

    @property
    def owes(self) -> bool:
        """Whether the month asked for is owed or, though it was not, met."""
        return bool((self.of_month.owed | self.of_month.made) & self.bit) and self.of_month.service.mandated

    @property
    def unsaid(self) -> bool:
        """Whether the monthly report has the month asked for as done, without saying for which service."""
        return bool(self.of_month.unsaid & self.bit)

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
    sightings: Sequence[Sighting]
    not_done: Mapping[ChainKey, tuple[Month, ...]]
    """The months for which Capacity Tracker's monthly report had 0."""

    @cached_property
    def users(self) -> dict[str, int]:
        """How many may update Capacity Tracker, by location: by its own report or, without one, by ct's register."""
        registered = dict(Counter(user.location_id for user in self.backend.users(self.scope)))
        return registered | {it.location_id: it.user_count for it in self.sightings if it.user_count is not None}

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
    locations = find_locations(backend, scope)
    sightings = backend.sightings(scope)
    pairs = tuple(_pairs(workplace, locations, sightings, (scope, counting, span, month)))
    not_done = {(it.location_id, it.service): it.not_done for it in sightings if it.not_done}
    return Reading(backend, scope, counting, month, calendar.window(month), span, pairs, sightings, not_done)


def _pairs(
    workplace: Workplace,
    locations: Sequence[Location],
    sightings: Sequence[Sighting],
    about: tuple[Scope, Counting, Span, Month],
) -> Iterator[Pair]:
    backend = workplace.backend
    scope, counting, span, month = about
    told = months_told(sightings, span)

    def over(months: Span) -> Iterator[Standing]:
        made = backend.months_fulfilled(scope, months.first, months.last, counting)
        unsaid = months_unsaid(sightings, months)
        found = standings(
            locations, made, months, every_service=True, told=told if months is span else {}, unsaid=unsaid
        )
        return found if scope.service is None else (it for it in found if it.service is scope.service)

    if span.holds(month):
        bit = span.bit(month)
        return (Pair(it, it, bit) for it in over(span))
    alone = Span.of(workplace.calendar, month, month, workplace.now)
    return (Pair(at, of, 1) for at, of in zip(over(span), over(alone), strict=True))
