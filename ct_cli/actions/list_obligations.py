"""Obligations one after the other, a page at a time: what is open, fulfilled or missed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, TypeVar

from ct_cli import clock
from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import FulfilmentRow
from ct_cli.backends.fulfilments import (
    MomentText,
    fulfilment_of,
    moment_text,
    row_chain,
    row_month,
    row_origin,
)
from ct_cli.compliance.obligation import DAY_NOT_GIVEN, Counting, ObligationStatus, obligation, status_of
from ct_cli.compliance.span import Span
from ct_cli.register.location import Location, Scope
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH

T = TypeVar("T")

MONTHS_BACK = 24
"""How many months are listed where none is named, the present one included."""
_MOST_AT_ONCE = 400
"""Locations whose returns are read together."""

Position = tuple[str, str, str]
"""Location, service and month (2024-12) of the last obligation that was told."""


@dataclass(frozen=True, slots=True)
class ObligationsAsked:
    """Which obligations, and from where on. Every part that is given must hold."""

    scope: Scope
    status: ObligationStatus | None = None
    month: Month | None = None
    after: Position | None = None
    limit: int = 100


class ObligationListed(NamedTuple):
    """One return that is owed, and how it stands."""

    location_id: str
    service: Service
    month: Month
    status: ObligationStatus
    opens_at: datetime
    due_at: datetime
    """The last moment at which it fulfils."""
    kind: ReturnKind | None
    received_at: MomentText | None
    receipt_id: str | None
    source: str | None
    why: str | None
    """Why what was recorded does not count."""


@dataclass(frozen=True)
class ObligationsListed(Answer):
    """A page, by location, service and month."""

    items: tuple[ObligationListed, ...]
    after: Position | None
    """Where the next page goes on; None where this is the last."""


def list_obligations(workplace: Workplace, asked: ObligationsAsked) -> ObligationsListed:
    """A page of obligations. What is not required, and what is still upcoming, is not listed unless asked for."""
    page, after = tell_obligations(workplace, asked, ObligationListed)
    return ObligationsListed(tuple(page), after)


def tell_obligations(
    workplace: Workplace, asked: ObligationsAsked, tell: Callable[..., T]
) -> tuple[list[T], Position | None]:
    """The same page, each as `tell` makes it of the fields of `ObligationListed`; and where the next one goes on."""
    page: list[T] = []
    last: Position | None = None
    for location_id, service, months, told in _obligations(workplace, asked, tell):
        room = asked.limit - len(page)
        if not told:
            continue
        if room == 0:
            return page, last
        page += told[:room]
        last = (location_id, service.value, str(months[min(room, len(told)) - 1]))
        if len(told) > room:
            return page, last
    return page, None


_FULFILLED = ObligationStatus.FULFILLED
_LISTED = (_FULFILLED, ObligationStatus.MISSED, ObligationStatus.OPEN)
_KINDS = {kind.value: kind for kind in ReturnKind}


class _Month(NamedTuple):
    """What every obligation of a month shares."""

    month: Month
    key: int
    bit: int
    """In the span."""
    opens_at: datetime
    due_at: datetime


class _Known(NamedTuple):
    """What was made at some locations."""

    chains: dict[tuple[str, str], list[FulfilmentRow]]
    """By location and service; by month in each."""
    plain: set[tuple[str, int]]
    """The sources, and whether of a rehearsal, of those that count and whose day is known."""


def _obligations(
    workplace: Workplace, asked: ObligationsAsked, tell: Callable[..., T]
) -> Iterator[tuple[str, Service, list[Month], list[T]]]:
    """Each service of each location, from where on is asked: the months that are listed, and each as it is told."""
    span = _span(workplace, asked.month)
    if span is None:
        return
    counting = Counting(clock.rehearsing(), workplace.settings.text("filing") == "capacity-tracker")
    wanted = (asked.status,) if asked.status else _LISTED
    months = [_Month(it.month, it.month.key, span.bit(it.month), it.opens_at, it.closes_at) for it in span.windows]
    first, begun, done = asked.after or ("", "", "")
    # As many as a page needs where each of them owes every month; if they do not fill it, more and more at once.
    at_once = asked.limit // len(months) + 2
    while found := workplace.backend.locations_from(asked.scope, first, at_once + 1):
        some, more = found[:at_once], found[at_once:]
        known = _known(workplace, some, span, counting)
        for location in some:
            for service in sorted(location.mandated_services):
                rest = months
                if asked.after and location.id == asked.after[0] and service.value <= begun:
                    rest = [it for it in months if service.value == begun and str(it.month) > done]
                chain = _Chain(location, service, known, span, counting)
                yield location.id, service, *chain.told(rest, wanted, tell)
        if not more:
            return
        first, at_once = more[0].id, min(2 * at_once, _MOST_AT_ONCE)


class _Chain(NamedTuple):
    """What is owed and made of one service at one location."""

    location: Location
    service: Service
    known: _Known
    span: Span
    counting: Counting

    def told(
        self, months: Iterable[_Month], wanted: Sequence[ObligationStatus], tell: Callable[..., T]
    ) -> tuple[list[Month], list[T]]:
        """The months whose obligations stand so, and each as it is told.

        What nearly all are, a return that plainly counts, is told as it is stored.
        """
        location, service, known, span, _ = self
        location_id, owed, plain = location.id, span.owed(location), known.plain
        rows = known.chains.get((location_id, service.value), [])
        made = {row_month(row): row for row in rows}
        several = len(made) < len(rows)  # More than one source tells of a month.
        fulfilled = _FULFILLED in wanted
        at: list[Month] = []
        told: list[T] = []
        for it in months:
            row = made.get(it.key)
            if row is not None and not several and row_origin(row) in plain:
                if fulfilled:
                    month, _, _, opens_at, due_at = it
                    _, _, _, kind, receipt_id, received_at, _, source, _ = row
                    at.append(month)
                    told.append(
                        tell(location_id, service, month, _FULFILLED, opens_at, due_at, _KINDS[kind], received_at,
                             receipt_id, source, None)
                    )  # fmt: skip
                continue
            if row is None and owed & it.bit:
                status = status_of(it.bit, owed, 0, span)
                found = ObligationListed(
                    location_id, service, it.month, status, it.opens_at, it.due_at, None, None, None, None, None
                )
            else:  # There are several, or one without a day or that does not count; or nothing is owed.
                found = self._whole(it, [row for row in rows if row_month(row) == it.key])
            if found.status in wanted:
                at.append(it.month)
                told.append(tell(*found))
        return at, told

    def _whole(self, it: _Month, rows: Iterable[FulfilmentRow]) -> ObligationListed:
        known = map(fulfilment_of, rows)
        found = obligation(self.location, self.service, it.month, known, self.span, self.counting)
        one = found.made[0] if found.made else None
        return ObligationListed(
            self.location.id,
            self.service,
            it.month,
            found.status,
            it.opens_at,
            it.due_at,
            one.kind if one else None,
            moment_text(one.received_at) if one and one.source != DAY_NOT_GIVEN else None,
            one.receipt_id if one else None,
            one.source if one else None,
            found.why,
        )


def _span(workplace: Workplace, month: Month | None) -> Span | None:
    now = workplace.now
    last = month or Month.of(now.date())
    first = month or max(FIRST_MONTH, last + (1 - MONTHS_BACK))
    return Span.of(workplace.calendar, first, last, now) if FIRST_MONTH <= first <= last else None


def _known(workplace: Workplace, locations: Sequence[Location], span: Span, counting: Counting) -> _Known:
    scope = Scope(frozenset(it.id for it in locations), include_closed=True)
    rows = workplace.backend.fulfilment_rows(scope, span.first, span.last)
    one_of_each = dict(zip(map(row_origin, rows), rows, strict=True))
    plain = {
        (source, rehearsal)
        for (source, rehearsal), row in one_of_each.items()
        if source != DAY_NOT_GIVEN and counting.counts(fulfilment_of(row))
    }
    return _Known({key: list(them) for key, them in groupby(rows, row_chain)}, plain)
