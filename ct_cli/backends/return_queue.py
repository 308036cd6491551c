"""Returns that wait for a server that could not be reached, in a SQLite file of their own that only its owner may read.

Each keeps the request that it belongs to: returns that were sent together, under one Idempotency-Key, are sent together
again, so that a request whose answer was lost is not done twice. Each keeps the version that its sender had seen, so
that it never overwrites a newer return. Beside them the file keeps what the server last told of the locations that were
asked about, so that a return can be checked while it is away.

Several programs may use one queue at once. What one of them has sent it settles by the request that it sent: where
another has changed that request meanwhile, nothing but what the server has is taken out.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from ct_cli.backends.contract import ChainKey, Entry, Submission
from ct_cli.backends.ledger import moment_text
from ct_cli.backends.server_answers import Told
from ct_cli.backends.sqlite_file import (
    Statements,
    backed_up,
    connect,
    in_words,
    make_folder_and_file,
    or_rolled_back,
    sqlite_in_words,
)
from ct_cli.backends.wire import NotOnTheWire, plain, read
from ct_cli.errors import StoreDamaged, StoreUnusable
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.windows.month import Month

APPLICATION_ID: Final = 0x43545F51
"""Marks a SQLite file as ct's queue ("CT_Q")."""

_FIRST = """
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

_VERSIONS_SEEN = """
ALTER TABLE waiting ADD COLUMN return_of TEXT NOT NULL DEFAULT '';
ALTER TABLE waiting ADD COLUMN rehearsal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE waiting ADD COLUMN version_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE waiting ADD COLUMN atomic INTEGER NOT NULL DEFAULT 0;
ALTER TABLE waiting ADD COLUMN state TEXT NOT NULL DEFAULT 'not-yet-sent';
ALTER TABLE waiting ADD COLUMN newer TEXT;
UPDATE waiting SET state = 'refused' WHERE refused_at IS NOT NULL;
UPDATE waiting SET rehearsal = json_extract(submission, '$.rehearsal');
UPDATE waiting SET return_of = json_extract(submission, '$.checked.location_id') || ' '
    || json_extract(submission, '$.checked.service') || ' ' || json_extract(submission, '$.checked.month') || ' '
    || COALESCE(json_extract(submission, '$.checked.survey'), '');
CREATE INDEX waiting_by_request ON waiting (request_key);
CREATE INDEX waiting_by_return ON waiting (return_of);
CREATE TABLE told_versions (
    server TEXT NOT NULL, return_of TEXT NOT NULL, rehearsal INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (server, return_of, rehearsal)
) WITHOUT ROWID
"""
"""What an older ct queued was made from a version that nobody noted, so its sender is taken to have seen none."""

STEPS: Final = (_FIRST, _VERSIONS_SEEN)
"""Each step, in order; a queue's `user_version` is how many it has taken. A step is never edited once released."""
VERSION: Final = len(STEPS)
_ENDLESS = 999_999


class QueueState(StrEnum):
    """How a return in the queue stands."""

    NOT_YET_SENT = "not-yet-sent"
    REFUSED = "refused"
    """The server's rules refused it; it stays until it is dropped, and is not sent again."""
    CONFLICT = "conflict"
    """Somebody recorded another return for its month after the version that it was made from. It stays until it is
    dropped, or sent to overwrite that one."""
    HELD_BACK = "held-back"
    """It was to be recorded together with others or not at all, and one of those was refused or is a conflict."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return in the queue."""

    id: str
    """8 hexadecimal digits, by which `ct queue` is told of it."""
    server: str
    request_key: str
    queued_at: datetime
    refused_at: datetime | None
    """When the server decided that it does not take it; None while it waits to be sent."""
    submission: Submission
    """As it was queued."""
    problems: tuple[Problem, ...]
    """Why it was refused or, of what waits, why the server did not take it when it was last sent."""
    line: bytes
    """The submission as it was queued, as it goes over the wire."""
    state: QueueState = QueueState.NOT_YET_SENT
    version_seen: int = 0
    """The version of its month's return that its sender had seen; 0 for none."""
    atomic: bool = False
    """Whether all returns of its request are to be recorded, or none."""
    newer: Entry | None = None
    """Of a conflict, the return that came in between; None where there is none any more."""

    @property
    def return_of(self) -> str:
        """The location, service, month and survey that it is for."""
        return _return_of(self.submission)

    @property
    def guarded(self) -> bytes:
        """Its line, with the version that it may replace."""
        submission = self.submission
        if submission.checked.expected_version == self.version_seen:
            return self.line
        checked = replace(submission.checked, expected_version=self.version_seen)
        return f"{_text(plain(submission._replace(checked=checked)))}\n".encode()


