"""A SQL store's outbox."""

import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from ct_cli.backends.ledger import moment_text
from ct_cli.backends.outbox import Change, ContactNote, Letter, LetterState, Outbox, Owing
from ct_cli.backends.sql_rows import keepable, marks, service_of, upsert
from ct_cli.backends.sql_speaker import Connection, SqlSpeaker
from ct_cli.windows.month import Month

LETTER_COLUMNS = (
    "recipient, month, rung, part, rehearsal, about, created_at, state, channel, reason, attempts, not_before,"
    " claimed_by, changed_at, instead_of"
)

NOTE_COLUMNS = "email, opted_out, away_from, away_to"

_STATES = {state.value: state for state in LetterState}


class SqlOutbox(SqlSpeaker, Outbox):
    """The part of a SQL store that reminders need."""

    def queue(self, letters: Iterable[Letter]) -> int:
        rows = [keepable(letter_row(letter)) for letter in letters]
        sql = f"INSERT INTO outbox ({LETTER_COLUMNS}) VALUES ({marks(LETTER_COLUMNS)}) ON CONFLICT DO NOTHING"
        return self._write(lambda connection: sum(self._changed(connection, sql, rows))) if rows else 0

    def change(self, changes: Sequence[Change], *, durable: bool = True) -> Sequence[bool]:  # noqa: ARG002 - always is
        sql = (
            "UPDATE outbox SET about = ?, state = ?, channel = ?, reason = ?, attempts = ?, not_before = ?,"
            " claimed_by = ?, changed_at = ? WHERE recipient = ? AND month = ? AND rung = ? AND part = ?"
            " AND rehearsal = ? AND state = ? AND claimed_by = ?"
        )
        rows = list(map(_change_row, changes))
        return self._write(lambda connection: [changed == 1 for changed in self._changed(connection, sql, rows)])

    def letters(self, *, month: Month | None = None, states: Collection[LetterState] | None = None) -> Sequence[Letter]:
        where, given = "1 = 1", list[Any]()
        if month is not None:
            where, given = where + " AND month = ?", [*given, month.key]
        if states is not None:
            wanted = self.dialect.many(sorted(state.value for state in states))
            where, given = f"{where} AND state {self.dialect.among}", [*given, wanted]
        rows = self._read(f"SELECT {LETTER_COLUMNS} FROM outbox WHERE {where} ORDER BY month, seq", given)
        return self._made(letter_of, rows, LETTER_COLUMNS)

    def forget(self, email: str) -> None:
        self._write(lambda connection: forget_person(connection, email))

    def contact_notes(self) -> Sequence[ContactNote]:
        rows = self._read(f"SELECT {NOTE_COLUMNS} FROM contact_notes ORDER BY email", ())
        return self._made(note_of, rows, NOTE_COLUMNS)

    def save_contact_note(self, note: ContactNote) -> None:
        sql, given = upsert("contact_notes", NOTE_COLUMNS, "email"), note_row(note)
        if note == ContactNote(note.email):
            sql, given = "DELETE FROM contact_notes WHERE email = ?", [note.email]
        self._write(lambda connection: connection.execute(sql, given))


def forget_person(connection: Connection, email: str) -> None:
    """Erase a person from the outbox, in the transaction that the connection is in. The letters stay, for the count.

    What a mail server said of a letter may name its recipient, so that goes as well.
    """
    connection.execute(
        "UPDATE outbox SET recipient = ?, reason = '' WHERE recipient = ?",
        (f"erased-{secrets.token_hex(8)}", email.lower()),
    )
    connection.execute(
        "UPDATE outbox SET instead_of = REPLACE(instead_of, ?, '\"erased\"') WHERE instead_of <> ''",
        (json.dumps(email.lower()),),
    )
    connection.execute("DELETE FROM contact_notes WHERE email = ?", (email.lower(),))


def letter_row(it: Letter) -> Sequence[Any]:
    """A letter as stored."""
    return (
        it.recipient, it.month.key, it.rung, it.part, int(it.rehearsal), _about_text(it.about),
        moment_text(it.created_at), it.state.value, it.channel, it.reason, it.attempts, _text(it.not_before),
        it.claimed_by, _text(it.changed_at), _addresses_text(it.instead_of),
    )  # fmt: skip


def _change_row(change: Change) -> Sequence[Any]:
    before, after = change
    return (
        _about_text(after.about), after.state.value, after.channel, after.reason, after.attempts,
        _text(after.not_before), after.claimed_by, _text(after.changed_at), before.recipient, before.month.key,
        before.rung, before.part, int(before.rehearsal), before.state.value, before.claimed_by,
    )  # fmt: skip


def note_row(note: ContactNote) -> Sequence[Any]:
    """A note as stored."""
    days = [day and day.isoformat() for day in (note.away_from, note.away_to)]
    return (note.email, int(note.opted_out), *days)


def note_of(row: Sequence[Any]) -> ContactNote:
    """The note of a row of NOTE_COLUMNS."""
    email, opted_out, away_from, away_to = row
    return ContactNote(email, bool(opted_out), _day(away_from), _day(away_to))


def letter_of(row: Sequence[Any]) -> Letter:
    """The letter of a row of LETTER_COLUMNS."""
    return Letter(
        recipient=row[0],
        month=_month(row[1]),
        rung=row[2],
        part=row[3],
        rehearsal=bool(row[4]),
        about=tuple([Owing(location_id, service_of(service)) for location_id, service in json.loads(row[5])]),
        created_at=datetime.fromisoformat(row[6]),
        state=_STATES[row[7]],
        channel=row[8],
        reason=row[9],
        attempts=row[10],
        not_before=_moment(row[11]),
        claimed_by=row[12],
        changed_at=_moment(row[13]),
        instead_of=tuple(json.loads(row[14])) if row[14] else (),
    )


@lru_cache(maxsize=128)  # A letter is written down three times while it is sent.
def _about_text(about: tuple[Owing, ...]) -> str:
    return json.dumps([(owing.location_id, owing.service.value) for owing in about])


def _addresses_text(addresses: tuple[str, ...]) -> str:
    return json.dumps(addresses) if addresses else ""


@lru_cache(maxsize=32)
def _month(key: int) -> Month:
    return Month.from_key(key)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
