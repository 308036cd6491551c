"""The embedded store: one SQLite file, nothing to install."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from ct_cli.backends import ledger
from ct_cli.backends.contract import (
    ChainEnd,
    ChainKey,
    Damaged,
    Entry,
    LastFigures,
    LastReturn,
    Misnoted,
    NewEntry,
    Outcome,
    PlainReturn,
    Recording,
    Submission,
)
from ct_cli.backends.outbox import Change, Hold
from ct_cli.backends.rows_into_ledger import MonthsMet, locations_met
from ct_cli.backends.sql_recent import chain_of
from ct_cli.backends.sql_rows import (
    ENTRY_COLUMNS,
    FACTS_COLUMNS,
    Dialect,
    Row,
    entry_of,
    entry_or_damage,
    last_return_of,
    salvaged_or_damage,
)
from ct_cli.backends.sql_speaker import Connection, Overtaken
from ct_cli.backends.sql_store import ENDLESS, SqlStore
from ct_cli.backends.sqlite_behind import CommitsBehind
from ct_cli.backends.sqlite_chains import CHAINS_SQL, SERVICES, Ends, ends_of, move_ends
from ct_cli.backends.sqlite_entries import append_entries
from ct_cli.backends.sqlite_file import Statements, TextDamaged, in_words, open_copy, open_store, transact
from ct_cli.backends.sqlite_hold import find_hold, take_hold_away
from ct_cli.backends.sqlite_known import known_of, lacking, refuse_emptied
from ct_cli.backends.sqlite_notes import misnoted_chains
from ct_cli.backends.submission import SEEN_IN_SQL
from ct_cli.errors import StoreDamaged
from ct_cli.register.location import Scope
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures
from ct_cli.stores.damaged_rows import REMEDY, has_half_characters, printable, row_in_words
from ct_cli.stores.known_store import KnownStore
from ct_cli.stores.owner import Owner
from ct_cli.windows.month import Month

T = TypeVar("T")

_NOTE_EVERY = 1.0
"""Seconds between two notes of how the store stands, while it is open."""
_MOST_MET = 50_000
"""Locations whose ends are remembered from when they were met until something is recorded."""

_PREFIXED = ", ".join("e." + column for column in ENTRY_COLUMNS.split(", "))

_FACTS = ", ".join("l." + column for column in FACTS_COLUMNS.split(", "))

_LATEST = (
    "FROM entries WHERE location_id = c.location_id AND service = c.service AND survey = ? AND month < ?"
    f" AND NOT (source IN ({SEEN_IN_SQL}) AND content = '{{}}')"
)

_RECEIPTS = (
    "WITH RECURSIVE months (month) AS (SELECT MIN(month) FROM entries UNION ALL"
    " SELECT (SELECT MIN(e.month) FROM entries e WHERE e.month > m.month) FROM months m WHERE m.month IS NOT NULL)"
    f" SELECT {_PREFIXED} FROM months m CROSS JOIN entries e ON e.month = m.month"
    " AND e.receipt_id BETWEEN ? AND ? ORDER BY e.receipt_id, e.location_id, e.service, e.number LIMIT 10"
)
"""From month to month, by the index on month and receipt. By receipt alone, each row of a file changes another
page of a long history's index: 20,000 rows took 70 µs each to record, and 49 without that index (measured)."""


_LAST_COLUMNS = "month, kind, content, rehearsal, location_id, service"


def _chain_and_last(row: Row) -> tuple[ChainKey, LastReturn]:
    _, _, _, _, location_id, service = row
    return (location_id, SERVICES.get(service) or Service(service)), last_return_of(row)


def _location_and_last(row: Row) -> tuple[str, LastReturn]:
    _, _, _, _, location_id = row
    return location_id, last_return_of(row)


def _lost_in_words(lost: Sequence[int]) -> str:
    """Entries that are gone altogether, by their places in the order of recording."""
    if len(lost) == 1:
        return f"1 entry cannot be read, number {lost[0]:,} in the order of recording"
    return f"{len(lost):,} entries cannot be read, from number {lost[0]:,} to {lost[-1]:,} in the order of recording"


