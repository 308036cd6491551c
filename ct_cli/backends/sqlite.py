"""The embedded store: one SQLite file, nothing to install."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ct_cli.backends import ledger
from ct_cli.backends.access import NOTHING_BESIDE, Beside
from ct_cli.backends.contract import (
    ChainEnd,
    ChainKey,
    Damaged,
    Entry,
    Fulfilment,
    Outcome,
    Source,
    Submission,
)
from ct_cli.backends.sqlite_access import SqliteAccess, write_beside
from ct_cli.backends.sqlite_file import in_words, open_store
from ct_cli.backends.sqlite_outbox import SqliteOutbox, forget_person
from ct_cli.backends.sqlite_rows import (
    ENTRY_COLUMNS,
    FULFILMENT_COLUMNS,
    LOCATION_COLUMNS,
    Row,
    condition,
    entry_of,
    entry_or_damage,
    entry_row,
    fulfilment_of,
    location_of,
    location_row,
    marks,
)
from ct_cli.backends.sqlite_sightings import SqliteSightings
from ct_cli.compliance.obligation import Counting
from ct_cli.errors import StoreUnusable
from ct_cli.register.location import Location, Scope, User
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month

T = TypeVar("T")

_ENDLESS = 999_999
_BITS = 60
"""Months whose bits are added up at a time: SQLite's whole numbers have 64."""
_PREFIXED = ", ".join("e." + column.strip() for column in ENTRY_COLUMNS.split(","))


