"""The contract over HTTP: a register that a server keeps, shared by many.

Every promise of the contract is the server's, kept by the store behind it. What this file adds is that an answer is
believed only when all of it has arrived, and that a write is sent under one Idempotency-Key for all its tries, so that
what was done is not done again when its answer was lost.
"""

import json
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from ct_cli import clock
from ct_cli.backends import api_paths as paths
from ct_cli.backends.contract import (
    Backend,
    ChainEnd,
    ChainKey,
    Damaged,
    Entry,
    Expected,
    Fulfilment,
    KeptBeside,
    LastReturn,
    NewEntry,
    Outcome,
    PlainReturn,
    Recent,
    Recording,
    Submission,
    TextRefused,
)
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.row_lines import as_new_entry, asks_for_all, row_lines
from ct_cli.backends.sending_behind import behind
from ct_cli.backends.server_answers import Answer, Told, lines, told_lines, value, values
from ct_cli.backends.server_refusals import (
    KeyRefused,
    NotAllowedThere,
    NotTheServer,
    ServerRefused,
    ServerTooOld,
    ServerUnreachable,
    TooLargeForAllOrNone,
)
from ct_cli.backends.wire import plain
from ct_cli.compliance.obligation import Counting
from ct_cli.errors import CtError
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.sighting import Sighting
from ct_cli.register.versions import RegisterChanged
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import LocationFacts
from ct_cli.stores.parts import Part, in_parts
from ct_cli.windows.month import Month

T = TypeVar("T")

Heard = Callable[[Sequence[Told], Sequence[Told]], None]

_MOST_VERSIONS = 400
"""Of users in one request: they go in a header, of which 32 KiB are taken."""
MOST_REMEMBERED = 10_000
"""Locations or entries of one answer beyond which it is not remembered: it was asked for about all there is."""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
"""NUL, and half a character."""


