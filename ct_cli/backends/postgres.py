"""The shared store: a PostgreSQL database, for many people and programs at once.

How two writers keep out of each other's way, without locks that distributed PostgreSQL lacks: whoever records reads
where the chains end, works out the entries, and moves the ends on only where they still are as they were read
(`followed`). Who was overtaken begins anew, and then holds the chains from the beginning.
"""

import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from ct_cli.backends import ledger
from ct_cli.backends.access import KeyHeld
from ct_cli.backends.contract import ChainKey, Entry, LastReturn, PlainReturn, Recording, Submission
from ct_cli.backends.postgres_copy import array_of
from ct_cli.backends.postgres_database import Database, Session, asked, marked
from ct_cli.backends.postgres_errors import StoreUnreachable, in_words
from ct_cli.backends.rows_into_ledger import MonthsMet, locations_met
from ct_cli.backends.sql_recent import chain_of
from ct_cli.backends.sql_rows import (
    ENTRY_COLUMNS,
    FACTS_COLUMNS,
    FOLDED_COLUMNS,
    LOCATION_COLUMNS,
    Dialect,
    Row,
    entry_of,
    last_return_of,
    location_row,
    marks,
)
from ct_cli.backends.sql_speaker import Connection, Overtaken
from ct_cli.backends.sql_store import ENDLESS, SqlStore
from ct_cli.backends.submission import SEEN_IN_SQL
from ct_cli.register.location import Location, Scope, User
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures
from ct_cli.stores.owner import Owner
from ct_cli.windows.month import Month

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from ct_cli.stores.postgres_connection import Connection as Asking

T = TypeVar("T")

_PREFIXED = ", ".join("e." + column for column in ENTRY_COLUMNS.split(", "))
_LAST_COLUMNS = "e.month, e.kind, e.content, e.rehearsal, e.location_id"
_FEW = 20
"""Locations of which it is said more than once that only theirs is asked for."""
_MANY = 20
"""Rows from which on COPY is faster than INSERT."""
_AT_A_TIME = 2_000
"""Rows of a long answer that are fetched at a time."""
_A_MOMENT = 250
"""Milliseconds for which an idempotency key is waited for, with a connection in hand."""
_KEPT_NOWHERE = re.compile("[\0\ud800-\udfff]")
_KEPT_LOCATION = LOCATION_COLUMNS + "".join(f", {column}_key" for column in FOLDED_COLUMNS)


