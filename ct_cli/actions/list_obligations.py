"""Obligations one after the other, a page at a time: what is open, fulfilled or missed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from ct_cli import clock
from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import ChainKey, Fulfilment
from ct_cli.compliance.obligation import DAY_NOT_GIVEN, Counting, ObligationStatus, obligation, status_of
from ct_cli.compliance.span import Span
from ct_cli.register.location import Location, Scope
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH

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
    received_at: datetime | None
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
    page = list(islice(_obligations(workplace, asked), asked.limit + 1))
    more = len(page) > asked.limit
    last = page[asked.limit - 1] if more else None
    after = (last.location_id, last.service.value, str(last.month)) if last else None
    return ObligationsListed(tuple(page[: asked.limit]), after)


def _obligations(workplace: Workplace, asked: ObligationsAsked) -> Iterator[ObligationListed]:
    span = _span(workplace, asked.month)
    if span is None:
        return
    counting = Counting(clock.rehearsing(), workplace.settings.text("filing") == "capacity-tracker")
    wanted = {asked.status} if asked.status else {*ObligationStatus} - _UNLISTED
    first = asked.after[0] if asked.after else ""
    months = [(window.month, span.bit(window.month), window.opens_at, window.closes_at) for window in span.windows]
    # As many as a page needs where each of them owes every month; if they do not fill it, more and more at once.
    at_once = asked.limit // len(months) + 2
    while found := workplace.backend.locations_from(asked.scope, first, at_once + 1):
        some, more = found[:at_once], found[at_once:]
        known = _known(workplace, some, span)
        for location in some:
            begun = asked.after if asked.after and asked.after[0] == location.id else None
            for service in sorted(location.mandated_services):
                chain = _Chain(location, service, known.get((location.id, service), {}), span, counting)
                for it in chain.listed(months):
                    if begun is not None and (location.id, service.value, str(it.month)) <= begun:
                        continue
                    if it.status in wanted:
                        yield it
        if not more:
            return
        first, at_once = more[0].id, min(2 * at_once, _MOST_AT_ONCE)


class _Chain(NamedTuple):
    """What is owed and made of one service at one location."""

    location: Location
    service: Service
    made: Mapping[Month, list[Fulfilment]]
    span: Span
    counting: Counting

    def listed(self, months: Iterable[tuple[Month, int, datetime, datetime]]) -> Iterator[ObligationListed]:
        """The obligation of each month: its bit in the span, and when its window opens and closes."""
        location, service, made, span, counting = self
        location_id, owed = location.id, span.owed(location)
        fulfilled = ObligationStatus.FULFILLED
        for month, bit, opens_at, due_at in months:
            known = made.get(month)
            if known is not None and len(known) == 1 and _plainly_counts(known[0], counting):
                _, _, _, kind, receipt_id, received_at, _, source, _ = known[0]
                yield ObligationListed(
                    location_id, service, month, fulfilled, opens_at, due_at, kind, received_at, receipt_id, source,
                    None,
                )  # fmt: skip
            elif known is None and owed & bit:
                status = status_of(bit, owed, 0, span)
                yield ObligationListed(
                    location_id, service, month, status, opens_at, due_at, None, None, None, None, None
                )
            else:  # there are several, or one without a day; or none that counts; or nothing is owed
                yield self._whole(month, opens_at, due_at)

    def _whole(self, month: Month, opens_at: datetime, due_at: datetime) -> ObligationListed:
        known = self.made.get(month, ())
        found = obligation(self.location, self.service, month, known, self.span, self.counting)
        one = found.made[0] if found.made else None
        return ObligationListed(
            self.location.id,
            self.service,
            month,
            found.status,
            opens_at,
            due_at,
            one.kind if one else None,
            one.received_at if one and one.source != DAY_NOT_GIVEN else None,
            one.receipt_id if one else None,
            one.source if one else None,
            found.why,
        )


_UNLISTED = {ObligationStatus.NOT_REQUIRED, ObligationStatus.UPCOMING}


def _span(workplace: Workplace, month: Month | None) -> Span | None:
    now = workplace.now
    last = month or Month.of(now.date())
    first = month or max(FIRST_MONTH, last + (1 - MONTHS_BACK))
    return Span.of(workplace.calendar, first, last, now) if FIRST_MONTH <= first <= last else None


def _plainly_counts(made: Fulfilment, counting: Counting) -> bool:
    return made.source != DAY_NOT_GIVEN and counting.why_not(made) is None


def _known(
    workplace: Workplace, locations: Sequence[Location], span: Span
) -> dict[ChainKey, dict[Month, list[Fulfilment]]]:
    scope = Scope(frozenset(it.id for it in locations), include_closed=True)
    found: dict[ChainKey, dict[Month, list[Fulfilment]]] = {}
    chain: dict[Month, list[Fulfilment]] = {}
    location_id, service = "", None
    for made in workplace.backend.fulfilments(scope, span.first, span.last):
        if made.location_id != location_id or made.service != service:
            location_id, service = made.location_id, made.service
            chain = found.setdefault((location_id, service), {})
        if made.month in chain:
            chain[made.month].append(made)
        else:
            chain[made.month] = [made]
    return found
