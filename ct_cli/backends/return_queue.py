"""Returns that wait for a server that could not be reached, in a SQLite file of their own that only its owner may read.

Each keeps the request that it belongs to: returns that were sent together, under one Idempotency-Key, are sent together
again, byte for byte, so that a request whose answer was lost is not done twice. Beside them the file keeps what the
server last told of the locations that were asked about, so that a return can be checked while it is away.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from ct_cli.backends.contract import ChainKey, Entry, Submission
from ct_cli.backends.ledger import moment_text
from ct_cli.backends.server_answers import Told
from ct_cli.backends.sqlite_file import (
    BUSY_SECONDS,
    Statements,
    in_words,
    make_folder_and_file,
    or_rolled_back,
    sqlite_in_words,
    uri_of,
)
from ct_cli.backends.wire import NotOnTheWire, plain, read
from ct_cli.errors import StoreUnusable
from ct_cli.register.location import Location
from ct_cli.returns.problem import Problem
from ct_cli.windows.month import Month

APPLICATION_ID: Final = 0x43545F51
"""Marks a SQLite file as ct's queue ("CT_Q")."""
VERSION: Final = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS waiting (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, server TEXT NOT NULL, request_key TEXT NOT NULL,
    queued_at TEXT NOT NULL, refused_at TEXT, submission TEXT NOT NULL, problems TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS known_locations (
    server TEXT NOT NULL, id TEXT NOT NULL, seen_at TEXT NOT NULL, location TEXT NOT NULL, PRIMARY KEY (server, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known_entries (
    server TEXT NOT NULL, location_id TEXT NOT NULL, service TEXT NOT NULL, survey TEXT NOT NULL,
    month INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (server, location_id, service, survey, month)
) WITHOUT ROWID;
"""
_ENDLESS = 999_999


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return that waits, or that the server refused when it was sent."""

    id: str
    """8 hexadecimal digits, by which `ct queue drop` is told of it."""
    server: str
    request_key: str
    queued_at: datetime
    refused_at: datetime | None
    """When the server refused it; None while it waits to be sent."""
    submission: Submission
    problems: tuple[Problem, ...]
    """Why it was refused."""
    line: bytes
    """The submission as it goes over the wire."""


class ReturnQueue:
    """The queue of one user of one computer. Closed by `close`, or by leaving `with`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with in_words(path):
            make_folder_and_file(path)
            self._connection = sqlite3.connect(
                uri_of(path.absolute(), "mode=rw"), uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    # What waits.

    def put(self, server: str, request_key: str, submissions: Sequence[Submission], now: datetime) -> None:
        """Keep returns that are to be sent together. When this returns, they are durable."""
        rows = [
            (secrets.token_hex(4), server, request_key, moment_text(now), _text(plain(it)), "[]") for it in submissions
        ]
        sql = "INSERT INTO waiting (id, server, request_key, queued_at, submission, problems) VALUES (?, ?, ?, ?, ?, ?)"
        with self._writing() as connection:
            connection.executemany(sql, rows)

    def all(self) -> Sequence[Waiting]:
        """Everything here, in the order in which it came."""
        return [self._waiting(row) for row in self._read(f"SELECT {_COLUMNS} FROM waiting ORDER BY seq", ())]

    def requests(self, server: str) -> Sequence[Sequence[Waiting]]:
        """What waits to be sent to a server, by the request that it goes in, in the order in which it came."""
        sql = f"SELECT {_COLUMNS} FROM waiting WHERE server = ? AND refused_at IS NULL ORDER BY seq"
        together: dict[str, list[Waiting]] = {}
        for row in self._read(sql, (server,)):
            waiting = self._waiting(row)
            together.setdefault(waiting.request_key, []).append(waiting)
        return list(together.values())

    def waits(self, server: str) -> int:
        """How many wait to be sent to a server."""
        sql = "SELECT count(*) FROM waiting WHERE server = ? AND refused_at IS NULL"
        return int(self._read(sql, (server,))[0][0])

    def settle(self, done: Iterable[str], refused: Mapping[str, Sequence[Problem]], now: datetime) -> None:
        """Take out what the server has, by id, and mark what it refused; both or neither."""
        marked = [(moment_text(now), _text([plain(it) for it in why]), id) for id, why in refused.items()]
        with self._writing() as connection:
            connection.executemany("DELETE FROM waiting WHERE id = ?", [(id,) for id in done])
            connection.executemany("UPDATE waiting SET refused_at = ?, problems = ? WHERE id = ?", marked)

    def part(self, ids: Iterable[str]) -> None:
        """Let each of these be sent in a request of its own."""
        with self._writing() as connection:
            sql = "UPDATE waiting SET request_key = ? WHERE id = ?"
            connection.executemany(sql, [(secrets.token_hex(16), id) for id in ids])

    def drop(self, ids: Sequence[str]) -> None:
        """Take out returns that are not to be sent. What was to be sent with one is sent without it from now on."""
        with self._writing() as connection:
            for id in ids:
                keys = connection.execute("SELECT request_key FROM waiting WHERE id = ?", (id,)).fetchall()
                connection.execute("DELETE FROM waiting WHERE id = ?", (id,))
                for (key,) in keys:
                    changed = (secrets.token_hex(16), key)
                    connection.execute("UPDATE waiting SET request_key = ? WHERE request_key = ?", changed)

    # What was last known.

    def remember(self, server: str, locations: Iterable[Told], entries: Iterable[Told], now: datetime) -> None:
        """Keep what a server told of some locations, and of their latest entries, as it told it. Not flushed to the
        disk at once: it can be had again."""
        at = moment_text(now)
        places = [(server, it["id"], at, line.decode()) for line, it in locations]
        last = [
            (server, it["location_id"], it["service"], it["survey"], Month.parse(it["month"]).key, line.decode())
            for line, it in entries
        ]
        if not places and not last:
            return
        with self._writing("NORMAL") as connection:
            connection.executemany("REPLACE INTO known_locations VALUES (?, ?, ?, ?)", places)
            connection.executemany("REPLACE INTO known_entries VALUES (?, ?, ?, ?, ?, ?)", last)

    def known_locations(self, server: str, ids: Iterable[str]) -> Sequence[tuple[Location, datetime]]:
        """The locations of these ids as a server last told of them, and when."""
        sql = "SELECT location, seen_at FROM known_locations WHERE server = ? AND id = ?"
        found = [row for id in ids for row in self._read(sql, (server, id))]
        return [(self._of(Location, row[0]), datetime.fromisoformat(row[1])) for row in found]

    def known_latest(
        self, server: str, ids: Iterable[str], before: Month | None, survey: str
    ) -> Mapping[ChainKey, Entry]:
        """The last entry of the latest month of each chain of these locations that a server was heard to tell of."""
        sql = (
            "SELECT entry FROM known_entries WHERE server = ? AND location_id = ? AND survey = ? AND month < ?"
            " ORDER BY month"
        )
        limit = before.key if before else _ENDLESS
        rows = (row for id in ids for row in self._read(sql, (server, id, survey, limit)))
        entries = (self._of(Entry, row[0]) for row in rows)
        return {(entry.location_id, entry.service): entry for entry in entries}

    # Inside.

    def _prepare(self) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        marked = int(self._connection.execute("PRAGMA application_id").fetchone()[0])
        if version > VERSION or (marked and marked != APPLICATION_ID):
            reason, remedy = "it is not a queue of ct's", "Name another file with the setting queue."
            if marked == APPLICATION_ID:
                reason = "a newer ct made it"
                remedy = "Upgrade ct on this computer, then run the same again. What waits in it stays there."
            raise StoreUnusable(path=self._path, reason=reason, remedy=remedy)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA secure_delete = ON")
        if version < VERSION:
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def _waiting(self, row: Sequence[Any]) -> Waiting:
        id, server, request_key, queued_at, refused_at, submission, problems = row
        refused = datetime.fromisoformat(refused_at) if refused_at else None
        why = tuple(self._of(Problem, it) for it in json.loads(problems))
        made = self._of(Submission, submission)
        queued = datetime.fromisoformat(queued_at)
        return Waiting(id, server, request_key, queued, refused, made, why, f"{submission}\n".encode())

    def _of(self, kind: Any, given: Any) -> Any:
        try:
            return read(kind, json.loads(given) if isinstance(given, str) else given)
        except (ValueError, NotOnTheWire) as error:
            remedy = "Move it away; what waits in it has to be given again."
            raise StoreUnusable(
                path=self._path, reason=f"something other than ct altered it ({error})", remedy=remedy
            ) from None

    def _read(self, sql: str, given: Sequence[Any]) -> list[Any]:
        with in_words(self._path):
            return self._connection.execute(sql, given).fetchall()

    @contextmanager
    def _writing(self, flush: str = "FULL") -> Iterator[Statements]:
        connection = self._connection
        with sqlite_in_words(self._path), or_rolled_back(connection):
            connection.execute(f"PRAGMA synchronous = {flush}")
            connection.execute("BEGIN IMMEDIATE")
            yield Statements(connection)
            connection.execute("COMMIT")


_COLUMNS = "id, server, request_key, queued_at, refused_at, submission, problems"


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