class PostgresBackend(SqlStore):
    """A store in a PostgreSQL database. Those of one process that lead to the same database share its connections."""

    dialect = Dialect(
        folded="{}_key",
        among="= ANY(?)",
        many=lambda ids: array_of([id for id in ids if _askable(id)]),
        bits="BIT_OR(1::bigint << {})",
        # jsonb would put letters in place of \u00eb, which a database whose encoding is SQL_ASCII has none for.
        number_in=(
            "(CASE WHEN position('\\u' in {0}) = 0 THEN {0}"
            " ELSE regexp_replace({0}, '\\\\u[0-9a-f]{{4}}', '\\\\n', 'g') END::jsonb ->> '{1}')::bigint"
        ),
        differ="({} IS DISTINCT FROM {})",
    )

    _facts_sql = f"SELECT {FACTS_COLUMNS} FROM locations WHERE id = ANY(?)"
    # Chain by chain: no index begins with the month.
    _entries_of_month = (
        f"chains c CROSS JOIN LATERAL (SELECT i.* FROM entries i WHERE {chain_of('i')} AND i.survey = ?"
        " AND i.month = ?) e"
    )
    _most_named = 10_000

    def __init__(self, database: str, read_database: str | None = None, *, rehearsing: bool = False) -> None:
        """`read_database` is a replica, from which is read while the primary does not answer."""
        self._rehearsing = rehearsing
        self._owner = Owner()
        self._moment: Asking | None = None
        self._names = 0
        self._behind: ThreadPoolExecutor | None = None
        """Where rows are recorded while whoever gave them goes on: half of that time, PostgreSQL is waited for."""
        with ExitStack() as undone:
            self._primary = undone.enter_context(_shared("database", database))
            self._replica = undone.enter_context(_shared("read_database", read_database)) if read_database else None
            try:
                self._primary.open()
            except StoreUnreachable:
                if self._replica is None:
                    raise
                self._replica.open()
            self._closing = undone.pop_all()

    @property
    def place(self) -> str:
        return self._primary.place

    def close(self) -> None:
        self._closing.close()

    # The register.

    def remove_users(self, email: str, location_id: str | None = None) -> int:
        return super().remove_users(email, location_id) if _askable(email) and _askable(location_id) else 0

    # The ledger.

    def start_recording(self, rows: Sequence[Submission | PlainReturn]) -> Recording:
        return self.start(lambda: self.record_rows(rows))

    def start(self, work: Callable[[], T]) -> Callable[[], T]:
        from concurrent.futures import ThreadPoolExecutor

        self._owner.check()
        if self._behind is None:
            writer = ThreadPoolExecutor(1, thread_name_prefix="ct-writer", initializer=self._owner.admit)
            self._behind = self._closing.enter_context(writer)
        return self._behind.submit(work).result

    def latest(self, scope: Scope, before: Month | None = None, survey: str = "") -> Mapping[ChainKey, Entry]:
        where, given = self._chains(scope)
        few, ids = "", list[Any]()
        if scope.location_ids is not None and len(scope.location_ids) <= _FEW:
            # Said within as well: Citus does not carry it there, and would ask every worker. Of many it would spoil the
            # plan of plain PostgreSQL.
            few, ids = f" AND location_id {self.dialect.among}", [self.dialect.many(sorted(scope.location_ids))]
        sql = (
            f"SELECT {_PREFIXED} FROM chains c CROSS JOIN LATERAL (SELECT {ENTRY_COLUMNS} FROM entries"
            f" WHERE location_id = c.location_id{few} AND service = c.service AND survey = ? AND month < ?"
            f" AND NOT (source IN ({SEEN_IN_SQL}) AND content = '{{}}') AND rehearsal <= ?"
            " ORDER BY month DESC, number DESC LIMIT 1) e"
            f" WHERE {where} ORDER BY e.location_id, e.service"
        )
        limit = before.key if before else ENDLESS
        rows = self._read(sql, [*ids, survey, limit, int(self._rehearsing), *given])
        return {(entry.location_id, entry.service): entry for entry in self._made(entry_of, rows, ENTRY_COLUMNS)}

    def returns_before(
        self, location_ids: Collection[str], service: Service, before: Month, *, rehearsals: bool
    ) -> Mapping[str, LastReturn]:
        sql = (
            f"SELECT {_LAST_COLUMNS} FROM chains c CROSS JOIN LATERAL ("
            "SELECT month, kind, content, rehearsal, location_id FROM entries WHERE location_id = c.location_id"
            " AND service = c.service AND survey = '' AND month < ?"
            f" AND NOT (source IN ({SEEN_IN_SQL}) AND content = '{{}}') AND rehearsal <= ?"
            f" ORDER BY month DESC, number DESC LIMIT 1) e WHERE c.location_id {self.dialect.among} AND c.service = ?"
        )
        ids = self.dialect.many(sorted(location_ids))
        rows = self._read(sql, [before.key, int(rehearsals), ids, service.value])
        return dict(self._made(lambda row: (row[4], last_return_of(row)), rows, _LAST_COLUMNS.replace("e.", "")))

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        self._owner.check()
        with self._reading() as connection:
            self._moment = connection
            try:
                yield
            finally:
                self._moment = None

    # Inside.

    _locked = " FOR UPDATE"
    _location_columns = _KEPT_LOCATION
    _user_columns = "location_id, email, name, email_key"

    def _kept_location(self, it: Location) -> Row:
        return (*location_row(it), *(getattr(it, column).lower() for column in FOLDED_COLUMNS))

    def _kept_user(self, it: User) -> Row:
        return (it.location_id, it.email, it.name, it.email.lower())

    def _held(
        self, connection: Connection, table: str, columns: str, column: str, among: Sequence[str]
    ) -> Sequence[Row]:
        # Not by SELECT … FOR UPDATE, which Citus has for one location only.
        sql = f"UPDATE {table} SET name = name WHERE {column} = ANY(?) RETURNING {columns}"
        return connection.execute(sql, (array_of(list(among)),)).fetchall()

    @contextmanager
    def _waiting_briefly(self, connection: Connection) -> Iterator[None]:
        from psycopg.errors import LockNotAvailable

        connection.execute(f"SET LOCAL lock_timeout = {_A_MOMENT}")
        try:
            yield
        except LockNotAvailable:
            raise KeyHeld from None
        connection.execute("SET LOCAL lock_timeout = 0")

    def _chains(self, scope: Scope) -> tuple[str, list[Any]]:
        where, given = super()._chains(scope)
        if scope.location_ids is None:
            return where, given
        # Said of the chains as well as of the locations: else, where a table has grown since PostgreSQL last looked at
        # it, each chain there is may be followed into the ledger before those that were named are picked out.
        return (
            f"c.location_id {self.dialect.among} AND {where}",
            [self.dialect.many(sorted(scope.location_ids)), *given],
        )

    def _heads(self, connection: Connection, met: MonthsMet) -> dict[ChainKey, ledger.Head]:
        assert isinstance(connection, Session)
        if connection.again:
            _hold(connection, sorted({(each, ledger.TEXT[key[0]]) for key, ids in met.items() for each in ids}))
        # The ends first and the entries then: an entry that comes between makes the end too old, which is found out.
        sql = "SELECT location_id, service, number, entry_hash FROM chains WHERE location_id = ANY(?)"
        rows = connection.execute(sql, (array_of(sorted(locations_met(met))),)).fetchall()
        return {(row[0], Service(row[1])): ledger.Head(row[2], row[3]) for row in rows}

    def _standing(self, connection: Connection, met: MonthsMet, heads: Mapping[ChainKey, ledger.Head]) -> Iterable[Row]:
        sql = (
            f"SELECT {ENTRY_COLUMNS} FROM entries WHERE location_id = ANY(?) AND service = ANY(?) AND survey = ANY(?)"
            " AND month = ANY(?) ORDER BY location_id, number"
        )
        services = [ledger.TEXT[service] for service in {key[0] for key in met}]
        surveys, months = list({key[1] for key in met}), [month.key for month in {key[2] for key in met}]
        known = array_of(sorted({key[0] for key in heads}))
        return connection.execute(sql, (known, services, surveys, months)).fetchall()

    def _last_two(self) -> str:
        def last(also: str) -> str:
            return (
                f"LATERAL (SELECT i.* FROM entries i WHERE {chain_of('i')}{also} AND i.rehearsal <= ?"
                " ORDER BY i.month DESC, i.number DESC LIMIT 1)"
            )

        return f"FROM chains c CROSS JOIN {last('')} e LEFT JOIN {last(' AND i.month < e.month')} p ON TRUE"

    def _add(self, connection: Connection, added: Sequence[Row], figures: Iterable[Figures]) -> None:  # noqa: ARG002
        assert isinstance(connection, Session)
        _move_ends(connection, added)
        # Straight into the ledger: the ends were moved on, so that nobody else writes these entries, and a staging
        # table would only have each of them written twice.
        self._append(connection, "entries", ENTRY_COLUMNS, added)

    def _changed(self, connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> list[int]:
        assert isinstance(connection, Session)
        return connection.changed(sql, rows)

    def _append(self, connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
        assert isinstance(connection, Session)
        if len(rows) >= _MANY:
            connection.copy(table, columns, rows)
            return
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks(columns)})"
        for row in rows:
            connection.execute(sql, row)

    def _read(self, sql: str, given: Sequence[Any]) -> list[Any]:
        self._owner.check()
        if not all(map(_askable, given)):
            return []

        def work(connection: "Asking") -> list[Any]:
            return asked(connection, sql, given).fetchall()

        if self._moment is not None:
            with in_words(self.place):
                return work(self._moment)
        try:
            return self._primary.read(work)
        except StoreUnreachable:
            if self._replica is None:
                raise
            return self._replica.read(work)

    def _stream(self, sql: str, given: Sequence[Any]) -> Iterator[Row]:
        self._owner.check()
        if not all(map(_askable, given)):
            return
        self._names += 1
        name = f"ct_{self._names}"
        with ExitStack() as stack:
            connection = self._moment or stack.enter_context(self._reading())
            with in_words(self.place):
                cursor = connection.cursor(name)
                cursor.execute(marked(sql), given)
            # What is done with the rows meanwhile is not PostgreSQL's, nor are its errors.
            while True:
                with in_words(self.place):
                    rows = cursor.fetchmany(_AT_A_TIME)
                yield from rows
                if len(rows) < _AT_A_TIME:
                    break
            with in_words(self.place):
                cursor.close()

    @contextmanager
    def _reading(self) -> "Iterator[Asking]":
        """A connection that sees the store as it stands at one moment: of the primary or, while it is away, the
        replica."""
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(self._primary.reading(_AT_ONE_MOMENT))
            except StoreUnreachable:
                if self._replica is None:
                    raise
                connection = stack.enter_context(self._replica.reading(_AT_ONE_MOMENT))
            yield connection

    def _transact(self, work: Callable[[Connection], T]) -> T:
        return self._primary.write(work)