class SqliteBackend(SqliteAccess, SqliteSightings, SqliteOutbox):
    """A store in one file, shared by the programs of one machine."""

    def __init__(self, path: Path, *, rehearsing: bool = False) -> None:
        self._path = path
        self._rehearsing = rehearsing
        self._connection = open_store(path)

    def close(self) -> None:
        self._connection.close()

    # The register.

    def locations(self, scope: Scope) -> Sequence[Location]:
        where, given = condition(scope)
        sql = f"SELECT {LOCATION_COLUMNS} FROM locations WHERE {where} ORDER BY id"
        return self._made(location_of, self._read(sql, given))

    def save_locations(self, locations: Iterable[Location]) -> None:
        rows = [location_row(location) for location in locations]
        with self._writing() as connection:
            connection.executemany(
                f"REPLACE INTO locations ({LOCATION_COLUMNS}) VALUES ({marks(LOCATION_COLUMNS)})", rows
            )

    def users(self, scope: Scope) -> Sequence[User]:
        where, given = condition(scope)
        sql = (
            "SELECT location_id, email, name FROM users"
            f" WHERE location_id IN (SELECT id FROM locations WHERE {where}) ORDER BY location_id, email"
        )
        return [User(*row) for row in self._read(sql, given)]

    def save_users(self, users: Iterable[User]) -> None:
        rows = [(user.location_id, user.email, user.name) for user in users]
        with self._writing() as connection:
            connection.executemany("REPLACE INTO users (location_id, email, name) VALUES (?, ?, ?)", rows)

    def remove_users(self, email: str, location_id: str | None = None) -> int:
        where, given = "lower(email) = ?", [email.lower()]
        if location_id is not None:
            where, given = where + " AND location_id = ?", [*given, location_id]
        with self._writing() as connection:
            removed = connection.execute(f"DELETE FROM users WHERE {where}", given).rowcount
            if connection.execute("SELECT 1 FROM users WHERE lower(email) = ?", given[:1]).fetchone() is None:
                forget_person(connection, email)
        with in_words(self._path):
            # The name may still be in the log of changes; this empties it into the file, where it is overwritten.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    # The ledger.

    def record(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        return self.record_beside(submissions, lambda _: NOTHING_BESIDE)

    def record_beside(
        self, submissions: Sequence[Submission], beside: Callable[[Sequence[Outcome]], Beside]
    ) -> Sequence[Outcome]:
        with self._writing() as connection:
            heads = _heads(connection, submissions)
            months: dict[ledger.MonthKey, list[Entry]] = {}
            for entry in self._made(entry_of, _standing(connection, submissions, heads)):
                months.setdefault(ledger.month_key(entry), []).append(entry)
            outcomes = ledger.append(submissions, heads, months)
            added = ledger.written(outcomes)
            connection.executemany(
                f"INSERT INTO entries ({ENTRY_COLUMNS}) VALUES ({marks(ENTRY_COLUMNS)})", map(entry_row, added)
            )
            connection.executemany(
                "REPLACE INTO chains (location_id, service, number, entry_hash) VALUES (?, ?, ?, ?)",
                sorted((it.location_id, ledger.TEXT[it.service], it.number, it.entry_hash) for it in added),
            )
            write_beside(connection, beside(outcomes))
        return outcomes

    def latest(self, scope: Scope, before: Month | None = None, survey: str = "") -> Mapping[ChainKey, Entry]:
        where, given = self._chains(scope)
        sql = (
            f"SELECT {ENTRY_COLUMNS} FROM entries WHERE seq IN (SELECT (SELECT e.seq FROM entries e"
            " WHERE e.location_id = c.location_id AND e.service = c.service AND e.survey = ? AND e.month < ?"
            f" AND NOT (e.source = ? AND e.content = '{{}}') AND e.rehearsal <= ?"
            f" ORDER BY e.month DESC, e.number DESC LIMIT 1) FROM chains c WHERE {where})"
            " ORDER BY location_id, service"
        )
        limit = before.key if before else _ENDLESS
        rows = self._read(sql, [survey, limit, Source.CAPACITY_TRACKER.value, int(self._rehearsing), *given])
        return {(entry.location_id, entry.service): entry for entry in self._made(entry_of, rows)}

    def history(self, location_id: str, service: Service | None = None) -> Sequence[Entry]:
        where, given = "location_id = ?", [location_id]
        if service is not None:
            where, given = where + " AND service = ?", [location_id, service.value]
        sql = f"SELECT {ENTRY_COLUMNS} FROM entries WHERE {where} ORDER BY service, number"
        return self._made(entry_of, self._read(sql, given))

    def receipts(self, beginning: str) -> Sequence[Entry]:
        sql = f"SELECT {ENTRY_COLUMNS} FROM entries WHERE receipt_id BETWEEN ? AND ? ORDER BY receipt_id, seq LIMIT 10"
        return self._made(entry_of, self._read(sql, [beginning, beginning + "g"]))

    def fulfilments(self, scope: Scope, first: Month, last: Month) -> Iterable[Fulfilment]:
        rows = self._fulfilling(FULFILMENT_COLUMNS, scope, first, last, "ORDER BY location_id, service, month, number")
        last_of_each = {(*row[:3], row[7], row[8]): row for row in rows}
        return self._made(fulfilment_of, last_of_each.values())

    def months_fulfilled(self, scope: Scope, first: Month, last: Month, counting: Counting) -> Mapping[ChainKey, int]:
        also = "" if counting.rehearsing else " AND rehearsal = 0"
        also += f" AND source = '{Source.CAPACITY_TRACKER.value}'" if counting.must_be_seen else ""
        found: dict[ChainKey, int] = {}
        for newer in range(0, last - first + 1, _BITS):
            top = last + -newer
            # Put together by SQLite: 9,600 entries take 18 ms so, and 40 ms as rows (measured).
            bits = f"SUM(DISTINCT 1 << ({top.ordinal + 1} - (month / 100 * 12 + month % 100)))"
            columns, grouped = f"location_id, service, {bits}", f"{also} GROUP BY location_id, service"
            rows = self._fulfilling(columns, scope, max(first, top + (1 - _BITS)), top, grouped)
            for key, months in self._made(lambda row: ((row[0], Service(row[1])), row[2]), rows):
                found[key] = found.get(key, 0) | months << newer
        return found

    def walk(self, location_id: str | None = None) -> Iterator[Entry | Damaged]:
        # Chain by chain, for to sort the whole ledger at once would take as much memory as it has.
        chain = f"SELECT {ENTRY_COLUMNS} FROM entries WHERE location_id = ? AND service = ? ORDER BY number, seq"
        with in_words(self._path):
            where, given = _of(location_id)
            sql = f"SELECT DISTINCT location_id, service FROM entries {where} ORDER BY location_id, service"
            chains = self._connection.execute(sql, given)
            for key in chains:
                yield from map(entry_or_damage, self._connection.execute(chain, key))

    def chain_ends(self, location_id: str | None = None) -> Iterator[ChainEnd]:
        where, given = _of(location_id)
        sql = f"SELECT location_id, service, number, entry_hash FROM chains {where} ORDER BY location_id, service"
        with in_words(self._path):
            yield from (ChainEnd(*row) for row in self._connection.execute(sql, given))

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        with in_words(self._path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    # Inside.

    def _chains(self, scope: Scope) -> tuple[str, list[Any]]:
        where, given = condition(scope)
        where = f"c.location_id IN (SELECT id FROM locations WHERE {where})"
        return (
            (where, given) if scope.service is None else (where + " AND c.service = ?", [*given, scope.service.value])
        )

    def _fulfilling(self, columns: str, scope: Scope, first: Month, last: Month, also: str) -> list[Any]:
        where, given = self._chains(scope)
        sql = (
            f"SELECT {columns} FROM entries c WHERE {where} AND survey = '' AND fulfils = 1 AND month BETWEEN ? AND ?"
            f" {also}"
        )
        return self._read(sql, [*given, first.key, last.key])

    def _read(self, sql: str, given: Sequence[Any]) -> list[Any]:
        with in_words(self._path):
            return self._connection.execute(sql, given).fetchall()

    def _made(self, make: Callable[[Row], T], rows: Iterable[Row]) -> list[T]:
        made = []
        for row in rows:
            try:
                made.append(make(row))
            except (ValueError, TypeError) as error:
                reason = f"something other than ct altered what it holds of {' '.join(map(str, row[:3]))} ({error})"
                raise StoreUnusable(
                    path=self._path, reason=reason, remedy="`ct verify` tells what was altered."
                ) from error
        return made

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all or none. It takes the writer's place at once, so that it never has to give way."""
        connection = self._connection
        with in_words(self._path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


def _of(location_id: str | None) -> tuple[str, list[str]]:
    return ("", []) if location_id is None else ("WHERE location_id = ?", [location_id])


def _heads(connection: sqlite3.Connection, submissions: Sequence[Submission]) -> dict[ChainKey, ledger.Head]:
    if connection.execute("SELECT 1 FROM chains LIMIT 1").fetchone() is None:
        return {}
    text = ledger.TEXT
    keys = sorted({(it.checked.location_id, text[it.checked.service]) for it in submissions})
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (location_id, service, survey, month)")
    connection.execute("DELETE FROM temp.wanted")
    connection.executemany("INSERT INTO temp.wanted (location_id, service) VALUES (?, ?)", keys)
    rows = connection.execute(
        "SELECT c.location_id, c.service, c.number, c.entry_hash FROM temp.wanted w CROSS JOIN chains c"
        " ON c.location_id = w.location_id AND c.service = w.service"
    )
    return {(row[0], Service(row[1])): ledger.Head(row[2], row[3]) for row in rows}


def _standing(
    connection: sqlite3.Connection, submissions: Sequence[Submission], heads: Mapping[ChainKey, ledger.Head]
) -> list[Row]:
    """Every entry of the months that the submissions are for, oldest first."""
    if not heads:
        return []
    keys = {ledger.month_key(it.checked) for it in submissions}
    known = [(key[0], key[1].value, key[2], key[3].key) for key in keys if key[:2] in heads]
    connection.execute("DELETE FROM temp.wanted")
    connection.executemany("INSERT INTO temp.wanted VALUES (?, ?, ?, ?)", known)
    sql = (
        f"SELECT {_PREFIXED} FROM temp.wanted w CROSS JOIN entries e ON e.location_id = w.location_id"
        " AND e.service = w.service AND e.survey = w.survey AND e.month = w.month ORDER BY e.number"
    )
    return connection.execute(sql).fetchall()