@dataclass
class Settled:
    """What became of returns that were sent in one request."""

    done: dict[str, int] = field(default_factory=dict)
    """The server has these: by id, with the version that they are there."""
    refused: dict[str, Sequence[Problem]] = field(default_factory=dict)
    conflicts: dict[str, Entry | None] = field(default_factory=dict)
    """Each with the return that came in between."""
    held_back: list[str] = field(default_factory=list)


def return_of(location_id: str, service: Service, month: Month, survey: str) -> str:
    """What the versions of a return are counted in, as text."""
    return f"{location_id} {service.value} {month} {survey}"


def _return_of(submission: Submission) -> str:
    said = submission.checked
    return return_of(said.location_id, said.service, said.month, said.survey)


class QueueDamaged(StoreUnusable):
    """The queue {path} is damaged: {reason}. Keep it: what waits in it may still be read. To go on, move it away with
    what lies beside it, and submit again what waited; `ct restore BACKUP --files FOLDER` takes the queue out of a
    backup."""

    code = "queue-damaged"


@contextmanager
def of_the_queue(path: Path) -> Iterator[None]:
    """Say of a damaged queue what mends that: no backup of the store does."""
    try:
        yield
    except StoreDamaged as error:
        raise QueueDamaged(path=path, reason=error.facts["reason"]) from None


