"""Obligations one after the other, a page at a time: what is open, fulfilled or missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from ct_cli import clock
from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Fulfilment
from ct_cli.compliance.obligation import DAY_NOT_GIVEN, Counting, Obligation, ObligationStatus, obligation
from ct_cli.compliance.span import Span
from ct_cli.register.location import Location, Scope
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH

MONTHS_BACK = 24
"""How many months are listed where none is named, the present one included."""
_LOCATIONS_AT_ONCE = 200

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


@dataclass(frozen=True, slots=True)
class ObligationListed:
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
    locations = [it for it in workplace.backend.locations(asked.scope) if not asked.after or it.id >= asked.after[0]]
    wanted = {asked.status} if asked.status else {*ObligationStatus} - _UNLISTED
    for at in range(0, len(locations), _LOCATIONS_AT_ONCE):
        some = locations[at : at + _LOCATIONS_AT_ONCE]
        known = _known(workplace, some, span)
        for location in some:
            for service in sorted(location.mandated_services):
                for month in span.months:
                    if asked.after and (location.id, service.value, str(month)) <= asked.after:
                        continue
                    made = known.get((location.id, service, month), ())
                    found = obligation(location, service, month, made, span, counting)
                    if found.status in wanted:
                        yield _listed(found, span)


_UNLISTED = {ObligationStatus.NOT_REQUIRED, ObligationStatus.UPCOMING}


def _span(workplace: Workplace, month: Month | None) -> Span | None:
    now = workplace.now
    last = month or Month.of(now.date())
    first = month or max(FIRST_MONTH, last + (1 - MONTHS_BACK))
    return Span.of(workplace.calendar, first, last, now) if FIRST_MONTH <= first <= last else None


def _known(
    workplace: Workplace, locations: Sequence[Location], span: Span
) -> dict[tuple[str, Service, Month], list[Fulfilment]]:
    scope = Scope(frozenset(it.id for it in locations), include_closed=True)
    found: dict[tuple[str, Service, Month], list[Fulfilment]] = {}
    for made in workplace.backend.fulfilments(scope, span.first, span.last):
        found.setdefault((made.location_id, made.service, made.month), []).append(made)
    return found


def _listed(found: Obligation, span: Span) -> ObligationListed:
    window = span.window(found.month)
    made = found.made[0] if found.made else None
    return ObligationListed(
        found.location.id,
        found.service,
        found.month,
        found.status,
        window.opens_at,
        window.closes_at,
        made.kind if made else None,
        made.received_at if made and made.source != DAY_NOT_GIVEN else None,
        made.receipt_id if made else None,
        made.source if made else None,
        found.why,
    )