class HttpBackend(Backend):
    """A register on a server."""

    most_together = paths.MOST_TOGETHER

    def __init__(self, connection: Connection, heard: Heard | None = None) -> None:
        self._connection = connection
        self._heard = heard
        """Told of the locations and of the latest entries that the server tells of, as it does, to remember them."""
        self._ends: dict[str | None, list[ChainEnd]] | None = None
        """Within `at_one_moment`: the ends of chains as they stood when the chains were walked."""

        self._behind: HttpBackend | None = None
        """What rows are sent by while the caller goes on, over a connection of its own."""
        self._beside: Backend | None = None
        """What this machine keeps by itself, for what a server does not keep."""

    @property
    def server(self) -> str:
        """Its address."""
        return self._connection.address.url

    def close(self) -> None:
        self._connection.close()
        if self._behind is not None:
            self._behind.close()
        if self._beside is not None:
            self._beside.close()
            self._beside = None

    def kept_beside(self, open_one: Callable[[], KeptBeside], kind: type[KeptBeside]) -> KeptBeside:
        if not isinstance(self._beside, kind):
            assert self._beside is None  # one kind of store is kept here
            self._beside = open_one()
        assert isinstance(self._beside, kind)
        return self._beside

    def ask_clock(self) -> None:
        """Hear what the server's clock says, which the connection takes notice of."""
        self._connection.exchange("GET", paths.ABOUT).close()

    # The register.

    def locations(self, scope: Scope) -> Sequence[Location]:
        return self._locations(Location, scope)

    def facts(self, location_ids: frozenset[str]) -> Mapping[str, LocationFacts]:
        found = self._locations(LocationFacts, Scope(location_ids=location_ids, include_closed=True))
        return {facts.id: facts for facts in found}

    def save_locations(self, locations: Iterable[Location], *, expected: Expected | None = None) -> None:
        given = list(locations)
        with _told_of_changes():
            if expected is None:
                self._save(paths.LEDGER_LOCATIONS, [plain(it) for it in given], "locations")
            elif len(given) == 1:  # which a server that does not know of versions takes as well
                [only] = given
                path, versions = f"{paths.LOCATIONS}/{quote(only.id, safe='')}", expected.get(only.id, ())
                self._write("PUT", path, as_json(plain(only)), if_match=versions).close()
            else:
                lines = [{"location": plain(it), "if_match": sorted(expected.get(it.id, ()))} for it in given]
                try:
                    self._save(f"{paths.LEDGER_LOCATIONS}?conditional=true", lines, "locations")
                except ServerRefused as error:
                    raise _too_old(error, "keep from overwriting what others change meanwhile") from None

    def users(self, scope: Scope) -> Sequence[User]:
        return list(self._values(User, "users", scope=scope))

    def save_users(self, users: Iterable[User], *, expected: Expected | None = None) -> None:
        given = list(users)
        each = (as_json(plain(user)) + b"," for user in given)
        most = len(given) if expected is None else _MOST_VERSIONS
        around = len(as_json({"items": []}))

        def send(part: Part) -> None:
            places = {user.location_id for user in given[part.first : part.first + part.count]}
            versions = [version for place in sorted(places) for version in (expected or {}).get(place, ())]
            self._write("PUT", paths.USERS, _users_body(part), key=part.key, if_match=versions).close()

        with _told_of_changes():
            self._each_part(list(in_parts(each, most, paths.MOST_JSON_BYTES - around, new_key())), "users", send)

    def remove_users(self, email: str, location_id: str | None = None) -> int:
        try:
            asked = as_json({"email": email, "location_id": location_id})
        except TextRefused:  # What no store keeps is in none.
            return 0
        with self._write("POST", paths.USERS_REMOVAL, asked) as answer:
            removed = answer.json()
        found = removed.get("removed") if isinstance(removed, dict) else None
        if type(found) is not int:
            raise self._strange("it does not say how many were removed")
        return found

    def sightings(self, scope: Scope) -> Sequence[Sighting]:
        return list(self._values(Sighting, "sightings", scope=scope))

    def save_sightings(self, sightings: Iterable[Sighting]) -> None:
        self._save(paths.LEDGER_SIGHTINGS, [plain(it) for it in sightings], "sightings")

    # The ledger.

    def record(self, submissions: Sequence[Submission], *, atomic: bool = False) -> Sequence[Outcome]:
        """As the contract has it; more than `MOST_TOGETHER` are several transactions, unless `atomic`, for which they
        are too many. Raises TooLargeForAllOrNone before anything is sent."""
        return self.record_under(submissions, new_key(), atomic=atomic)

    def record_under(self, submissions: Sequence[Submission], key: str, *, atomic: bool = False) -> Sequence[Outcome]:
        """`record` under an Idempotency-Key."""
        parts = self.parts(submissions, key, atomic=atomic)
        return self._each_part(parts, "returns", lambda it: self.record_lines(it.body, it.count, it.key, atomic=atomic))

    def record_lines(self, body: bytes, count: int, key: str, *, atomic: bool = False) -> Sequence[Outcome]:
        """`record` of submissions in their form on the wire, in one request under an Idempotency-Key."""
        outcomes = list(values(Outcome, self._send_returns(body, key, atomic=atomic), self.server))
        self._must_tell_of(count, outcomes)
        return outcomes

    def record_rows(
        self, rows: Sequence[Submission | PlainReturn], *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        return self.record_rows_under(rows, new_key(), atomic=atomic)

    def record_rows_under(
        self, rows: Sequence[Submission | PlainReturn], key: str, *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        """`record_rows` under an Idempotency-Key, to the byte the requests that `record_lines` makes of the same."""
        minimal = not any(map(asks_for_all, rows))

        def send(part: Part) -> Sequence[Outcome | NewEntry]:
            told = list(lines(self._send_returns(part.body, part.key, atomic=atomic, minimal=minimal), self.server))
            self._must_tell_of(part.count, told)
            its = rows[part.first : part.first + part.count]
            return [as_new_entry(row, it) or self._value(Outcome, it) for row, it in zip(its, told, strict=True)]

        return self._each_part(self.parts(rows, key, atomic=atomic), "returns", send)

    def parts(self, rows: Sequence[Submission | PlainReturn], key: str, *, atomic: bool = False) -> Sequence[Part]:
        """The requests in which returns are sent under an Idempotency-Key; with `atomic` there is only one. Raises
        TooLargeForAllOrNone, TextRefused."""
        parts = list(in_parts(row_lines(rows, as_json), paths.MOST_TOGETHER, paths.MOST_BYTES, key))
        if atomic and len(parts) > 1:
            most = f"{paths.MOST_TOGETHER:,} returns and {paths.MOST_BYTES >> 20} MiB"
            size = sum(len(part.body) for part in parts) / (1 << 20)
            raise TooLargeForAllOrNone(most=most, given=f"{len(rows):,} returns and {size:.0f} MiB")
        return parts

    def start_recording(self, rows: Sequence[Submission | PlainReturn]) -> Recording:
        return self.start_recording_under(rows, new_key()) if rows else (lambda: [])

    def start_recording_under(self, rows: Sequence[Submission | PlainReturn], key: str) -> Recording:
        """`start_recording` under an Idempotency-Key."""
        sender = self._behind = self._behind or HttpBackend(self._connection.another())
        return behind(lambda: sender.record_rows_under(rows, key))

    def latest(self, scope: Scope, before: Month | None = None, survey: str = "") -> Mapping[ChainKey, Entry]:
        told = list(self._told("latest", scope=scope, before=before, survey=survey))
        latest = {(entry.location_id, entry.service): entry for entry in [self._value(Entry, it) for _, it in told]}
        self._remember((), told)
        return latest

    def versions(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = ""
    ) -> Sequence[Entry]:
        asked = {"location_ids": frozenset(filter(_kept, location_ids)), "service": service, "month": month}
        try:
            told = list(self._told("versions", **asked, survey=survey))
        except ServerRefused as error:
            if error.status != 404:
                raise
            return super().versions(location_ids, service, month, survey)  # An older server: location by location.
        found = [self._value(Entry, it) for _, it in told]
        shown = [entry for entry in found if not entry.seen_empty and (clock.rehearsing() or not entry.rehearsal)]
        last = {entry.location_id: entry.receipt_id for entry in shown}
        self._remember((), [it for it in told if last.get(it[1]["location_id"]) == it[1]["receipt_id"]])
        return found

    def recent(self, scope: Scope) -> Sequence[Recent]:
        return list(self._values(Recent, "recent", scope=scope))

    def history(self, location_id: str, service: Service | None = None) -> Sequence[Entry]:
        return list(self._values(Entry, "history", location_id=location_id, service=service))

    def returns_before(
        self, location_ids: Collection[str], service: Service, before: Month, *, rehearsals: bool
    ) -> Mapping[str, LastReturn]:
        ids = sorted(filter(_kept, location_ids))
        try:
            told = self._lines(
                "returns-before", location_ids=ids, service=service, before=before, rehearsals=rehearsals
            )
            return {self._value(str, it.get("location_id")): self._value(LastReturn, it.get("last")) for it in told}
        except ServerRefused as error:
            if error.status != 404:
                raise
        return super().returns_before(ids, service, before, rehearsals=rehearsals)  # an older server

    def receipts(self, beginning: str) -> Sequence[Entry]:
        return list(self._values(Entry, "receipts", beginning=beginning))

    def fulfilments(self, scope: Scope, first: Month, last: Month) -> Iterable[Fulfilment]:
        return self._values(Fulfilment, "fulfilments", scope=scope, first=first, last=last)

    def months_fulfilled(self, scope: Scope, first: Month, last: Month, counting: Counting) -> Mapping[ChainKey, int]:
        asked = {"scope": scope, "first": first, "last": last, "counting": counting}
        found = {}
        for it in self._lines("months-fulfilled", **asked):
            location_id = self._value(str, it.get("location_id"))
            found[location_id, self._value(Service, it.get("service"))] = self._value(int, it.get("months"))
        return found

    def counted_there(self, kind: type[T], name: str, asked: Mapping[str, str]) -> T | None:
        try:
            answer = self._connection.exchange("GET", f"{paths.REPORTS}/{name}?{urlencode(asked)}")
        except ServerRefused as error:
            if error.status not in {400, 404}:
                raise
            return None  # An older server, or nothing to count: what is counted here then says which, in ct's words.
        with answer:
            return self._value(kind, answer.json())

    def walk(self, location_id: str | None = None) -> Iterator[Entry | Damaged]:
        ends = self._ends
        which = "walk" if ends is None else "verification"
        at_the_end: list[ChainEnd] = []
        for it in self._lines(which, location_id=location_id):
            if "damaged" in it:
                yield self._value(Damaged, it["damaged"])
            elif "chain_end" in it:
                at_the_end.append(self._value(ChainEnd, it["chain_end"]))
            else:
                yield self._value(Entry, it)
        if ends is not None:
            ends[location_id] = at_the_end

    def chain_ends(self, location_id: str | None = None) -> Iterator[ChainEnd]:
        if self._ends is not None and location_id in self._ends:
            return iter(self._ends[location_id])
        return self._values(ChainEnd, "chain-ends", location_id=location_id)

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Within it, the chains that `walk` walks and their ends come in one answer, read at one moment by the server.

        Other reads are each of their own moment: nothing that uses several of them compares them.
        """
        self._ends = {}
        try:
            yield
        finally:
            self._ends = None

    # Asking.

    def _locations(self, kind: type[T], scope: Scope) -> list[T]:
        """The locations in scope, or as much of each as a class that has some of its fields holds."""
        told = list(self._told("locations", scope=scope))
        found = [self._value(kind, it) for _, it in told]
        self._remember(told, ())
        return found

    def _remember(self, locations: Sequence[Told], entries: Sequence[Told]) -> None:
        if self._heard is not None and 0 < len(locations) + len(entries) <= MOST_REMEMBERED:
            self._heard(locations, entries)

    def _lines(self, query: str, **asked: Any) -> Iterator[dict[str, Any]]:
        return (value for _, value in self._told(query, **asked))

    def _told(self, query: str, **asked: Any) -> Iterator[Told]:
        scope = asked.get("scope")
        if scope is not None and scope.location_ids is not None:
            asked["scope"] = replace(scope, location_ids=frozenset(filter(_kept, scope.location_ids)))
        try:
            body = as_json({name: plain(it) for name, it in asked.items()})
        except TextRefused:  # What no store keeps is in none.
            return iter(())
        return told_lines(self._connection.exchange("POST", f"{paths.QUERY}/{query}", body), self.server)

    def _values(self, kind: type[T], query: str, **asked: Any) -> Iterator[T]:
        return (self._value(kind, line) for line in self._lines(query, **asked))

    def _value(self, kind: type[T], given: Any) -> T:
        return value(kind, given, self.server)

    def _write(
        self, method: str, path: str, body: bytes, kind: str = "application/json", key: str | None = None,
        if_match: Collection[str] = (),
    ) -> Answer:  # fmt: skip
        return self._connection.exchange(method, path, body, kind, key=key or new_key(), if_match=if_match)

    def _send_returns(self, body: bytes, key: str, *, atomic: bool, minimal: bool = False) -> Answer:
        # In the query, not in a header: a server that does not know of it then refuses, and records nothing.
        path = f"{paths.LEDGER_RECORD}?atomic=true" if atomic else paths.LEDGER_RECORD
        try:
            return self._connection.exchange("POST", path, body, paths.NDJSON, key=key, minimal=minimal)
        except ServerRefused as error:
            if not atomic:
                raise
            instead = "Until then leave out --atomic: good rows are then kept when others fail."
            raise _too_old(error, "record all or none", instead) from None

    def _save(self, path: str, given: Sequence[Any], what: str) -> None:
        """Send plain values to be saved."""
        each_line = (as_json(it) + b"\n" for it in given)
        parts = list(in_parts(each_line, paths.MOST_REGISTERED, paths.MOST_BYTES, new_key()))
        self._each_part(parts, what, lambda it: self._write("POST", path, it.body, paths.NDJSON, it.key).close())

    def _each_part(self, parts: Sequence[Part], what: str, send: Callable[[Part], Sequence[T] | None]) -> list[T]:
        """Send one part after the other; what is answered to all of them. Where a later part fails, its error says what
        was recorded before it."""
        answered: list[T] = []
        for part in parts:
            try:
                answered += send(part) or ()
            except (ServerUnreachable, ServerRefused, KeyRefused, NotAllowedThere) as error:
                if part.first == 0:
                    raise
                raise _after_some(error, what, part.first, sum(it.count for it in parts)) from error
        return answered

    def _must_tell_of(self, count: int, told: Sequence[Any]) -> None:
        if len(told) != count:
            raise self._strange(f"it tells of {len(told)} returns where {count} were sent")

    def _strange(self, reason: str) -> NotTheServer:
        return NotTheServer(server=self.server, reason=reason, remedy="Is ct there newer than here? `ct doctor` tells.")


def _after_some(error: CtError, what: str, done: int, count: int) -> CtError:
    """An error in a later part as one that says also what was recorded before it."""
    some = f"{done:,} of {count:,} {what}"
    before = f"Before that, {some} were recorded. Run the same again: none is recorded twice."
    if isinstance(error, KeyRefused):
        return KeyRefused(server=error.facts["server"], before=f" {before}")
    where = "remedy" if isinstance(error, ServerUnreachable) else "detail"
    return type(error)(**{**error.facts, where: f"{error.facts[where]} {before}", "before": some})


def _too_old(error: ServerRefused, what: str, instead: str = "") -> ServerRefused:
    """What a server refused because it does not know of a parameter yet, as that; else what it refused."""
    return ServerTooOld(**error.facts, what=what, instead=instead) if error.code_there == "query-refused" else error


@contextmanager
def _told_of_changes() -> Iterator[None]:
    """Say of what others have changed meanwhile what a store says of it."""
    try:
        yield
    except ServerRefused as error:
        if error.code_there != RegisterChanged.code:
            raise
        some = error.facts.get("before")
        saved = f"{some} were saved before that" if some else "Nothing was saved"
        raise RegisterChanged.of(error.changed_there, saved=saved) from None


def _users_body(part: Part) -> bytes:
    return b'{"items":[' + part.body.removesuffix(b",") + b"]}"


def new_key() -> str:
    """A new Idempotency-Key."""
    return secrets.token_hex(16)


def as_json(given: Any) -> bytes:
    """A plain value as JSON. Raises TextRefused where it holds a NUL or half a character, which no store keeps."""
    text = _encode(given)
    if "\\u0000" in text or _NOT_KEPT.search(text):
        refused = min(_not_kept(given), default=None)
        if refused is not None:
            raise TextRefused(position=refused)
    return text.encode()


def _kept(text: str) -> bool:
    return _NOT_KEPT.search(text) is None


def _not_kept(given: Any) -> Iterator[int]:
    """Where, from 1, each text in a plain value has its first character that no store keeps."""
    if isinstance(given, dict):
        for pair in given.items():
            yield from _not_kept(list(pair))
    elif isinstance(given, list):
        for each in given:
            yield from _not_kept(each)
    elif isinstance(given, str):
        found = _NOT_KEPT.search(given)
        if found:
            yield found.start() + 1


def as_lines(given: Iterable[Any]) -> bytes:
    """Values of ct as NDJSON."""
    return b"".join(as_json(plain(it)) + b"\n" for it in given)
