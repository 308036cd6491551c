"""The obligation: one return owed for a service at a location for a month, and how it stands.

Sources. The duty: s277A Health and Social Care Act 2012, in force 31 July 2022, so the first window it reaches is
August 2022's. Which month a location owes when it is registered or leaves in the middle of a window is *inferred*:
it owes the months on whose last day it is registered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ct_cli.compliance.span import Span
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month
from ct_cli.windows.window import DUTY_BEGAN, in_words

DAY_NOT_GIVEN = "seen-in-capacity-tracker-report"
"""The source that says of a return only that it was made: its moment is that at which it was heard of."""
SEEN_IN_CAPACITY_TRACKER = frozenset({"seen-in-capacity-tracker", DAY_NOT_GIVEN})
"""The sources that are Capacity Tracker's own word."""


class ObligationStatus(StrEnum):
    """How an obligation stands."""

    OPEN = "open"
    """Owed, not made, and the window is open."""
    FULFILLED = "fulfilled"
    MISSED = "missed"
    """Owed, the window has closed, and no return that counts is known."""
    UPCOMING = "upcoming"
    """Owed, and the window has not opened."""
    NOT_REQUIRED = "not-required"


class Made(Protocol):
    """A return that was made for a month, as a store tells of it (`ct_cli.backends.contract.Fulfilment`)."""

    @property
    def location_id(self) -> str:
        """The location's id."""
        ...

    @property
    def service(self) -> Service:
        """The service."""
        ...

    @property
    def month(self) -> Month:
        """The month that it answers."""
        ...

    @property
    def kind(self) -> ReturnKind:
        """How it answers."""
        ...

    @property
    def receipt_id(self) -> str:
        """Its receipt."""
        ...

    @property
    def received_at(self) -> datetime:
        """When it was received; aware."""
        ...

    @property
    def version(self) -> int:
        """1, or more for a correction."""
        ...

    @property
    def source(self) -> str:
        """How it is known."""
        ...

    @property
    def rehearsal(self) -> bool:
        """Whether it was recorded in a rehearsal."""
        ...


@dataclass(frozen=True, slots=True)
class Counting:
    """Which of the returns that ct knows of meet an obligation."""

    rehearsing: bool = False
    """Whether this run is a rehearsal; only then do returns recorded in a rehearsal count."""
    must_be_seen: bool = False
    """The setting `filing = "capacity-tracker"`: a return counts once it is seen in Capacity Tracker's export."""

    def counts(self, made: Made) -> bool:
        """Whether a return meets its obligation."""
        return self.why_not(made) is None

    def why_not(self, made: Made) -> str | None:
        """Why a return does not meet its obligation, in words; None where it does."""
        if made.rehearsal and not self.rehearsing:
            return "recorded in a rehearsal, which counts for nothing"
        if self.must_be_seen and made.source not in SEEN_IN_CAPACITY_TRACKER:
            return "recorded, not yet seen in Capacity Tracker"
        return None


@dataclass(frozen=True, slots=True)
class Obligation:
    """One return owed, or the reason why none is."""

    location: Location
    service: Service
    month: Month
    status: ObligationStatus
    why: str | None
    """Why nothing is owed, or why what was recorded does not count; None otherwise."""
    made: tuple[Made, ...]
    """The returns that count, one for each source that tells of one, the latest first; one without a day last."""
    waiting: tuple[Made, ...] = ()
    """Returns that are known and do not count; `why` says why."""

    @property
    def outstanding(self) -> bool:
        """Whether it is owed and not made, and its window has opened."""
        return self.status in {ObligationStatus.OPEN, ObligationStatus.MISSED}


def obligation(
    location: Location, service: Service, month: Month, known: Iterable[Made], span: Span, counting: Counting
) -> Obligation:
    """How one obligation stands. `known` are the returns for this location, service and month; the span holds it."""
    why = why_not_required(location, service, month, span)
    newest_first = sorted(known, key=lambda made: (made.source != DAY_NOT_GIVEN, made.received_at), reverse=True)
    made = tuple(one for one in newest_first if counting.counts(one))
    waiting = tuple(one for one in newest_first if not counting.counts(one))
    if made:
        status, why = ObligationStatus.FULFILLED, None
    elif why is not None:
        status = ObligationStatus.NOT_REQUIRED
    else:
        status = _unmet(span.bit(month), span)
        why = counting.why_not(waiting[0]) if waiting else None
    return Obligation(location, service, month, status, why, made, waiting)


def status_of(bit: int, owed: int, made: int, span: Span) -> ObligationStatus:
    """The same from bits alone: of one month (`bit`), where many locations are only counted or drawn."""
    if made & bit:
        return ObligationStatus.FULFILLED
    return _unmet(bit, span) if owed & bit else ObligationStatus.NOT_REQUIRED


def _unmet(bit: int, span: Span) -> ObligationStatus:
    if span.closed & bit:
        return ObligationStatus.MISSED
    return ObligationStatus.OPEN if span.open & bit else ObligationStatus.UPCOMING


def why_not_required(location: Location, service: Service, month: Month, span: Span) -> str | None:
    """Why no return is owed for a month of the span, in words; None where one is."""
    if not service.mandated:
        return f"no monthly return is demanded of a {service.in_words} service"
    closes_on = span.window(month).closes_on
    if closes_on < DUTY_BEGAN:
        return f"the duty began on {in_words(DUTY_BEGAN)}"
    if location.registered_on is not None and location.registered_on > closes_on:
        return f"registered on {in_words(location.registered_on)}, after this window closed"
    if location.ended_on is not None and location.ended_on < closes_on:
        return f"registration ended on {in_words(location.ended_on)}, before this window closed"
    return None
