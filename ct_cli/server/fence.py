"""A store as the holder of one key may see it: what is beyond the fence is not there.

Every route works on a fenced store, and so does the one way in for returns: another's location is unknown to it, and
a stranger cannot tell a forbidden location from one that does not exist.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from ct_cli.backends.access import NOTHING_BESIDE, AccessBackend, ApiKey, Beside, Role
from ct_cli.backends.contract import (
    Backend,
    ChainEnd,
    ChainKey,
    Damaged,
    Entry,
    Expected,
    Fulfilment,
    FulfilmentRow,
    LastFigures,
    LastReturn,
    NewEntry,
    Outcome,
    PlainReturn,
    Recent,
    Recording,
    Submission,
)
from ct_cli.compliance.obligation import Counting
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.sighting import Sighting
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import LocationFacts
from ct_cli.server.refusals import NoSuchPage
from ct_cli.windows.month import Month

MakeBeside = Callable[[Sequence[Outcome | NewEntry]], Beside]

Outcomes = Sequence[Outcome | NewEntry]
Around = Callable[[Callable[[], Outcomes]], Outcomes]
"""Records returns as a part of a larger transaction."""


class Fenced(Backend):
    """A store behind a key's fence. For one request; `close` leaves the store open."""

    suggests = False

    def __init__(
        self,
        store: AccessBackend,
        key: ApiKey,
        beside: MakeBeside = lambda _: NOTHING_BESIDE,
        around: Around = lambda record: record(),
    ) -> None:
        self._store, self._key = store, key
        self.beside = beside
        """What is written in the same transaction as what `record` records."""
        self.around = around
        """The larger transaction of the rows that are recorded."""

    def close(self) -> None:
        """Nothing: the store is only lent."""

    def locations(self, scope: Scope) -> Sequence[Location]:
        return [it for it in self._store.locations(self._within(scope)) if self._key.reaches(it)]

    def locations_from(self, scope: Scope, first: str, most: int) -> Sequence[Location]:
        within = self._within(scope)
        if within is scope and self._key.role is not Role.ADMIN:  # It names another owner, or its own by another name.
            return super().locations_from(scope, first, most)
        return self._store.locations_from(within, first, most)

    def save_locations(self, locations: Iterable[Location], *, expected: Expected | None = None) -> None:
        self._store.save_locations(locations, expected=expected)

    def users(self, scope: Scope) -> Sequence[User]:
        return self._store.users(self._fence(scope))

    def users_from(self, scope: Scope, first: tuple[str, str], most: int) -> Sequence[User]:
        return self._store.users_from(self._fence(scope), first, most)

    def save_users(self, users: Iterable[User], *, expected: Expected | None = None) -> None:
        given = list(users)
        self._must_reach(user.location_id for user in given)
        self._store.save_users(given, expected=expected)

    def remove_users(self, email: str, location_id: str | None = None) -> int:
        if location_id is not None:
            self._must_reach([location_id])
            return self._store.remove_users(email, location_id)
        if self._key.role is Role.ADMIN:
            return self._store.remove_users(email)
        places = {it.location_id for it in self.users(Scope(include_closed=True)) if it.email.lower() == email.lower()}
        return sum(self._store.remove_users(email, place) for place in places)

    def sightings(self, scope: Scope) -> Sequence[Sighting]:
        return self._store.sightings(self._fence(scope))

    def save_sightings(self, sightings: Iterable[Sighting]) -> None:
        self._store.save_sightings(sightings)

    def record(self, submissions: Sequence[Submission], *, atomic: bool = False) -> Sequence[Outcome]:
        self._must_reach(it.checked.location_id for it in submissions)
        return self._store.record_beside(submissions, self.beside, atomic=atomic)

    def record_rows(
        self, rows: Sequence[Submission | PlainReturn], *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        self._must_reach_all(rows)
        beside = self.beside
        return self.around(lambda: self._store.record_rows_beside(rows, beside, atomic=atomic))

    def start_recording(self, rows: Sequence[Submission | PlainReturn]) -> Recording:
        self._must_reach_all(rows)
        around, beside = self.around, self.beside
        return self._store.start(lambda: around(lambda: self._store.record_rows_beside(rows, beside)))

    def facts(self, location_ids: frozenset[str]) -> Mapping[str, LocationFacts]:
        return self._store.facts(self._reached(location_ids))

    def last_returns(self, location_ids: frozenset[str], before: Month, survey: str) -> Mapping[ChainKey, LastReturn]:
        return self._store.last_returns(self._reached(location_ids), before, survey)

    def last_figures(self, location_ids: frozenset[str], before: Month) -> Mapping[ChainKey, LastFigures]:
        return self._store.last_figures(self._reached(location_ids), before)

    def months_back(self, location_id: str, service: Service, last: Month) -> Iterable[LastReturn]:
        return self._store.months_back(location_id, service, last) if self._reaches(location_id) else ()

    def returns_before(
        self, location_ids: Collection[str], service: Service, before: Month, *, rehearsals: bool
    ) -> Mapping[str, LastReturn]:
        within = self._reached(frozenset(location_ids))
        return self._store.returns_before(within, service, before, rehearsals=rehearsals)

    def latest(self, scope: Scope, before: Month | None = None, survey: str = "") -> Mapping[ChainKey, Entry]:
        return self._store.latest(self._fence(scope), before, survey)

    def versions(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = ""
    ) -> Sequence[Entry]:
        return self._store.versions(self._reached(frozenset(location_ids)), service, month, survey)

    def contents(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = "", *, rehearsals: bool
    ) -> Mapping[str, str]:
        within = self._reached(frozenset(location_ids))
        return self._store.contents(within, service, month, survey, rehearsals=rehearsals)

    def recent(self, scope: Scope) -> Sequence[Recent]:
        return self._store.recent(self._fence(scope))

    def history(self, location_id: str, service: Service | None = None) -> Sequence[Entry]:
        return self._store.history(location_id, service) if self._reaches(location_id) else []

    def receipts(self, beginning: str) -> Sequence[Entry]:
        found = self._store.receipts(beginning)
        if self._key.role is Role.ADMIN:
            return found
        own = self._own(entry.location_id for entry in found)
        return [entry for entry in found if entry.location_id in own]

    def fulfilments(self, scope: Scope, first: Month, last: Month) -> Iterable[Fulfilment]:
        return self._store.fulfilments(self._fence(scope), first, last)

    def fulfilment_rows(self, scope: Scope, first: Month, last: Month) -> Sequence[FulfilmentRow]:
        return self._store.fulfilment_rows(self._fence(scope), first, last)

    def months_fulfilled(self, scope: Scope, first: Month, last: Month, counting: Counting) -> Mapping[ChainKey, int]:
        return self._store.months_fulfilled(self._fence(scope), first, last, counting)

    def walk(self, location_id: str | None = None) -> Iterator[Entry | Damaged]:
        for one in self._walked(location_id):
            yield from self._store.walk(one)

    def chain_ends(self, location_id: str | None = None) -> Iterator[ChainEnd]:
        for one in self._walked(location_id):
            yield from self._store.chain_ends(one)

    def at_one_moment(self) -> AbstractContextManager[None]:
        return self._store.at_one_moment()

    # Inside.

    def _within(self, scope: Scope) -> Scope:
        """A scope narrowed, so that the store need not give all only for most of it to be dropped."""
        own = self._key.belongs_to
        if self._key.role is Role.PROVIDER and scope.provider is None:
            return replace(scope, provider=own)
        if self._key.role is Role.LOCAL_AUTHORITY and scope.local_authority is None:
            return replace(scope, local_authority=own)
        return scope

    def _fence(self, scope: Scope) -> Scope:
        """A scope that holds nothing beyond the fence."""
        if self._key.role is Role.ADMIN:
            return scope
        narrowed = self._within(scope)
        if narrowed is not scope:
            return narrowed
        # It names a provider, or a council, of its own: another's, or the same by its other name.
        return replace(scope, location_ids=frozenset(it.id for it in self.locations(scope)))

    def _walked(self, location_id: str | None) -> Iterable[str | None]:
        if self._key.role is Role.ADMIN:
            return [location_id]
        scope = Scope(None if location_id is None else frozenset({location_id}), include_closed=True)
        return [it.id for it in self.locations(scope)]

    def _own(self, location_ids: Iterable[str]) -> set[str]:
        return {it.id for it in self.locations(Scope(frozenset(location_ids), include_closed=True))}

    def _reached(self, location_ids: frozenset[str]) -> frozenset[str]:
        return location_ids if self._key.role is Role.ADMIN else frozenset(self._own(location_ids))

    def _reaches(self, location_id: str) -> bool:
        return self._key.role is Role.ADMIN or bool(self._own([location_id]))

    def _must_reach_all(self, rows: Sequence[Submission | PlainReturn]) -> None:
        self._must_reach(it.location_id if isinstance(it, PlainReturn) else it.checked.location_id for it in rows)

    def _must_reach(self, location_ids: Iterable[str]) -> None:
        if self._key.role is Role.ADMIN:
            return
        wanted = set(location_ids)
        if not wanted <= self._own(wanted):
            raise NoSuchPage