_AT_ONE_MOMENT = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '0'"
"""Whoever reads a long answer may take their time over each part of it."""


def _hold(connection: Session, chains: Sequence[tuple[str, str]]) -> None:
    """Keep other writers out of chains until the transaction ends. One by one in one order, so that of two that do so
    one waits for the other, never both; and not by SELECT … FOR UPDATE, which Citus has for one location only."""
    connection.executemany("UPDATE chains SET number = number WHERE location_id = ? AND service = ?", chains)


_end_of: Callable[[Row], tuple[str, str, int, str]] = itemgetter(
    *map(ENTRY_COLUMNS.split(", ").index, ("location_id", "service", "number", "entry_hash"))
)


def _move_ends(connection: Session, added: Sequence[Row]) -> None:
    ends: dict[tuple[str, str], tuple[int, str]] = {}
    followed: dict[tuple[str, str], int] = {}
    for row in added:
        location_id, service, number, entry_hash = _end_of(row)
        key = (location_id, service)
        followed.setdefault(key, number - 1)
        ends[key] = (number, entry_hash)
    keys = sorted(ends)  # all writers in one order, so that two wait for each other but never both
    moved = connection.execute(
        "INSERT INTO chains (location_id, service, number, entry_hash, followed)"
        " SELECT * FROM unnest(?::text[], ?::text[], ?::int[], ?::text[], ?::int[])"
        " ON CONFLICT (location_id, service) DO UPDATE SET number = excluded.number,"
        " entry_hash = excluded.entry_hash, followed = excluded.followed"
        " WHERE chains.number = excluded.followed RETURNING 1",
        (
            array_of([key[0] for key in keys]),
            array_of([key[1] for key in keys]),
            array_of([str(ends[key][0]) for key in keys]),
            array_of([ends[key][1] for key in keys]),
            array_of([str(followed[key]) for key in keys]),
        ),
    )
    # What comes back was moved. The row count is no guard: Citus counts the rows that it sent to its workers.
    if len(moved.fetchall()) != len(keys):
        raise Overtaken


def _askable(value: object) -> bool:
    """Whether PostgreSQL can be asked of it. Nothing that it keeps has a NUL or half a character (what a byte that is
    not UTF-8 becomes), so nothing is found by one."""
    return not isinstance(value, str) or _KEPT_NOWHERE.search(value) is None


_databases: dict[tuple[str, str], tuple[Database, int]] = {}
_sharing = threading.Lock()


@contextmanager
def _shared(setting: str, conninfo: str) -> Iterator[Database]:
    """The database of a connection string, of which a process has one, closed with the last that uses it."""
    key = (setting, conninfo)
    with _sharing:
        database, users = _databases.get(key) or (Database(setting, conninfo, replica=setting == "read_database"), 0)
        _databases[key] = (database, users + 1)
    try:
        yield database
    finally:
        with _sharing:
            database, users = _databases.pop(key)
            if users > 1:
                _databases[key] = (database, users - 1)
        if users == 1:
            database.close()
