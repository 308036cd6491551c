"""A SQL store's keys, audit trail and kept answers."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from ct_cli.backends.access import AccessBackend, AnswerKey, ApiKey, AuditLine, Beside, KeptAnswer, Role
from ct_cli.backends.ledger import moment_text
from ct_cli.backends.sql_rows import Row, keepable, marks, upsert
from ct_cli.backends.sql_speaker import Connection, Overtaken, SqlSpeaker

KEY_COLUMNS = "id, name, role, belongs_to, digest, created_at, expires_at, last_used_at, revoked_at"
AUDIT_COLUMNS = "location_id, at, id, key_id, action, service, month, receipt_id, request_id"
ANSWER_COLUMNS = "key_id, idempotency_key, part, request_hash, status, headers, body, kept_at"
_ANSWER_KEY = "key_id, idempotency_key, part"
_OF_KEY = 3  # so many of the columns
_KEPT = f"SELECT {ANSWER_COLUMNS} FROM kept_answers WHERE key_id = ? AND idempotency_key = ? AND part = ?"
_RESERVE = f"INSERT INTO kept_answers ({ANSWER_COLUMNS}) VALUES ({marks(ANSWER_COLUMNS)}) ON CONFLICT DO NOTHING"
_KEEP = upsert("kept_answers", ANSWER_COLUMNS, _ANSWER_KEY)

T = TypeVar("T")

_TRIAL = 65_536
"""Bytes that are written to find out whether anything can be."""


class SqlAccess(AccessBackend, SqlSpeaker):
    """The part of a SQL store that a server needs besides."""

    def in_one(self, work: Callable[[], T]) -> T:
        if self._joined is not None:
            return work()

        def joined(connection: Connection) -> T:
            self._joined = connection
            try:
                return work()
            finally:
                self._joined = None

        self._owner.check()
        return self._transact(joined)

    def once(
        self,
        reserved: Sequence[KeptAnswer],
        work: Callable[[Mapping[AnswerKey, KeptAnswer]], tuple[T, Iterable[KeptAnswer]]],
    ) -> T:
        # All writers in one order, so that of two with the same keys one waits for the other, never both.
        rows = sorted(map(_answer_row, reserved), key=lambda row: tuple(row[:_OF_KEY]))

        def whole() -> T:
            kept = self._write(lambda connection: self._reserve(connection, rows)) if rows else ()
            done, answers = work(_by_key(self._made(_answer, kept, ANSWER_COLUMNS)))
            decided = list(map(_answer_row, answers))
            if decided:
                self._write(lambda connection: connection.executemany(_KEEP, decided))
            return done

        return self.in_one(whole)

    def _reserve(self, connection: Connection, rows: Sequence[Row]) -> Sequence[Row]:
        """Put rows of ANSWER_COLUMNS where nothing is kept under their keys; return what is kept under the others,
        which stays so until the transaction ends. Raises KeyHeld."""
        with self._waiting_briefly(connection):
            changed = self._changed(connection, _RESERVE, rows)
            there = [row[:_OF_KEY] for row, new in zip(rows, changed, strict=True) if not new]
            kept = [found for which in there for found in connection.execute(_KEPT + self._locked, which).fetchall()]
        if len(kept) != len(there):
            raise Overtaken  # one was let go of as this was looking at it
        return kept

    _locked: ClassVar[str] = ""
    """What makes a SELECT keep others from changing its rows until the transaction ends."""

    def _waiting_briefly(self, connection: Connection) -> AbstractContextManager[None]:  # noqa: ARG002
        """Within it, no statement waits for another's transaction for longer than a moment. Raises KeyHeld then.

        Here none ever waits: there is one writer at a time, whose place was taken before.
        """
        return nullcontext()

    def try_writing(self, at: datetime) -> None:
        trial = KeptAnswer("", secrets.token_hex(16), 0, "", 0, "{}", secrets.token_hex(_TRIAL // 2), at)
        insert = f"INSERT INTO kept_answers ({ANSWER_COLUMNS}) VALUES ({marks(ANSWER_COLUMNS)})"
        delete = "DELETE FROM kept_answers WHERE key_id = ? AND idempotency_key = ?"

        def write(connection: Connection) -> None:
            connection.execute(insert, _answer_row(trial))
            connection.execute(delete, (trial.key_id, trial.idempotency_key))

        self._write(write)

    def add_key(self, key: ApiKey) -> None:
        sql = f"INSERT INTO api_keys ({KEY_COLUMNS}) VALUES ({marks(KEY_COLUMNS)})"
        self._write(lambda connection: connection.execute(sql, keepable(key_row(key))))

    def keys(self) -> Sequence[ApiKey]:
        rows = self._read(f"SELECT {KEY_COLUMNS} FROM api_keys ORDER BY created_at, id", ())
        return self._made(key_of, rows, KEY_COLUMNS)

    def find_key(self, key_id: str) -> ApiKey | None:
        rows = self._read(f"SELECT {KEY_COLUMNS} FROM api_keys WHERE id = ?", (key_id,))
        return self._made(key_of, rows, KEY_COLUMNS)[0] if rows else None

    def revoke_key(self, key_id: str, at: datetime) -> bool:
        sql = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
        return self._write(lambda connection: self._changed(connection, sql, [(moment_text(at), key_id)]) == [1])

    def note_keys_used(self, last_uses: Mapping[str, datetime]) -> None:
        sql = "UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)"
        used = [(moment_text(at), key_id, moment_text(at)) for key_id, at in last_uses.items()]
        self._write(lambda connection: connection.executemany(sql, used))

    def add_audit_lines(self, lines: Iterable[AuditLine]) -> None:
        beside = Beside(audit=tuple(lines))
        self._write(lambda connection: self._write_beside(connection, beside))

    def audit_trail(self, location_id: str | None = None, since: datetime | None = None) -> Sequence[AuditLine]:
        where, given = "at >= ?", [moment_text(since) if since else ""]
        if location_id is not None:
            where, given = where + " AND location_id = ?", [*given, location_id]
        sql = f"SELECT {AUDIT_COLUMNS} FROM audit WHERE {where} ORDER BY at, location_id, service, id"
        return self._made(_audit_line, self._read(sql, given), AUDIT_COLUMNS)

    def kept_answers(self, wanted: Collection[AnswerKey]) -> Mapping[AnswerKey, KeptAnswer]:
        rows = [row for which in wanted for row in self._read(_KEPT, which)]
        return _by_key(self._made(_answer, rows, ANSWER_COLUMNS))

    def _write_beside(self, connection: Connection, beside: Beside) -> None:
        """Write audit lines into the transaction that a connection is in."""
        if beside.audit:
            self._append(connection, "audit", AUDIT_COLUMNS, list(map(audit_row, beside.audit)))

    def _append(self, connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
        """Put rows that are new into a table."""
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks(columns)})", rows)

    def forget_answers(self, before: datetime) -> int:
        sql = "DELETE FROM kept_answers WHERE kept_at < ?"
        return self._write(lambda connection: sum(self._changed(connection, sql, [(moment_text(before),)])))


def audit_row(it: AuditLine) -> Row:
    """An audit line as stored."""
    return (
        it.location_id, moment_text(it.at), it.id, it.key_id, it.action, it.service, it.month, it.receipt_id,
        it.request_id,
    )  # fmt: skip


def _answer_row(it: KeptAnswer) -> Row:
    return (
        it.key_id, it.idempotency_key, it.part, it.request_hash, it.status, it.headers, it.body,
        moment_text(it.kept_at),
    )  # fmt: skip


def key_row(key: ApiKey) -> Row:
    """A key as stored."""
    return (
        key.id, key.name, key.role.value, key.belongs_to, key.digest, moment_text(key.created_at),
        _text(key.expires_at), _text(key.last_used_at), _text(key.revoked_at),
    )  # fmt: skip


def key_of(row: Sequence[Any]) -> ApiKey:
    """The key of a row of KEY_COLUMNS."""
    id, name, role, belongs_to, digest, created_at, *moments = row
    return ApiKey(id, name, Role(role), belongs_to, digest, datetime.fromisoformat(created_at), *map(_moment, moments))


def _audit_line(row: Sequence[Any]) -> AuditLine:
    location_id, at, id, key_id, action, *rest = row
    return AuditLine(id, datetime.fromisoformat(at), key_id, action, location_id, *rest)


def _answer(row: Sequence[Any]) -> KeptAnswer:
    key_id, idempotency_key, part, request_hash, status, headers, body, kept_at = row
    moment = datetime.fromisoformat(kept_at)
    return KeptAnswer(key_id, idempotency_key, part, request_hash, status, headers, body, moment)


def _by_key(answers: Iterable[KeptAnswer]) -> dict[AnswerKey, KeptAnswer]:
    return {(it.key_id, it.idempotency_key, it.part): it for it in answers}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
