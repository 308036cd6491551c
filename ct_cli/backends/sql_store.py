"""What every store in SQL does alike: the register and the ledger, in SQL that SQLite and PostgreSQL's kin all run."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import eq, itemgetter
from typing import Any, ClassVar, TypeVar

from ct_cli.backends import ledger
from ct_cli.backends.access import NOTHING_BESIDE, Beside
from ct_cli.backends.chain_check import altered
from ct_cli.backends.contract import (
    ChainEnd,
    ChainKey,
    Damaged,
    Entry,
    Expected,
    Fulfilment,
    FulfilmentRow,
    LastReturn,
    NewEntry,
    Outcome,
    OutcomeKind,
    PlainReturn,
    Recent,
    Submission,
    all_or_none,
)
from ct_cli.backends.fulfilments import (
    as_ct_writes,
    fulfilment_of,
    fulfilment_row,
    row_month,
    row_obligation,
    row_origin,
)
from ct_cli.backends.rows_into_ledger import MonthsMet, RowsIntoLedger, months_met
from ct_cli.backends.sql_access import KEY_COLUMNS, SqlAccess, key_of, key_row
from ct_cli.backends.sql_outbox import (
    LETTER_COLUMNS,
    NOTE_COLUMNS,
    SqlOutbox,
    forget_person,
    letter_of,
    letter_row,
    note_of,
    note_row,
)
from ct_cli.backends.sql_recent import RECENT_COLUMNS, recent_of, since
from ct_cli.backends.sql_rows import (
    ENTRY_COLUMNS,
    FACTS_COLUMNS,
    FULFILMENT_COLUMNS,
    LOCATION_COLUMNS,
    UNREADABLE,
    Row,
    condition,
    entry_of,
    entry_or_damage,
    entry_row,
    facts_of,
    keepable,
    last_return_of,
    location_of,
    location_row,
    marks,
    service_of,
    upsert,
)
from ct_cli.backends.sql_sightings import SIGHTING_COLUMNS, SqlSightings, sighting_of, sighting_row
from ct_cli.backends.sql_speaker import Connection
from ct_cli.backends.submission import SEEN_IN_SQL
from ct_cli.compliance.obligation import Counting
from ct_cli.errors import StoreDamaged
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.versions import (
    RegisterChanged,
    version_of,
    version_of_no_user,
    version_of_none,
    version_of_user,
    version_of_users,
)
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures, LocationFacts, figures_of
from ct_cli.stores.damaged_rows import row_in_words
from ct_cli.windows.month import Month

T = TypeVar("T")

ENDLESS = 999_999
"""Later than any month."""
USER_COLUMNS = "location_id, email, name"
_first = itemgetter(0)
_BITS = 60
"""Months whose bits are put together at a time: whole numbers in SQL have 64."""


class SqlStore(SqlAccess, SqlSightings, SqlOutbox):
    """A store that speaks SQL. What differs between such stores is left to each."""

    _rehearsing: bool
    _facts_sql: ClassVar[str]
    """FACTS_COLUMNS of many locations."""
    _entries_of_month: ClassVar[str]
    """FROM: every entry `e` of a survey and a month."""
    _most_named: ClassVar[int]
    """Locations up to which their entries are found faster one location after the other."""

    @abstractmethod
    def _heads(self, connection: Connection, met: MonthsMet) -> dict[ChainKey, ledger.Head]:
        """The ends of the chains of these locations; at least of those that are met."""

    _location_columns: ClassVar[str] = LOCATION_COLUMNS
    _user_columns: ClassVar[str] = USER_COLUMNS

    def _kept_location(self, it: Location) -> Row:
        """A location as this store keeps it: `_location_columns`, its id first."""
        return location_row(it)

    def _kept_user(self, it: User) -> Row:
        """A user as this store keeps it: `_user_columns`, its location and address first."""
        return (it.location_id, it.email, it.name)

    @abstractmethod
    def _held(
        self, connection: Connection, table: str, columns: str, column: str, among: Sequence[str]
    ) -> Sequence[Row]:
        """The rows of a table that has names, of which one column is among some values. Nobody else changes them until
        the transaction ends."""

    def _heads_met(self, connection: Connection, met: MonthsMet) -> dict[ChainKey, ledger.Head]:
        """The same, if need be from an earlier reading; where an end has moved on since, `_add` raises Overtaken."""
        return self._heads(connection, met)

    @abstractmethod
    def _standing(self, connection: Connection, met: MonthsMet, heads: Mapping[ChainKey, ledger.Head]) -> Iterable[Row]:
        """Every entry of these months, oldest first in each; `heads` are those that there are."""

    @abstractmethod
    def _add(self, connection: Connection, added: Sequence[Row], figures: Iterable[Figures]) -> None:
        """Append entries, each following the one before it in its chain, and note where the chains now end.

        `figures` are those of each entry, made when they are asked for. Raises Overtaken where a chain ends elsewhere.
        """

    @abstractmethod
    def _last_two(self) -> str:
        """FROM: each chain `c`, its last entry `e` and `p`, that of a month before.

        Takes one parameter twice: whether rehearsals show.
        """

    # The register.

    def locations(self, scope: Scope) -> Sequence[Location]:
        where, given = condition(scope, self.dialect)
        sql = f"SELECT {LOCATION_COLUMNS} FROM locations WHERE {where} ORDER BY id"
        return self._made(location_of, self._read(sql, given), LOCATION_COLUMNS)

    def locations_from(self, scope: Scope, first: str, most: int) -> Sequence[Location]:
        where, given = condition(scope, self.dialect)
        sql = f"SELECT {LOCATION_COLUMNS} FROM locations WHERE {where} AND id >= ? ORDER BY id LIMIT ?"
        return self._made(location_of, self._read(sql, [*given, first, most]), LOCATION_COLUMNS)

    def facts(self, location_ids: frozenset[str]) -> Mapping[str, LocationFacts]:
        rows = self._read(self._facts_sql, [self.dialect.many(sorted(location_ids))])
        return dict(zip(map(_first, rows), self._made(facts_of, rows, FACTS_COLUMNS), strict=True))

    def save_locations(self, locations: Iterable[Location], *, expected: Expected | None = None) -> None:
        given = list(locations)
        rows = [keepable(self._kept_location(it)) for it in given]

        def work(connection: Connection) -> None:
            there = None if expected is None else self._expected_locations(connection, given, expected)
            self._put(connection, "locations", self._location_columns, "id", rows, there)

        self._write(work)

    def _expected_locations(
        self, connection: Connection, given: Sequence[Location], expected: Expected
    ) -> set[tuple[str, ...]]:
        """The keys of those that are there, all of which stay as they are until the transaction ends. Raises
        RegisterChanged where one has another version than those that are expected."""
        rows = self._held(connection, "locations", LOCATION_COLUMNS, "id", [it.id for it in given])
        found = {it.id: version_of(it) for it in self._made(location_of, rows, LOCATION_COLUMNS)}
        versions = ((it.id, found.get(it.id) or version_of_none(it.id)) for it in given)
        _refuse_changed(id for id, version in versions if id in expected and version not in expected[id])
        return {(id,) for id in found}

    def users(self, scope: Scope) -> Sequence[User]:
        where, given = condition(scope, self.dialect)
        sql = (
            f"SELECT {USER_COLUMNS} FROM users"
            f" WHERE location_id IN (SELECT id FROM locations WHERE {where}) ORDER BY location_id, email"
        )
        return self._made(_user_of, self._read(sql, given), USER_COLUMNS)

    def users_from(self, scope: Scope, first: tuple[str, str], most: int) -> Sequence[User]:
        where, given = condition(scope, self.dialect)
        sql = (
            f"SELECT {USER_COLUMNS} FROM users WHERE location_id IN (SELECT id FROM locations WHERE {where})"
            " AND (location_id, email) >= (?, ?) ORDER BY location_id, email LIMIT ?"
        )
        return self._made(_user_of, self._read(sql, [*given, *first, most]), USER_COLUMNS)

    def save_users(self, users: Iterable[User], *, expected: Expected | None = None) -> None:
        given = list(users)
        rows = [keepable(self._kept_user(it)) for it in given]

        def work(connection: Connection) -> None:
            there = None if expected is None else self._expected_users(connection, given, expected)
            self._put(connection, "users", self._user_columns, "location_id, email", rows, there)

        self._write(work)

    def _expected_users(
        self, connection: Connection, given: Sequence[User], expected: Expected
    ) -> set[tuple[str, ...]]:
        """As `_expected_locations`; a user is as expected, too, where all users of the location are."""
        here: dict[str, list[User]] = {user.location_id: [] for user in given}
        rows = self._held(connection, "users", USER_COLUMNS, "location_id", sorted(here))
        for user in self._made(_user_of, rows, USER_COLUMNS):
            here[user.location_id].append(user)
        found = {(it.location_id, it.email): version_of_user(it) for theirs in here.values() for it in theirs}

        def as_expected(place: str, email: str) -> bool:
            own = found.get((place, email)) or version_of_no_user(place, email)
            return own in expected[place] or version_of_users(place, here[place]) in expected[place]

        in_question = [(it.location_id, it.email) for it in given if it.location_id in expected]
        _refuse_changed(place for place, email in in_question if not as_expected(place, email))
        return set(found)

    def remove_users(self, email: str, location_id: str | None = None) -> int:
        theirs, given = f"{self.dialect.folded.format('email')} = ?", [email.lower()]
        here, also = ("", []) if location_id is None else (" AND location_id = ?", [location_id])

        def work(connection: Connection) -> int:
            [removed] = self._changed(connection, f"DELETE FROM users WHERE {theirs}{here}", [[*given, *also]])
            if not connection.execute(f"SELECT 1 FROM users WHERE {theirs}", given).fetchall():
                forget_person(connection, email)
            return removed

        return self._write(work)

    # The ledger.

    def record(self, submissions: Sequence[Submission], *, atomic: bool = False) -> Sequence[Outcome]:
        return self.record_beside(submissions, lambda _: NOTHING_BESIDE, atomic=atomic)

    def record_beside(
        self, submissions: Sequence[Submission], beside: Callable[[Sequence[Outcome]], Beside], *, atomic: bool = False
    ) -> Sequence[Outcome]:
        def work(connection: Connection) -> Sequence[Outcome]:
            outcomes: Sequence[Outcome] = ()
            if submissions:
                met = months_met(submissions)
                heads = self._heads(connection, met)
                months: dict[ledger.MonthKey, list[Entry]] = {}
                standing = self._standing(connection, met, heads) if heads else ()
                for entry in self._made(entry_of, standing, ENTRY_COLUMNS):
                    months.setdefault(ledger.month_key(entry), []).append(entry)
                found = ledger.append(submissions, heads, months)
                outcomes = all_or_none(found) if atomic else found
                added = ledger.written(outcomes)
                if added:
                    figures = (figures_of(entry.service, entry.values) for entry in added)
                    self._add(connection, list(map(entry_row, added)), figures)
            self._write_beside(connection, beside(outcomes))
            return outcomes

        return self._write(work)

    def record_rows(
        self, rows: Sequence[Submission | PlainReturn], *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        return self.record_rows_beside(rows, lambda _: NOTHING_BESIDE, atomic=atomic)

    def record_rows_beside(
        self,
        rows: Sequence[Submission | PlainReturn],
        beside: Callable[[Sequence[Outcome | NewEntry]], Beside],
        *,
        atomic: bool = False,
    ) -> Sequence[Outcome | NewEntry]:
        def work(connection: Connection) -> Sequence[Outcome | NewEntry]:
            outcomes = self._record_rows(rows, connection, atomic=atomic)
            self._write_beside(connection, beside(outcomes))
            return outcomes

        return self._write(work)

    def versions(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = ""
    ) -> Sequence[Entry]:
        sql = (
            f"SELECT {ENTRY_COLUMNS} FROM entries WHERE location_id {self.dialect.among} AND service = ?"
            " AND survey = ? AND month = ? ORDER BY location_id, number"
        )
        given = [self.dialect.many(sorted(location_ids)), service.value, survey, month.key]
        return self._made(entry_of, self._read(sql, given))

    def contents(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = "", *, rehearsals: bool
    ) -> Mapping[str, str]:
        sql = (
            f"SELECT location_id, content FROM entries WHERE location_id {self.dialect.among} AND service = ?"
            f" AND survey = ? AND month = ? AND source NOT IN ({SEEN_IN_SQL}) AND rehearsal <= ? ORDER BY number"
        )
        given = [self.dialect.many(sorted(location_ids)), service.value, survey, month.key, int(rehearsals)]
        return dict(self._read(sql, given))

    def versions_standing(
        self, month: Month, survey: str, location_ids: Collection[str] | None, *, rehearsals: bool
    ) -> Mapping[Service, Mapping[str, int]]:
        entries, given = self._entries_of_month, []
        if location_ids is not None and len(location_ids) <= self._most_named:
            entries = f"(SELECT * FROM entries WHERE location_id {self.dialect.among} AND survey = ? AND month = ?) e"
            given = [self.dialect.many(sorted(location_ids))]
        sql = (
            f"SELECT e.service, e.location_id, MAX(e.version) FROM {entries} WHERE e.rehearsal <= ?"
            f" AND e.source NOT IN ({SEEN_IN_SQL}) GROUP BY e.location_id, e.service"
        )
        found: dict[Service, dict[str, int]] = {}
        for service, location_id, version in self._read(sql, [*given, survey, month.key, int(rehearsals)]):
            found.setdefault(service_of(service), {})[location_id] = version
        return found

    def history(self, location_id: str, service: Service | None = None) -> Sequence[Entry]:
        where, given = "location_id = ?", [location_id]
        if service is not None:
            where, given = where + " AND service = ?", [location_id, service.value]
        sql = f"SELECT {ENTRY_COLUMNS} FROM entries WHERE {where} ORDER BY service, number"
        return self._made(entry_of, self._read(sql, given), ENTRY_COLUMNS)

    def months_back(self, location_id: str, service: Service, last: Month) -> Iterable[LastReturn]:
        sql = (
            "SELECT month, kind, content, rehearsal FROM entries WHERE location_id = ? AND service = ? AND survey = ''"
            f" AND month <= ? AND NOT (source IN ({SEEN_IN_SQL}) AND content = '{{}}') ORDER BY month DESC, number DESC"
        )
        yield from map(last_return_of, self._stream(sql, [location_id, service.value, last.key]))

    def recent(self, scope: Scope) -> Sequence[Recent]:
        where, given = self._chains(scope)
        sql = (
            f"SELECT {RECENT_COLUMNS}, {since(self.dialect)} {self._last_two()} WHERE {where}"
            " ORDER BY c.location_id, c.service"
        )
        return self._made(recent_of, self._read(sql, [*[int(self._rehearsing)] * 2, *given]), RECENT_COLUMNS)

    def receipts(self, beginning: str) -> Sequence[Entry]:
        sql = (
            f"SELECT {ENTRY_COLUMNS} FROM entries WHERE receipt_id BETWEEN ? AND ?"
            " ORDER BY receipt_id, location_id, service, number LIMIT 10"
        )
        return self._made(entry_of, self._read(sql, [beginning, beginning + "g"]), ENTRY_COLUMNS)

    def fulfilments(self, scope: Scope, first: Month, last: Month) -> Iterable[Fulfilment]:
        return self._made(fulfilment_of, self._last_fulfilling(scope, first, last), FULFILMENT_COLUMNS)

    def fulfilment_rows(self, scope: Scope, first: Month, last: Month) -> Sequence[FulfilmentRow]:
        rows = self._last_fulfilling(scope, first, last)
        return (
            rows
            if as_ct_writes(rows)
            else list(map(fulfilment_row, self._made(fulfilment_of, rows, FULFILMENT_COLUMNS)))
        )

    def months_fulfilled(self, scope: Scope, first: Month, last: Month, counting: Counting) -> Mapping[ChainKey, int]:
        also = "" if counting.rehearsing else " AND rehearsal = 0"
        also += f" AND source IN ({SEEN_IN_SQL})" if counting.must_be_seen else ""
        found: dict[ChainKey, int] = {}
        for newer in range(0, last - first + 1, _BITS):
            top = last + -newer
            # Put together by the store: SQLite takes 18 ms so for 9,600 entries, and 40 ms as rows (measured).
            bits = self.dialect.bits.format(f"({top.ordinal + 1} - (month / 100 * 12 + month % 100))")
            columns, grouped = f"location_id, service, {bits}", f"{also} GROUP BY location_id, service"
            rows = self._fulfilling(columns, scope, max(first, top + (1 - _BITS)), top, grouped)
            for key, months in self._made(lambda row: ((row[0], service_of(row[1])), row[2]), rows, columns):
                found[key] = found.get(key, 0) | months << newer
        return found

    def walk(self, location_id: str | None = None) -> Iterator[Entry | Damaged]:
        where, given = _of(location_id)
        sql = f"SELECT {ENTRY_COLUMNS} FROM entries {where} ORDER BY location_id, service, number"
        yield from map(entry_or_damage, self._stream(sql, given))

    def chain_ends(self, location_id: str | None = None) -> Iterator[ChainEnd]:
        where, given = _of(location_id)
        sql = f"SELECT location_id, service, number, entry_hash FROM chains {where} ORDER BY location_id, service"
        yield from (ChainEnd(*row) for row in self._stream(sql, given))

    def unreadable(self) -> Iterator[str]:
        for line in self.walk():
            if isinstance(line, Damaged):
                known = (line.receipt_id, line.location_id, line.service)
                yield f"{row_in_words(('receipt_id', 'location_id', 'service'), known)}: {line.reason}"
            elif reason := altered(line):
                known = (line.receipt_id, line.location_id, line.service.value)
                yield f"{row_in_words(('receipt_id', 'location_id', 'service'), known)}: {reason}"
        for table, columns, again in self._kept():
            names = columns.split(", ")
            try:
                for row in self._stream(f"SELECT {columns} FROM {table}", ()):
                    if not _as_written(names, row, again):
                        yield f"{row_in_words(names, row)} cannot be read"
            except StoreDamaged as error:
                yield str(error.facts["reason"])

    # Inside.

    def _kept(self) -> Iterator[tuple[str, str, Callable[[Row], Row]]]:
        """What is kept beside the ledger: each table, its columns, and how a row is written again that was read."""
        yield "locations", LOCATION_COLUMNS, lambda row: location_row(location_of(row))
        yield "users", USER_COLUMNS, lambda row: row
        yield "sightings", SIGHTING_COLUMNS, lambda row: sighting_row(sighting_of(row))
        yield "api_keys", KEY_COLUMNS, lambda row: key_row(key_of(row))
        yield "outbox", LETTER_COLUMNS, lambda row: letter_row(letter_of(row))
        yield "contact_notes", NOTE_COLUMNS, lambda row: note_row(note_of(row))

    def _put(
        self,
        connection: Connection,
        table: str,
        columns: str,
        key: str,
        rows: Sequence[Row],
        there: set[tuple[str, ...]] | None,
    ) -> None:
        """Put rows into a table, each in the place of the one with its key. The key's columns come first.

        `there` are the keys of those rows that were found there and are held; None where nobody looked. Raises
        RegisterChanged where one comes in between that was not.
        """
        replaced = rows
        if there is not None:
            of_key = key.count(",") + 1
            new = [row for row in rows if tuple(row[:of_key]) not in there]
            replaced = [row for row in rows if tuple(row[:of_key]) in there]
            sql = f"INSERT INTO {table} ({columns}) VALUES ({marks(columns)}) ON CONFLICT DO NOTHING"
            added = self._changed(connection, sql, new)
            _refuse_changed(row[0] for row, one in zip(new, added, strict=True) if not one)
        if replaced:
            connection.executemany(upsert(table, columns, key), replaced)

    def _chains(self, scope: Scope) -> tuple[str, list[Any]]:
        where, given = condition(scope, self.dialect)
        where = f"c.location_id IN (SELECT id FROM locations WHERE {where})"
        return (
            (where, given) if scope.service is None else (where + " AND c.service = ?", [*given, scope.service.value])
        )

    def _last_fulfilling(self, scope: Scope, first: Month, last: Month) -> list[FulfilmentRow]:
        rows = self._fulfilling(FULFILMENT_COLUMNS, scope, first, last, "ORDER BY location_id, service, month, number")
        months = list(map(row_month, rows))
        # Of two neighbours in the same month nearly all are several entries of one chain; where there are none, done.
        return list(_last_of_each(rows)) if any(map(eq, months, islice(months, 1, None))) else rows

    def _fulfilling(self, columns: str, scope: Scope, first: Month, last: Month, also: str) -> list[Any]:
        where, given = self._chains(scope)
        sql = (
            f"SELECT {columns} FROM entries c WHERE {where} AND survey = '' AND fulfils = 1 AND month BETWEEN ? AND ?"
            f" {also}"
        )
        return self._read(sql, [*given, first.key, last.key])

    def _record_rows(
        self, rows: Sequence[Submission | PlainReturn], connection: Connection, *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        met = months_met(rows)
        into, found = self._into_ledger(rows, connection, met, self._heads_met(connection, met))
        if any(isinstance(it, Outcome) and it.kind is OutcomeKind.CONFLICT for it in found):
            # Decided by what stands now, for then nothing may come to be written that would show an earlier reading.
            into, found = self._into_ledger(rows, connection, met, self._heads(connection, met))
        outcomes = all_or_none(found) if atomic else found
        if into.added and outcomes is found:
            self._add(connection, into.added, into.figures)
        return outcomes

    def _into_ledger(
        self,
        rows: Sequence[Submission | PlainReturn],
        connection: Connection,
        met: MonthsMet,
        heads: dict[ChainKey, ledger.Head],
    ) -> tuple[RowsIntoLedger, list[Outcome | NewEntry]]:
        """What rows become where the chains that they meet end so, and what that would write."""
        into = RowsIntoLedger(
            rows,
            heads,
            lambda: self._made(entry_of, self._standing(connection, met, heads), ENTRY_COLUMNS),
            lambda stored: self._made(entry_of, stored, ENTRY_COLUMNS),
        )
        return into, into.settle()


def _refuse_changed(ids: Iterable[str]) -> None:
    """Raises RegisterChanged where there are any."""
    changed = set(ids)
    if changed:
        raise RegisterChanged.of(changed)


def _last_of_each(rows: Iterable[FulfilmentRow]) -> Iterator[FulfilmentRow]:
    """Of rows of FULFILMENT_COLUMNS, by location, service, month and number, the last of each source, rehearsals apart;
    nearly always there is one to a month."""
    before: FulfilmentRow | None = None
    several: dict[tuple[str, int], FulfilmentRow] = {}
    for row in rows:
        if before is not None:
            if row_obligation(row) == row_obligation(before):
                several[row_origin(before)] = before
            elif several:
                several[row_origin(before)] = before
                yield from several.values()
                several = {}
            else:
                yield before
        before = row
    if before is not None:
        several[row_origin(before)] = before
        yield from several.values()


_NUMBERS = frozenset(
    {"beds", "public_body", "fee_pence", "latitude", "longitude", "accepting", "confirmed_save", "user_count", "month",
     "part", "rehearsal", "attempts", "opted_out"}
)  # fmt: skip
"""Columns beside the ledger that hold numbers; all others hold text."""


def _as_written(names: Sequence[str], row: Row, again: Callable[[Row], Row]) -> bool:
    for name, value in zip(names, row, strict=True):
        if value is not None and not isinstance(value, (int, float) if name in _NUMBERS else str):
            return False
    try:
        return tuple(again(row)) == tuple(row)
    except UNREADABLE:
        return False


def _user_of(row: Row) -> User:
    return User(*row)


def _of(location_id: str | None) -> tuple[str, list[str]]:
    return ("", []) if location_id is None else ("WHERE location_id = ?", [location_id])
