"""What another ct asks for, so that every command runs over this API: a JSON object in, a value a line out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import AccessBackend
from ct_cli.backends.contract import Backend, Damaged
from ct_cli.backends.wire import plain
from ct_cli.compliance.obligation import Counting
from ct_cli.register.location import Scope
from ct_cli.returns.identity import Service
from ct_cli.server.asked import JSON, Asked, as_value
from ct_cli.server.pages import lines
from ct_cli.server.route import Route
from ct_cli.server.streaming import streamed
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class ScopeAsked:
    """Locations, or their users."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class LatestAsked:
    """The latest entries of chains."""

    scope: Scope
    before: Month | None = None
    survey: str = ""


@dataclass(frozen=True, slots=True)
class VersionsAsked:
    """The entries of one month of one service, or of one survey, at some locations."""

    location_ids: frozenset[str]
    service: Service
    month: Month
    survey: str = ""


@dataclass(frozen=True, slots=True)
class HistoryAsked:
    """The entries of a location."""

    location_id: str
    service: Service | None = None


@dataclass(frozen=True, slots=True)
class ReturnsBeforeAsked:
    """The last monthly return of each location before a month."""

    location_ids: frozenset[str]
    service: Service
    before: Month
    rehearsals: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptsAsked:
    """The entries whose receipts begin so."""

    beginning: str


@dataclass(frozen=True, slots=True)
class FulfilmentsAsked:
    """What fulfils the months from first to last."""

    scope: Scope
    first: Month
    last: Month


@dataclass(frozen=True, slots=True)
class MonthsFulfilledAsked:
    """The same, as bits."""

    scope: Scope
    first: Month
    last: Month
    counting: Counting


@dataclass(frozen=True, slots=True)
class WalkAsked:
    """The whole ledger, or one location's part of it."""

    location_id: str | None = None


Tell = Callable[[Backend, Any], Iterable[Any]]


def _months_fulfilled(backend: Backend, it: MonthsFulfilledAsked) -> Iterator[Any]:
    found = backend.months_fulfilled(it.scope, it.first, it.last, it.counting)
    for (location_id, service), months in found.items():
        yield {"location_id": location_id, "service": service, "months": months}


def _returns_before(backend: Backend, it: ReturnsBeforeAsked) -> Iterator[Any]:
    found = backend.returns_before(it.location_ids, it.service, it.before, rehearsals=it.rehearsals)
    for location_id, last in found.items():
        yield {"location_id": location_id, "last": plain(last)}


def _walk(backend: Backend, it: WalkAsked) -> Iterator[Any]:
    for entry in backend.walk(it.location_id):
        yield {"damaged": plain(entry)} if isinstance(entry, Damaged) else entry


def _verification(backend: Backend, it: WalkAsked) -> Iterator[Any]:
    """Entries and then the chains' ends, as they stood at one moment."""
    with backend.at_one_moment():
        yield from _walk(backend, it)
        for end in backend.chain_ends(it.location_id):
            yield {"chain_end": plain(end)}


QUERIES: dict[str, tuple[type, Tell, str]] = {
    "locations": (ScopeAsked, lambda backend, it: backend.locations(it.scope), "Locations in a scope"),
    "users": (ScopeAsked, lambda backend, it: backend.users(it.scope), "Users of the locations in a scope"),
    "sightings": (ScopeAsked, lambda backend, it: backend.sightings(it.scope), "What Capacity Tracker was seen to say"),
    "latest": (
        LatestAsked,
        lambda backend, it: backend.latest(it.scope, it.before, it.survey).values(),
        "The last entry of each chain in a scope",
    ),
    "versions": (
        VersionsAsked,
        lambda backend, it: backend.versions(it.location_ids, it.service, it.month, it.survey),
        "Every entry of a month at some locations",
    ),
    "recent": (ScopeAsked, lambda backend, it: backend.recent(it.scope), "The last two monthly returns of each chain"),
    "history": (HistoryAsked, lambda backend, it: backend.history(it.location_id, it.service), "A location's entries"),
    "returns-before": (ReturnsBeforeAsked, _returns_before, "The last return of each location before a month"),
    "receipts": (ReceiptsAsked, lambda backend, it: backend.receipts(it.beginning), "Entries by their receipts"),
    "fulfilments": (
        FulfilmentsAsked,
        lambda backend, it: backend.fulfilments(it.scope, it.first, it.last),
        "What fulfils each month of a range",
    ),
    "months-fulfilled": (MonthsFulfilledAsked, _months_fulfilled, "The months fulfilled, as bits"),
    "walk": (WalkAsked, _walk, "Every entry, to be verified"),
    "chain-ends": (WalkAsked, lambda backend, it: backend.chain_ends(it.location_id), "The end of every chain"),
    "verification": (WalkAsked, _verification, "Every entry, then the end of every chain, as at one moment"),
}
"""By the last part of the path: the object's class, what tells the values, and what it does."""


def _route(name: str, kind: type, tell: Tell, words: str) -> Route:
    async def run(asked: Asked) -> Response:
        asked.must_be(JSON)
        body = await asked.bulk_body()

        def made(store: AccessBackend) -> Iterator[bytes]:
            wanted: Any = as_value(kind, body)  # here, for thousands of ids would hold up every other request
            return lines(tell(asked.workplace(store).backend, wanted))

        return await streamed(asked, made)

    return Route(
        "POST", f"{paths.QUERY}/{name}", run, words, {200: "Lines"}, takes=kind.__name__, answers_type=paths.NDJSON,
        refuses=(413, 415, 422),
    )  # fmt: skip


QUERY_ROUTES = tuple(_route(name, *query) for name, query in QUERIES.items())
