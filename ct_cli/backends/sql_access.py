"""A SQL store's keys, audit trail and kept answers."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from ct_cli.backends.access import AccessBackend, ApiKey, AuditLine, Beside, KeptAnswer, Role
from ct_cli.backends.ledger import moment_text
from ct_cli.backends.sql_rows import Row, keepable, marks
from ct_cli.backends.sql_speaker import Connection, SqlSpeaker

KEY_COLUMNS = "id, name, role, belongs_to, digest, created_at, expires_at, last_used_at, revoked_at"
AUDIT_COLUMNS = "location_id, at, id, key_id, action, service, month, receipt_id, request_id"
ANSWER_COLUMNS = "key_id, idempotency_key, part, request_hash, status, headers, body, kept_at"

T = TypeVar("T")


class SqlAccess(AccessBackend, SqlSpeaker):
    """The part of a SQL store that a server needs besides."""

    def in_one(self, work: Callable[[], T]) -> T:
        def joined(connection: Connection) -> T:
            self._joined = connection
            try:
                return work()
            finally:
                self._joined = None

        self._owner.check()
        return self._transact(joined)

    def add_key(self, key: ApiKey) -> None:
        row = (
            key.id, key.name, key.role.value, key.belongs_to, key.digest, moment_text(key.created_at),
            _text(key.expires_at), _text(key.last_used_at), _text(key.revoked_at),
        )  # fmt: skip
        sql = f"INSERT INTO api_keys ({KEY_COLUMNS}) VALUES ({marks(KEY_COLUMNS)})"
        self._write(lambda connection: connection.execute(sql, keepable(row)))

    def keys(self) -> Sequence[ApiKey]:
        return list(map(_key, self._read(f"SELECT {KEY_COLUMNS} FROM api_keys ORDER BY created_at, id", ())))

    def find_key(self, key_id: str) -> ApiKey | None:
        rows = self._read(f"SELECT {KEY_COLUMNS} FROM api_keys WHERE id = ?", (key_id,))
        return _key(rows[0]) if rows else None

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
        return list(map(_audit_line, self._read(sql, given)))

    def kept_answers(self, wanted: Collection[tuple[str, str, int]]) -> Mapping[tuple[str, str, int], KeptAnswer]:
        sql = f"SELECT {ANSWER_COLUMNS} FROM kept_answers WHERE key_id = ? AND idempotency_key = ? AND part = ?"
        found = [_answer(row) for which in wanted for row in self._read(sql, which)]
        return {(it.key_id, it.idempotency_key, it.part): it for it in found}

    def _write_beside(self, connection: Connection, beside: Beside) -> None:
        """Write audit lines and kept answers into the transaction that a connection is in."""
        if beside.audit:
            self._append(connection, "audit", AUDIT_COLUMNS, list(map(audit_row, beside.audit)))
        if beside.answers:
            sql = f"INSERT INTO kept_answers ({ANSWER_COLUMNS}) VALUES ({marks(ANSWER_COLUMNS)}) ON CONFLICT DO NOTHING"
            connection.executemany(sql, list(map(_answer_row, beside.answers)))

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


def _key(row: Sequence[Any]) -> ApiKey:
    id, name, role, belongs_to, digest, created_at, *moments = row
    return ApiKey(id, name, Role(role), belongs_to, digest, datetime.fromisoformat(created_at), *map(_moment, moments))


def _audit_line(row: Sequence[Any]) -> AuditLine:
    location_id, at, id, key_id, action, *rest = row
    return AuditLine(id, datetime.fromisoformat(at), key_id, action, location_id, *rest)


def _answer(row: Sequence[Any]) -> KeptAnswer:
    key_id, idempotency_key, part, request_hash, status, headers, body, kept_at = row
    moment = datetime.fromisoformat(kept_at)
    return KeptAnswer(key_id, idempotency_key, part, request_hash, status, headers, body, moment)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