class SqliteBackend(SqlStore):
    """A store in one file, shared by the programs of one machine."""

    dialect = Dialect(
        folded="lower({})",
        among="IN (SELECT value FROM json_each(?))",
        many=json.dumps,
        bits="SUM(DISTINCT 1 << {})",
        number_in="json_extract({}, '$.{}')",
        differ="({} IS NOT {})",
    )

    # In a fifth less than with `among`, for which SQLite first makes an index of the ids.
    _facts_sql = f"SELECT {_FACTS} FROM json_each(?) w CROSS JOIN locations l ON l.id = w.value"
    _entries_of_month = "(SELECT * FROM entries WHERE survey = ? AND month = ?) e"
    _most_named = 1_000

    def __init__(
        self, path: Path, *, rehearsing: bool = False, copy: bool = False, known: KnownStore | None = None
    ) -> None:
        """A store to work with; with `copy`, a backup or another file that nobody writes to, only to be read.

        `known` is where it is noted how the store stands; without it nothing is. Raises StoreUnusable.
        """
        self._path = path
        self._known = known
        self._noted = None if known is None else known.read()
        self._noted_at = -inf
        refuse_emptied(path, self._noted)
        self._rehearsing = rehearsing
        self._owner = Owner()
        self.backed_up: Path | None = None
        """Where the store was backed up to, if it was upgraded when it was opened."""
        self._connection = open_copy(path) if copy else open_store(path, self._note_upgrade)
        # The ends of chains that were met on the way, and those that the last transaction began from. Where an entry
        # of another came since, the new ones do not follow it, and `move_ends` finds that out.
        self._met = self._latest = Ends()
        self._behind: CommitsBehind | None = None
        try:
            lack = None if self._noted is None else lacking(self._connection, path, self._noted)
        except StoreDamaged:
            lack = None  # which row it is, is said by what reads it, and by `verify`
        except BaseException:
            self._connection.close()
            raise
        self.lacks = "" if lack is None else lack.words
        # What receipts are missing of is noted until somebody says that it may go on without them.
        self._note_stands = lack is not None and lack.same

    @property
    def place(self) -> str:
        return str(self._path)

    def close(self) -> None:
        if self._behind is not None:
            self._behind.close()
        if not self._closed:
            self._note_end()
        self._closed = True
        self._connection.close()

    _closed = False

    def _note_end(self) -> None:
        """Note how the store stands, where it has grown since."""
        self._noted_at = monotonic()
        if self._known is None or self._note_stands:
            return
        try:
            now = known_of(self._connection)
        except sqlite3.Error:
            return  # whatever is wrong with it is said where it is asked for something
        if now.used and (self._noted is None or now.entries > self._noted.entries or now.first != self._noted.first):
            self._known.write(now)
            self._noted = now

    def remove_users(self, email: str, location_id: str | None = None) -> int:
        removed = super().remove_users(email, location_id)
        if self._joined is None:
            self._empty_log()
        else:
            self._log_to_empty = True
        return removed

    def start_recording(self, rows: Sequence[Submission | PlainReturn]) -> Recording:
        self._owner.check()
        if self._behind is None:
            self._behind = CommitsBehind(self._path)
        try:
            outcomes, committed = self._behind.start(partial(self._record_rows, rows))
        except Overtaken:  # as in `_transact`
            outcomes, committed = self._behind.start(partial(self._record_rows, rows))

        def recorded() -> Sequence[Outcome | NewEntry]:
            committed.result()
            return outcomes

        return recorded

    def last_figures(self, location_ids: frozenset[str], before: Month) -> Mapping[ChainKey, LastFigures]:
        if len(self._met.ids) > _MOST_MET:  # of files that nothing is recorded of
            self._met = Ends()
        found, unknown = self._met.take(
            location_ids, self._read(CHAINS_SQL, [json.dumps(sorted(location_ids))]), before
        )
        return {**found, **super().last_figures(frozenset(unknown), before)} if unknown else found

    def in_one(self, work: Callable[[], T]) -> T:
        done = super().in_one(work)
        if self._log_to_empty and self._joined is None:
            self._log_to_empty = False
            self._empty_log()
        return done

    def last_returns(self, location_ids: frozenset[str], before: Month, survey: str) -> Mapping[ChainKey, LastReturn]:
        sql = (
            "SELECT e.month, e.kind, e.content, e.rehearsal, e.location_id, e.service"
            " FROM json_each(?) w CROSS JOIN chains c ON c.location_id = w.value CROSS JOIN entries e ON e.seq ="
            " COALESCE(CASE WHEN c.month < ? AND ? = '' THEN c.last END,"
            f" (SELECT seq {_LATEST} AND rehearsal <= ? ORDER BY month DESC, number DESC LIMIT 1))"
        )
        ids = json.dumps(sorted(location_ids))
        rows = self._read(sql, [ids, before.key, survey, survey, before.key, int(self._rehearsing)])
        return dict(self._made(_chain_and_last, rows, _LAST_COLUMNS))

    def returns_before(
        self, location_ids: Collection[str], service: Service, before: Month, *, rehearsals: bool
    ) -> Mapping[str, LastReturn]:
        sql = (
            "SELECT e.month, e.kind, e.content, e.rehearsal, e.location_id FROM json_each(?) w CROSS JOIN entries e"
            " ON e.seq = (SELECT seq FROM entries WHERE location_id = w.value AND service = ? AND survey = ''"
            f" AND month < ? AND NOT (source IN ({SEEN_IN_SQL}) AND content = '{{}}') AND rehearsal <= ?"
            " ORDER BY month DESC, number DESC LIMIT 1)"
        )
        rows = self._read(sql, [json.dumps(sorted(location_ids)), service.value, before.key, int(rehearsals)])
        return dict(self._made(_location_and_last, rows, _LAST_COLUMNS))

    def latest(self, scope: Scope, before: Month | None = None, survey: str = "") -> Mapping[ChainKey, Entry]:
        where, given = self._chains(scope)
        sql = (
            f"SELECT {ENTRY_COLUMNS} FROM entries WHERE seq IN (SELECT (SELECT e.seq FROM entries e"
            " WHERE e.location_id = c.location_id AND e.service = c.service AND e.survey = ? AND e.month < ?"
            f" AND NOT (e.source IN ({SEEN_IN_SQL}) AND e.content = '{{}}') AND e.rehearsal <= ?"
            f" ORDER BY e.month DESC, e.number DESC LIMIT 1) FROM chains c WHERE {where})"
            " ORDER BY location_id, service"
        )
        limit = before.key if before else ENDLESS
        rows = self._read(sql, [survey, limit, int(self._rehearsing), *given])
        return {(entry.location_id, entry.service): entry for entry in self._made(entry_of, rows, ENTRY_COLUMNS)}

    def receipts(self, beginning: str) -> Sequence[Entry]:
        rows = self._read(_RECEIPTS, [beginning, beginning + "g"])
        return self._made(entry_of, rows, ENTRY_COLUMNS)

    def walk(self, location_id: str | None = None) -> Iterator[Entry | Damaged]:
        # Chain by chain, for to sort the whole ledger at once would take as much memory as it has.
        where, given = ("", ()) if location_id is None else ("WHERE location_id = ?", (location_id,))
        keys = f"SELECT DISTINCT location_id, service FROM entries {where} ORDER BY location_id, service"
        chain = f"SELECT {ENTRY_COLUMNS} FROM entries WHERE location_id = ? AND service = ? ORDER BY number, seq"
        done = ("", "")
        try:
            for place, service in self._stream(keys, given):
                yield from map(entry_or_damage, self._read(chain, (place, service)))
                done = (str(place), str(service))
        except StoreDamaged:
            yield from self._salvaged(location_id, done)

    def _salvaged(self, location_id: str | None, after: tuple[str, str]) -> Iterator[Entry | Damaged]:
        """What can be read of the chains after one, where the file is damaged: entry by entry, as they were recorded,
        put in the order of their chains."""
        one = f"SELECT {ENTRY_COLUMNS} FROM entries WHERE seq = ?"
        found: list[tuple[str, str, int, int]] = []
        lost: list[int] = []
        for seq in range(1, self._last_seq() + 1):
            try:
                with in_words(self._path), self._bytes_kept():
                    key = "SELECT location_id, service, number FROM entries WHERE seq = ?"
                    rows = self._connection.execute(key, (seq,)).fetchall()
            except StoreDamaged:
                lost.append(seq)
                continue
            for place, service, number in rows:
                key_of = (str(place), str(service))
                if (key_of > after or has_half_characters(key_of[0] + key_of[1])) and location_id in {None, key_of[0]}:
                    found.append((*key_of, number if isinstance(number, int) else 0, seq))
        if lost:
            yield Damaged("", "", 0, "", _lost_in_words(lost))
        for place, service, number, seq in sorted(found):
            try:
                with in_words(self._path), self._bytes_kept():
                    rows = self._connection.execute(one, (seq,)).fetchall()
            except StoreDamaged:
                yield Damaged(printable(place), printable(service), number, "", "it cannot be read")
                continue
            yield from map(salvaged_or_damage, rows)

    def _last_seq(self) -> int:
        """The place of the last entry in the order of recording, as far as the file still tells."""
        for sql in ("SELECT MAX(seq) FROM entries", "SELECT MAX(last) FROM chains", "SELECT COUNT(*) FROM entries"):
            with suppress(StoreDamaged):
                ((last,),) = self._read(sql, ())
                if isinstance(last, int):
                    return last
        return 0

    def chain_ends(self, location_id: str | None = None) -> Iterator[ChainEnd]:
        try:
            yield from super().chain_ends(location_id)
        except StoreDamaged:  # an end that comes twice is the same; one that cannot be read is missed
            where, given = ("", ()) if location_id is None else ("WHERE location_id = ?", (location_id,))
            one = "SELECT location_id, service, number, entry_hash FROM chains WHERE location_id = ? AND service = ?"
            with suppress(StoreDamaged):
                for key in self._stream(f"SELECT DISTINCT location_id, service FROM entries {where}", given):
                    with suppress(StoreDamaged):
                        yield from (ChainEnd(*row) for row in self._read(one, key))

    def misnoted(self) -> Iterator[Misnoted]:
        try:
            yield from misnoted_chains(self._stream)
        except StoreDamaged:
            yield Misnoted("", "", "what is noted of some chains cannot be read")

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        self._owner.check()
        with in_words(self._path):
            self._connection.execute("BEGIN")
        try:
            yield  # to the caller, whose errors are not the store's
        finally:
            if self._connection.in_transaction:
                with in_words(self._path):
                    self._connection.execute("ROLLBACK")

    def change(self, changes: Sequence[Change], *, durable: bool = True) -> Sequence[bool]:
        if durable:
            return super().change(changes)
        # Without a wait for the disk: 0.1 ms for 4 (measured). What the system has taken outlives this program.
        with in_words(self._path):
            self._connection.execute("PRAGMA synchronous = NORMAL")
        try:
            return super().change(changes)
        finally:
            with in_words(self._path):
                self._connection.execute("PRAGMA synchronous = FULL")

    def hold(self) -> Hold | None:
        with in_words(self._path):
            return find_hold(self._connection)

    def release(self) -> bool:
        with in_words(self._path):
            return take_hold_away(self._connection)

    def copy_to(self, part: Path) -> None:
        """Copy the store as it stands at this moment into an empty file. Raises sqlite3.Error."""
        from ct_cli.backends.sqlite_copy import copy_pages

        copy_pages(self._connection, part)

    # Inside.

    def _held(
        self, connection: Connection, table: str, columns: str, column: str, among: Sequence[str]
    ) -> Sequence[Row]:
        # Whoever is in a transaction that writes is the only one.
        sql = f"SELECT {columns} FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))"
        return connection.execute(sql, (json.dumps(among),)).fetchall()

    def _note_upgrade(self, backup: Path) -> None:
        self.backed_up = backup

    _log_to_empty = False
    """Whether somebody was erased in a transaction that still lasts."""

    def _empty_log(self) -> None:
        """A name may still be in the log of changes; this empties it into the file, where it is overwritten."""
        with in_words(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _heads(self, connection: Connection, met: MonthsMet) -> dict[ChainKey, ledger.Head]:
        self._latest = ends_of(connection, locations_met(met))
        return self._latest.heads

    def _heads_met(self, connection: Connection, met: MonthsMet) -> dict[ChainKey, ledger.Head]:
        if not locations_met(met) <= self._met.ids:
            return self._heads(connection, met)
        self._latest, self._met = self._met, Ends()  # they are about to change
        return self._latest.heads

    def _last_two(self) -> str:
        def last(name: str, also: str) -> str:
            return (
                f"{name}.seq = (SELECT i.seq FROM entries i WHERE {chain_of('i')}{also} AND i.rehearsal <= ?"
                " ORDER BY i.month DESC, i.number DESC LIMIT 1)"
            )

        before = last("p", " AND i.month < e.month")
        return f"FROM chains c CROSS JOIN entries e ON {last('e', '')} LEFT JOIN entries p ON {before}"

    def _standing(
        self,
        connection: Connection,
        met: MonthsMet,
        heads: Mapping[ChainKey, ledger.Head],  # noqa: ARG002
    ) -> Iterable[Row]:
        latest_of = self._latest.months.get
        sql = (
            f"SELECT {_PREFIXED} FROM json_each(?) w CROSS JOIN entries e ON e.location_id = w.value"
            " AND e.service = ? AND e.survey = ? AND e.month = ? ORDER BY e.number"
        )
        for (service, survey, month), location_ids in met.items():
            key = month.key
            ids = [each for each in location_ids if latest_of((each, service), 0) >= key]
            if not ids:
                continue
            given = (json.dumps(sorted(ids)), service.value, survey, key)
            yield from connection.execute(sql, given).fetchall()

    def _add(self, connection: Connection, added: Sequence[Row], figures: Iterable[Figures]) -> None:
        assert isinstance(connection, Statements)
        move_ends(connection, added, figures)
        append_entries(connection, added)

    def _changed(self, connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> list[int]:
        # SQLite counts the rows itself as it changes them (sqlite3_changes), in this very process; RETURNING is younger
        # (3.35) than some that Python 3.11 comes with.
        assert isinstance(connection, Statements)
        return [connection.execute(sql, row).rowcount for row in rows]

    def _read(self, sql: str, given: Sequence[Any]) -> list[Any]:
        self._owner.check()
        try:
            with in_words(self._path):
                return self._connection.execute(sql, given).fetchall()
        except TextDamaged as error:
            raise self._named(error, sql, given) from None

    def _stream(self, sql: str, given: Sequence[Any]) -> Iterator[Row]:
        self._owner.check()
        try:
            with in_words(self._path):
                yield from self._connection.execute(sql, given)
        except TextDamaged as error:
            raise self._named(error, sql, given) from None

    def _named(self, error: StoreDamaged, sql: str, given: Sequence[Any]) -> StoreDamaged:
        """The same error, naming the first row that it is about."""
        with in_words(self._path), self._bytes_kept():
            cursor = self._connection.execute(sql, given)
            columns = [described[0] for described in cursor.description]
            for row in cursor:
                if any(map(has_half_characters, row)):
                    reason = f"{row_in_words(columns, row)} holds text that cannot be read"
                    return StoreDamaged(path=self._path, reason=reason, remedy=REMEDY)
        return error

    @contextmanager
    def _bytes_kept(self) -> Iterator[None]:
        """Within it, text that is none is read all the same, each byte that has no meaning as half a character."""
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        try:
            yield
        finally:
            self._connection.text_factory = str

    def _transact(self, work: Callable[[Connection], T]) -> T:
        try:
            done = transact(self._connection, self._path, work)
        except Overtaken:  # what was met on the way held no longer; now it is read within the transaction
            done = transact(self._connection, self._path, work)
        # For programs that run long: of one that is killed, no more than this is unknown.
        if self._known is not None and monotonic() - self._noted_at > _NOTE_EVERY:
            self._note_end()
        return done
