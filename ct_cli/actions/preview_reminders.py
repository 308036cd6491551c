"""The reminders themselves, as they would go out: to be looked at, not sent."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.reminding.plan import Arrangements, Due, next_rung, what_is_due
from ct_cli.actions.reminding.writer import make_writer
from ct_cli.actions.send_reminders import RungShown
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import Letter
from ct_cli.backends.registry import open_outbox
from ct_cli.errors import UsageError
from ct_cli.reminders.message import Message

SHOWN = 10
"""So many are shown; with a folder, all are written."""


class PreviewNotWritten(UsageError):
    """The messages cannot be written to {folder}: {reason}. Name another folder."""

    code = "preview-not-written"


@dataclass(frozen=True, slots=True)
class MessageShown:
    """One message."""

    recipient: str
    rung: str
    subject: str
    text: str
    html: str
    attached: str
    """The name of the calendar file that goes along where the channel takes files; empty where none does."""
    file: Path | None
    """Where its HTML was written; None where no folder was given."""


@dataclass(frozen=True)
class RemindersPreviewed(Answer):
    """The messages of the rung that is due or, where none is, of the next one."""

    now: datetime
    as_at: datetime
    """The moment for which they were written."""
    rungs: tuple[RungShown, ...]
    number: int
    """How many there would be."""
    messages: tuple[MessageShown, ...]


def preview_reminders(workplace: Workplace, folder: Path | None = None) -> RemindersPreviewed:
    """The messages to everybody who would be told, whether or not they were told already.

    With a folder, the HTML of each is written there. Raises SettingRefused, TemplateRefused, PreviewNotWritten.
    """
    arrangements = Arrangements.of(workplace)
    due = what_is_due(workplace, arrangements)
    messages = _messages(workplace, due)
    as_at = workplace.now
    if not messages and (coming := next_rung(workplace, arrangements)) is not None:
        later = Workplace(workplace.settings, coming.since)
        try:
            due, as_at = what_is_due(later, arrangements), coming.since
            messages = _messages(later, due)
        finally:
            later.close()
    shown = messages if folder is not None else messages[:SHOWN]
    return RemindersPreviewed(
        now=workplace.now,
        as_at=as_at,
        rungs=tuple(map(RungShown.of, due.rungs)),
        number=len(messages),
        messages=tuple(
            MessageShown(
                it.recipient,
                rung,
                it.subject,
                it.text,
                it.html,
                it.calendar.name if it.calendar else "",
                _written(it, rung, folder),
            )
            for rung, it in shown
        ),
    )


def _messages(workplace: Workplace, due: Due) -> list[tuple[str, Message]]:
    if not due.rungs:
        return []
    writer = make_writer(workplace)
    notes = open_outbox(workplace.settings, workplace.backend).contact_notes()
    found = []
    for decision in due.decide(notes, ()):
        for reminder in decision.reminders:
            rung = decision.due.rung.name
            letter = Letter(decision.due.month, reminder.recipient, rung, 0, reminder.about, workplace.now)
            found.append((rung, writer.write(replace(reminder), letter)))
    return found


def _written(message: Message, rung: str, folder: Path | None) -> Path | None:
    if folder is None:
        return None
    name = "".join(letter if letter.isalnum() or letter in "-_.@" else "-" for letter in message.recipient)
    path = folder / f"{rung}-{name}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(message.html, encoding="utf-8", newline="\n")
    except OSError as error:
        raise PreviewNotWritten(folder=folder, reason=(error.strerror or str(error)).lower()) from None
    return path
