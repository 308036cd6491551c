"""Note that a person is away, or wants no reminders; others are told in their place."""

from dataclasses import dataclass, replace
from datetime import date

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import ContactNote
from ct_cli.backends.registry import has_own_outbox, open_outbox
from ct_cli.errors import UsageError
from ct_cli.register.location import Scope


class LeaveBackwards(UsageError):
    """The leave ends on {last}, before it begins on {first}."""

    code = "leave-backwards"


@dataclass(frozen=True)
class ContactNoted(Answer):
    """How a person stands now."""

    email: str
    opted_out: bool
    away_from: date | None
    away_to: date | None
    locations: int
    """Locations that the person is registered for."""
    of_this_computer: bool
    """Whether only this computer knows of it: through a server's API each keeps its own notes."""


def note_away(workplace: Workplace, email: str, first: date | None, last: date | None) -> ContactNoted:
    """The person is away from a day, today where none is given, to another, both included; for good without one.

    Raises LeaveBackwards.
    """
    begins = first or workplace.now.date()
    if last is not None and last < begins:
        raise LeaveBackwards(first=begins, last=last)
    return _save(workplace, replace(_note(workplace, email), away_from=begins, away_to=last))


def note_back(workplace: Workplace, email: str) -> ContactNoted:
    """The person is here again."""
    return _save(workplace, replace(_note(workplace, email), away_from=None, away_to=None))


def note_opted_out(workplace: Workplace, email: str, *, opted_out: bool) -> ContactNoted:
    """The person wants no reminders any more, or wants them again."""
    return _save(workplace, replace(_note(workplace, email), opted_out=opted_out))


def _note(workplace: Workplace, email: str) -> ContactNote:
    notes = open_outbox(workplace.settings, workplace.backend).contact_notes()
    return next((note for note in notes if note.email == email), ContactNote(email))


def _save(workplace: Workplace, note: ContactNote) -> ContactNoted:
    open_outbox(workplace.settings, workplace.backend).save_contact_note(note)
    users = workplace.backend.users(Scope(include_closed=True))
    here = not has_own_outbox(workplace.backend)
    number = sum(user.email == note.email for user in users)
    return ContactNoted(note.email, note.opted_out, note.away_from, note.away_to, number, here)
