"""A register on a server that may be out of reach while returns are taken in: they wait here then.

Only for taking returns in. As long as the server answers, everything is asked of it. Once it does not, the same
questions are answered, for the rest of the run, from what was remembered of its answers, and what is recorded is put
into the queue instead; each outcome says so, and what it was checked against. What the server answers without either
taking it or refusing it by its rules waits too, with what it answered. Everything else that a register is asked
fails in the server's own words, for an old answer to it might be taken for a new one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from ct_cli import clock
from ct_cli.backends.contract import (
    Backend,
    ChainEnd,
    ChainKey,
    Damaged,
    Entry,
    Expected,
    Fulfilment,
    LastReturn,
    NewEntry,
    Outcome,
    OutcomeKind,
    PlainReturn,
    Recent,
    Recording,
    Submission,
)
from ct_cli.backends.http_api import HttpBackend, as_json, new_key
from ct_cli.backends.return_queue import ReturnQueue, return_of
from ct_cli.backends.row_lines import alone
from ct_cli.backends.sending import not_taken
from ct_cli.backends.server_refusals import SameUnderWay, ServerRefused, ServerTooOld, ServerUnreachable
from ct_cli.backends.wire import plain
from ct_cli.compliance.obligation import Counting
from ct_cli.errors import StoreUnusable
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.sighting import Sighting
from ct_cli.returns.codes import problem
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.rules.case import LocationFacts
from ct_cli.windows.month import Month

Told = TypeVar("Told")
"""What a server is asked to tell of a row: an outcome, or also that it is a new entry."""


class OfflineToo(Backend):
    """Stands before a server while returns are taken in. Closing it closes the queue, not the server."""

    most_together = HttpBackend.most_together

    def __init__(self, server: HttpBackend, queue: ReturnQueue) -> None:
        self._server = server
        self._queue = queue
        self._away: ServerUnreachable | None = None
        """Why the server cannot be reached; from then on it is not asked again."""
        self._seen: dict[str, datetime] = {}
        """When each location that was answered from memory had been heard of."""
        self._strangers: set[str] = set()
        """Locations that were asked about, and of which nothing is remembered."""

    def close(self) -> None:
        self._queue.close()

    # What is asked while returns are taken in.

    def locations(self, scope: Scope) -> Sequence[Location]:
        if self._away is None:
            try:
                return self._server.locations(scope)
            except ServerUnreachable as error:
                self._away = error
        if scope.location_ids is None:
            raise self._away
        known = self._queue.known_locations(self._server.server, sorted(scope.location_ids))
        self._seen.update((location.id, seen_at) for location, seen_at in known)
        heard_of = {location.id: location for location, _ in known}
        self._strangers.update(scope.location_ids - heard_of.keys())
        return [heard_of.get(id) or _stranger(id) for id in sorted(scope.location_ids)]

    def facts(self, location_ids: frozenset[str]) -> Mapping[str, LocationFacts]:
        if self._away is None:
            try:
                return self._server.facts(location_ids)
            except ServerUnreachable as error:
                self._away = error
        return super().facts(location_ids)

    def latest(self, scope: Scope, before: Month | None = None, survey: str = "") -> Mapping[ChainKey, Entry]:
        if self._away is None:
            try:
                return self._server.latest(scope, before, survey)
            except ServerUnreachable as error:
                self._away = error
        if scope.location_ids is None:
            raise self._away
        return self._queue.known_latest(self._server.server, sorted(scope.location_ids), before, survey)

    def versions(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = ""
    ) -> Sequence[Entry]:
        """Where the server is away, no more than the last one of each that is remembered."""
        if self._away is None:
            try:
                return self._server.versions(location_ids, service, month, survey)
            except ServerUnreachable as error:
                self._away = error
        known = self._queue.known_latest(self._server.server, sorted(location_ids), month + 1, survey)
        return [entry for (_, chain), entry in known.items() if chain is service and entry.month == month]

    def history(self, location_id: str, service: Service | None = None) -> Sequence[Entry]:
        """Where the server is away, as much of it as is remembered: a rule that asks how long a figure has been the
        same then says less, and the server's own rules say the rest."""
        if self._away is None:
            try:
                return self._server.history(location_id, service)
            except ServerUnreachable as error:
                self._away = error
        known = self._queue.known_latest(self._server.server, [location_id], None, "")
        return [entry for (_, chain), entry in known.items() if service in {None, chain}]

    def returns_before(
        self, location_ids: Collection[str], service: Service, before: Month, *, rehearsals: bool
    ) -> Mapping[str, LastReturn]:
        if self._away is None:
            try:
                return self._server.returns_before(location_ids, service, before, rehearsals=rehearsals)
            except ServerUnreachable as error:
                self._away = error
        return super().returns_before(location_ids, service, before, rehearsals=rehearsals)

    def record(self, submissions: Sequence[Submission], *, atomic: bool = False) -> Sequence[Outcome]:
        if submissions and self._must_wait(submissions):  # each names what stood when it was examined, or was asked for
            return self._queued([self._as_known(it) for it in submissions], new_key(), atomic=atomic)
        return self._sent_or_queued(
            submissions, lambda key: self._server.record_under(submissions, key, atomic=atomic), atomic=atomic
        )

    def record_rows(
        self, rows: Sequence[Submission | PlainReturn], *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        """As the contract has it. The version that a row of a file names stands in the file, and is kept as it is."""
        return self._sent_or_queued(
            rows, lambda key: self._server.record_rows_under(rows, key, atomic=atomic), atomic=atomic
        )

    def start_recording(self, rows: Sequence[Submission | PlainReturn]) -> Recording:
        if not rows:
            return lambda: []
        key = new_key()
        if self._must_wait(rows):
            outcomes = self._queued(rows, key)
            return lambda: outcomes
        sending = self._server.start_recording_under(rows, key)
        return cache(lambda: self._told_or_queued(rows, key, sending))

    # What is not.

    def save_locations(self, locations: Iterable[Location], *, expected: Expected | None = None) -> None:
        self._server.save_locations(locations, expected=expected)

    def users(self, scope: Scope) -> Sequence[User]:
        return self._server.users(scope)

    def save_users(self, users: Iterable[User], *, expected: Expected | None = None) -> None:
        self._server.save_users(users, expected=expected)

    def remove_users(self, email: str, location_id: str | None = None) -> int:
        return self._server.remove_users(email, location_id)

    def sightings(self, scope: Scope) -> Sequence[Sighting]:
        return self._server.sightings(scope)

    def save_sightings(self, sightings: Iterable[Sighting]) -> None:
        self._server.save_sightings(sightings)

    def recent(self, scope: Scope) -> Sequence[Recent]:
        return self._server.recent(scope)

    def receipts(self, beginning: str) -> Sequence[Entry]:
        return self._server.receipts(beginning)

    def fulfilments(self, scope: Scope, first: Month, last: Month) -> Iterable[Fulfilment]:
        return self._server.fulfilments(scope, first, last)

    def months_fulfilled(self, scope: Scope, first: Month, last: Month, counting: Counting) -> Mapping[ChainKey, int]:
        return self._server.months_fulfilled(scope, first, last, counting)

    def walk(self, location_id: str | None = None) -> Iterator[Entry | Damaged]:
        return self._server.walk(location_id)

    def chain_ends(self, location_id: str | None = None) -> Iterator[ChainEnd]:
        return self._server.chain_ends(location_id)

    def at_one_moment(self) -> AbstractContextManager[None]:
        return self._server.at_one_moment()

    # Inside.

    def _sent_or_queued(
        self,
        rows: Sequence[Submission | PlainReturn],
        send: Callable[[str], Sequence[Told]],
        *,
        atomic: bool,
    ) -> Sequence[Told | Outcome]:
        if not rows:
            return []
        key = new_key()
        if self._must_wait(rows):
            return self._queued(rows, key, atomic=atomic)
        return self._told_or_queued(rows, key, lambda: send(key), atomic=atomic)

    def _told_or_queued(
        self,
        rows: Sequence[Submission | PlainReturn],
        key: str,
        send: Callable[[], Sequence[Told]],
        *,
        atomic: bool = False,
    ) -> Sequence[Told | Outcome]:
        """What the server tells of rows; where it neither takes nor refuses them, they wait under the same key, for it
        may have taken them all the same."""
        try:
            told = send()
        except SameUnderWay as error:
            return self._queued(rows, key, error, atomic=atomic)
        except ServerUnreachable as error:
            self._away = error
            return self._queued(rows, key, atomic=atomic)
        except ServerRefused as error:
            if error.by_the_rules or isinstance(error, ServerTooOld):
                raise
            return self._queued(rows, key, error, atomic=atomic)
        self._note_versions(rows, told)
        return told

    def _note_versions(self, rows: Sequence[Submission | PlainReturn], told: Sequence[Any]) -> None:
        """Remember what this computer recorded: what it says next of the same month is made knowing it."""
        with suppress(StoreUnusable):  # it is recorded: what becomes of it is told, whatever is not remembered
            self._queue.note_versions(self._server.server, filter(None, map(_version_told, rows, told)))
            if len(told) <= _FIGURES_REMEMBERED:
                entries = [it.entry for it in told if isinstance(it, Outcome) and it.entry is not None]
                self._queue.remember(self._server.server, (), map(_as_told, entries), clock.now())

    def _must_wait(self, rows: Sequence[Submission | PlainReturn]) -> bool:
        """Whether rows have to go into the queue without being sent."""
        server = self._server.server
        if self._away is None and self._queue.waits(server) and self._queue.goes_first(server, map(alone, rows)):
            # What waits was said before this, so it goes first; and here it waits because it could not be sent.
            self._away = self._why_others_wait()
        return self._away is not None

    def _queued(
        self,
        rows: Sequence[Submission | PlainReturn],
        key: str,
        answered: ServerRefused | SameUnderWay | None = None,
        *,
        atomic: bool = False,
    ) -> Sequence[Outcome]:
        submissions = [alone(it) for it in rows]
        for part in self._server.parts(submissions, key, atomic=atomic):
            together = submissions[part.first : part.first + part.count]
            ids = self._queue.put(self._server.server, part.key, together, clock.now(), atomic=atomic)
            if answered is not None:  # what holds these up holds up no others
                why = {id: not_taken(id, it.checked, answered) for id, it in zip(ids, together, strict=True)}
                self._queue.keep(part.key, why)
        return [Outcome(OutcomeKind.QUEUED, None, None, (self._note(it, answered),)) for it in submissions]

    def _as_known(self, submission: Submission) -> Submission:
        """Where its location was answered from memory, the memory of what this computer itself recorded included."""
        said = submission.checked
        if said.expected_version is None or said.location_id not in self._seen.keys() | self._strangers:
            return submission
        told = self._queue.told_version(self._server.server, submission)
        return submission._replace(checked=replace(said, expected_version=max(said.expected_version, told)))

    def _why_others_wait(self) -> ServerUnreachable:
        remedy = "`ct queue send` tells why."
        return ServerUnreachable(server=self._server.server, reason="earlier returns still wait here", remedy=remedy)

    def _note(self, submission: Submission, answered: ServerRefused | SameUnderWay | None) -> Problem:
        """That a return waits, why, and what it was checked against."""
        assert answered or self._away
        why = answered.not_taken if answered else self._away.sentence if self._away else ""
        said = submission.checked
        seen_at = self._seen.get(said.location_id)
        by = "what the server said just before"
        if said.location_id in self._strangers:
            by = "itself alone, for this computer has not asked about the location before"
        if seen_at is not None:
            by = (
                f"what the server said when this computer asked it last, at {seen_at.astimezone(clock.LONDON):%H:%M} on"
            )
            by += f" {seen_at.astimezone(clock.LONDON):%Y-%m-%d}"
        first = why.partition(". ")[0].rstrip(".")
        return problem(
            "not-yet-sent",
            f"{first}; this return was checked by {by}",
            "It waits here and is sent again: `ct queue list` shows why" if answered else None,
            location_id=said.location_id,
            service=said.service,
        )


_FIGURES_REMEMBERED = 100
"""Returns of one request whose figures are remembered too, for who makes the next one of the same month while the
server is away: of a file's thousands the versions have to do."""


def _as_told(entry: Entry) -> tuple[bytes, dict[str, Any]]:
    """An entry as a server's answer to a question tells of it."""
    told = plain(entry)
    return as_json(told), told


def _version_told(row: Submission | PlainReturn, told: Outcome | NewEntry) -> tuple[str, bool, int] | None:
    """What a row is of, whether it is a rehearsal, and the version that it became; None where it was not recorded."""
    if isinstance(told, NewEntry):
        assert isinstance(row, PlainReturn)  # the contract's promise
        it = row.shared
        return return_of(row.location_id, it.service, it.month, it.survey), it.rehearsal, 1
    if told.entry is None or told.kind is OutcomeKind.CONFLICT:
        return None
    entry = told.entry
    return return_of(entry.location_id, entry.service, entry.month, entry.survey), alone(row).rehearsal, entry.version


def _stranger(location_id: str) -> Location:
    """What stands in for a location of which nothing is known here: it may owe anything. The server knows better."""
    return Location(location_id, "A location new to this computer", tuple(Service))