class ReturnQueue:
    """The queue of one user of one computer. Closed by `close`, or by leaving `with`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.backed_up: Path | None = None
        """Where the queue was backed up to, if it was upgraded when it was opened and returns waited in it."""
        with of_the_queue(path), in_words(path):
            make_folder_and_file(path)
            self._connection = connect(path, one_thread=True)
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

    def put(
        self, server: str, request_key: str, submissions: Sequence[Submission], now: datetime, *, atomic: bool = False
    ) -> Sequence[str]:
        """Keep returns that are to be sent together; their ids. When this returns, they are durable.

        One that names no version that its sender had seen has the last that the server told this computer of.
        """
        versions = [self._version_seen(server, it) for it in submissions]
        kept = [
            (
                server, request_key, moment_text(now), _text(plain(it)), "[]", _return_of(it), int(it.rehearsal),
                version, int(atomic), QueueState.NOT_YET_SENT.value,
            )
            for it, version in zip(submissions, versions, strict=True)
        ]  # fmt: skip
        sql = (
            "INSERT INTO waiting (id, server, request_key, queued_at, submission, problems, return_of, rehearsal,"
            f" version_seen, atomic, state) VALUES ({', '.join('?' * 11)})"
        )
        with self._writing() as connection:
            ids = _new_ids(connection, len(kept))
            connection.executemany(sql, [(id, *row) for id, row in zip(ids, kept, strict=True)])
        return ids

    def all(self) -> Sequence[Waiting]:
        """Everything here, in the order in which it came."""
        return [self._waiting(row) for row in self._read(f"SELECT {_COLUMNS} FROM waiting ORDER BY seq", ())]

    def counts(self) -> Mapping[QueueState, int]:
        """How many there are of each state; those of which there is none are left out."""
        rows = self._read("SELECT state, count(*) FROM waiting GROUP BY state", ())
        return {QueueState(state): int(count) for state, count in rows}

    def next_request(self, server: str, after: int = 0) -> tuple[Sequence[Waiting], int]:
        """The first request that waits to be sent to a server and came after a place in the queue, and its own last
        place; no returns where there is none."""
        sql = "SELECT request_key FROM waiting WHERE server = ? AND refused_at IS NULL AND seq > ? ORDER BY seq LIMIT 1"
        for (key,) in self._read(sql, (server, after)):
            sql = f"SELECT {_COLUMNS}, seq FROM waiting WHERE request_key = ? AND refused_at IS NULL ORDER BY seq"
            rows = self._read(sql, (key,))
            if rows:  # else another program has sent it meanwhile, and with it what is asked for next
                return [self._waiting(row[:-1]) for row in rows], int(rows[-1][-1])
            return self.next_request(server, after)
        return (), after

    def waits(self, server: str) -> int:
        """How many wait to be sent to a server."""
        sql = "SELECT count(*) FROM waiting WHERE server = ? AND refused_at IS NULL"
        return int(self._read(sql, (server,))[0][0])

    def goes_first(self, server: str, submissions: Iterable[Submission]) -> bool:
        """Whether anything that waits has to be sent before these: because it was not tried yet or could not be, or
        because it is for the same month of the same service."""
        rows = self._read("SELECT return_of, problems FROM waiting WHERE server = ? AND refused_at IS NULL", (server,))
        if any(problems == "[]" for _, problems in rows):
            return True
        return bool(rows) and not {it for it, _ in rows}.isdisjoint(map(_return_of, submissions))

    def settle(self, request_key: str, settled: Settled, now: datetime) -> None:
        """Take out what the server has, and mark what it does not take; all of it or nothing.

        What waits behind a return that the server has now was made knowing it, and so has its version.
        """
        at = moment_text(now)
        marked = [
            *((QueueState.REFUSED, at, _problems(why), None, id) for id, why in settled.refused.items()),
            *(
                (QueueState.CONFLICT, at, "[]", _text(plain(newer)) if newer else None, id)
                for id, newer in settled.conflicts.items()
            ),
            *((QueueState.HELD_BACK, at, "[]", None, id) for id in settled.held_back),
        ]
        with self._writing() as connection:
            connection.executemany(
                "UPDATE waiting SET state = ?, refused_at = ?, problems = ?, newer = ?"
                " WHERE id = ? AND request_key = ? AND refused_at IS NULL",
                [(*mark, request_key) for mark in marked],
            )
            for id, version in settled.done.items():
                self._done(connection, id, version)
            # What is left of it, for a month that something else of it was for, is another request.
            sql = "UPDATE waiting SET request_key = ? WHERE request_key = ? AND refused_at IS NULL"
            connection.execute(sql, (secrets.token_hex(16), request_key))

    def keep(self, request_key: str, why: Mapping[str, Problem]) -> None:
        """Note why returns of a request, by id, wait on although the server was there."""
        with self._writing() as connection:
            connection.executemany(
                "UPDATE waiting SET problems = ? WHERE id = ? AND request_key = ? AND refused_at IS NULL",
                [(_problems([it]), id, request_key) for id, it in why.items()],
            )

    def part(self, request_key: str, ids: Iterable[str]) -> None:
        """Let each of these, of a request, be sent in a request of its own."""
        with self._writing() as connection:
            sql = "UPDATE waiting SET request_key = ? WHERE id = ? AND request_key = ?"
            connection.executemany(sql, [(secrets.token_hex(16), id, request_key) for id in ids])

    def send_later(self, request_key: str, ids: Iterable[str]) -> None:
        """Let these, of a request, be sent in another one, together."""
        with self._writing() as connection:
            sql, other = "UPDATE waiting SET request_key = ? WHERE id = ? AND request_key = ?", secrets.token_hex(16)
            connection.executemany(sql, [(other, id, request_key) for id in ids])

    def overwrite(self, ids: Iterable[str]) -> None:
        """Let conflicts be sent once more, to replace the returns that came in between; each with all of its request,
        where that is to be recorded whole."""
        sql = "SELECT request_key, newer, atomic FROM waiting WHERE id = ? AND state = ?"
        with self._writing() as connection:
            # Looked at before any is changed: of one request there may be several.
            found = [(id, *it) for id in ids for it in connection.execute(sql, (id, QueueState.CONFLICT)).fetchall()]
            keys = {key: secrets.token_hex(16) for _, key, _, atomic in found if atomic}
            for id, key, newer, atomic in found:
                entry = self._of(Entry, newer) if newer else None
                connection.execute(
                    "UPDATE waiting SET version_seen = ? WHERE id = ?", (entry.version if entry else 0, id)
                )
                if entry is not None:
                    self._agree_to_replace(connection, id, entry)
                which, given = ("request_key = ?", key) if atomic else ("id = ?", id)
                connection.execute(
                    "UPDATE waiting SET request_key = ?, state = ?, refused_at = NULL, problems = '[]', newer = NULL"
                    f" WHERE {which}",
                    (keys.get(key) or secrets.token_hex(16), QueueState.NOT_YET_SENT, given),
                )

    def _agree_to_replace(self, connection: Statements, id: str, newer: Entry) -> None:
        """Let a return leave out figures of the version that it overwrites: both were shown."""
        for (text,) in connection.execute("SELECT submission FROM waiting WHERE id = ?", (id,)).fetchall():
            made = self._of(Submission, text)
            if not newer.values.keys() <= made.checked.values.keys():
                agreed = made._replace(checked=replace(made.checked, replaces_figures=True))
                connection.execute("UPDATE waiting SET submission = ? WHERE id = ?", (_text(plain(agreed)), id))

    def together_with(self, id: str) -> Sequence[Waiting]:
        """All returns of the request that is to be recorded whole with this one; this one alone where none is."""
        sql = (
            f"SELECT {_COLUMNS} FROM waiting WHERE id = ?1 OR atomic = 1 AND request_key ="
            " (SELECT request_key FROM waiting WHERE id = ?1) ORDER BY seq"
        )
        return [self._waiting(row) for row in self._read(sql, (id,))]

    def drop(self, ids: Sequence[str]) -> None:
        """Take out returns that are not to be sent. What was to be sent with one is sent without it from now on."""
        with self._writing() as connection:
            for id in ids:
                keys = connection.execute("SELECT request_key FROM waiting WHERE id = ?", (id,)).fetchall()
                connection.execute("DELETE FROM waiting WHERE id = ?", (id,))
                for (key,) in keys:
                    self._renew(connection, key)

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

    def note_versions(self, server: str, versions: Iterable[tuple[str, bool, int]]) -> None:
        """Keep which version each return is that the server recorded for this computer: what it is of, whether it is a
        rehearsal, its version. Not flushed to the disk at once."""
        rows = [(server, of, int(rehearsal), version) for of, rehearsal, version in versions]
        if rows:
            with self._writing("NORMAL") as connection:
                connection.executemany(_NOTE_VERSION, rows)

    def told_version(self, server: str, submission: Submission) -> int:
        """The last version of its month's return that the server told this computer of; 0 where it told of none."""
        said, rehearsal = submission.checked, submission.rehearsal
        sql = "SELECT version FROM told_versions WHERE server = ? AND return_of = ? AND rehearsal <= ?"
        told = [int(row[0]) for row in self._read(sql, (server, _return_of(submission), int(rehearsal)))]
        sql = (
            "SELECT entry FROM known_entries WHERE server = ? AND location_id = ? AND service = ? AND survey = ?"
            " AND month = ?"
        )
        key = (server, said.location_id, said.service.value, said.survey, said.month.key)
        entries = [self._of(Entry, row[0]) for row in self._read(sql, key)]
        told += [entry.version for entry in entries if rehearsal or not entry.rehearsal]
        return max(told, default=0)

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
        self._must_be_ours()
        if self._connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA secure_delete = ON")
        if self._version < VERSION:
            with self._writing() as connection:
                self._must_be_ours()  # another program may have been here first
                before = self._version
                if 0 < before < VERSION and connection.execute("SELECT 1 FROM waiting LIMIT 1").fetchall():
                    self.backed_up = backed_up(self._path, before)
                for step in STEPS[before:]:
                    for statement in step.split(";"):
                        connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")

    @property
    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _must_be_ours(self) -> None:
        marked = int(self._connection.execute("PRAGMA application_id").fetchone()[0])
        if self._version > VERSION or (marked and marked != APPLICATION_ID):
            reason, remedy = "it is not a queue of ct's", "Name another file with the setting queue."
            if marked == APPLICATION_ID:
                reason = "a newer ct made it"
                remedy = "Upgrade ct on this computer, then run the same again. What waits in it stays there."
            raise StoreUnusable(path=self._path, reason=reason, remedy=remedy)

    def _version_seen(self, server: str, submission: Submission) -> int:
        expected = submission.checked.expected_version
        return self.told_version(server, submission) if expected is None else expected

    def _done(self, connection: Statements, id: str, version: int) -> None:
        sql = "SELECT seq, server, return_of, rehearsal FROM waiting WHERE id = ?"
        for seq, server, of, rehearsal in connection.execute(sql, (id,)).fetchall():
            connection.execute("DELETE FROM waiting WHERE id = ?", (id,))
            connection.execute(_NOTE_VERSION, (server, of, rehearsal, version))
            # A real return's versions count real ones only.
            later = "return_of = ? AND server = ? AND seq > ? AND rehearsal >= ? AND version_seen < ?"
            given = (of, server, seq, rehearsal, version)
            keys = connection.execute(f"SELECT DISTINCT request_key FROM waiting WHERE {later}", given).fetchall()
            connection.execute(f"UPDATE waiting SET version_seen = ? WHERE {later}", (version, *given))
            for (key,) in keys:  # it is another request now
                self._renew(connection, key)

    def _renew(self, connection: Statements, key: str) -> None:
        changed = (secrets.token_hex(16), key)
        connection.execute("UPDATE waiting SET request_key = ? WHERE request_key = ?", changed)

    def _waiting(self, row: Sequence[Any]) -> Waiting:
        (
            id, server, request_key, queued_at, refused_at, submission, problems, state, version_seen, atomic, newer,
        ) = row  # fmt: skip
        return Waiting(
            id,
            server,
            request_key,
            datetime.fromisoformat(queued_at),
            datetime.fromisoformat(refused_at) if refused_at else None,
            self._of(Submission, submission),
            tuple(self._of(Problem, it) for it in json.loads(problems)),
            f"{submission}\n".encode(),
            QueueState(state),
            version_seen,
            bool(atomic),
            self._of(Entry, newer) if newer else None,
        )

    def _of(self, kind: Any, given: Any) -> Any:
        try:
            return read(kind, json.loads(given) if isinstance(given, str) else given)
        except (ValueError, NotOnTheWire) as error:
            remedy = "Move it away; what waits in it has to be given again."
            raise StoreUnusable(
                path=self._path, reason=f"something other than ct altered it ({error})", remedy=remedy
            ) from None

    def _read(self, sql: str, given: Sequence[Any]) -> list[Any]:
        with of_the_queue(self._path), in_words(self._path):
            return self._connection.execute(sql, given).fetchall()

    @contextmanager
    def _writing(self, flush: str = "FULL") -> Iterator[Statements]:
        connection = self._connection
        with of_the_queue(self._path), sqlite_in_words(self._path), or_rolled_back(connection):
            connection.execute(f"PRAGMA synchronous = {flush}")
            connection.execute("BEGIN IMMEDIATE")
            yield Statements(connection)
            connection.execute("COMMIT")


_COLUMNS = "id, server, request_key, queued_at, refused_at, submission, problems, state, version_seen, atomic, newer"
_NOTE_VERSION = (
    "INSERT INTO told_versions VALUES (?, ?, ?, ?) ON CONFLICT (server, return_of, rehearsal)"
    " DO UPDATE SET version = max(version, excluded.version)"
)


def _new_ids(connection: Statements, count: int) -> Sequence[str]:
    """So many ids that nothing in the queue has. They are short, for people to type: of some ten thousand returns it
    is likely that two would get the same."""
    found: dict[str, None] = {}
    while len(found) < count:
        new = [secrets.token_hex(4) for _ in range(count - len(found))]
        sql = "SELECT id FROM waiting WHERE id IN (SELECT value FROM json_each(?))"
        taken = {id for (id,) in connection.execute(sql, (json.dumps(new),)).fetchall()}
        found.update((id, None) for id in new if id not in taken)
    return list(found)


def _problems(why: Iterable[Problem]) -> str:
    return _text([plain(it) for it in why])


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
