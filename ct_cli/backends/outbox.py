"""The outbox: which reminders were to go out, which did, and who is not to be told. Kept so that each goes out once.

The promises, which the suite in tests/backends/ holds each store to:

1. There is one letter for each (month, recipient, rung, part), and rehearsals apart: a second one is passed over.
2. A letter is changed only by who knows how it stands: a change holds its state before and who had claimed it, and
   is passed over where another program was faster. So of two programs that claim a letter, one has it.
3. When `queue` or `change` returns, what it did is durable. Each call is one transaction: all of it, or none. A change
   that is not asked to be durable outlives the end of its program, and is lost at most where this machine itself stops.
4. Nothing of a person is kept once `Backend.remove_users` erased them from all locations; where the outbox is not in
   that store, once `forget` did.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month


class LetterState(StrEnum):
    """How far a letter has come."""

    PENDING = "pending"
    """To be sent, or to be tried again."""
    CLAIMED = "claimed"
    """A program has it among those that it sends next, and has not begun with it."""
    SENDING = "sending"
    """A program is about to give it over, or is at it."""
    SENT = "sent"
    """The channel took it."""
    FAILED = "failed"
    """The channel refused it for good."""
    UNKNOWN = "unknown"
    """It may have gone out: the answer was lost. Held until somebody decides."""
    SUPERSEDED = "superseded"
    """Not sent, because by then it was of no use: a tighter rung was due, or everything in it had been made."""


class Owing(NamedTuple):
    """One return that a letter is about."""

    location_id: str
    service: Service


@dataclass(frozen=True, slots=True)
class Letter:
    """One reminder to one recipient. Moments are aware."""

    month: Month
    recipient: str
    """An email address in small letters, or webhook:NAME."""
    rung: str
    part: int
    """0; more where a person comes to be told of other locations on the same rung."""
    about: tuple[Owing, ...]
    """What it was to name; by the time it is sent, less may be owed."""
    created_at: datetime
    rehearsal: bool = False
    state: LetterState = LetterState.PENDING
    channel: str = ""
    """By which channel it went out, or was last tried."""
    reason: str = ""
    """Why it stands as it does, in words; empty where there is nothing to say."""
    attempts: int = 0
    not_before: datetime | None = None
    """When it may be tried again; None for at once."""
    claimed_by: str = ""
    """The program that last claimed it."""
    changed_at: datetime | None = None
    """When it last changed; None where it never did."""
    instead_of: tuple[str, ...] = ()
    """The addresses that refused for good, in whose place its recipient is told."""


class Change(NamedTuple):
    """A letter as it is thought to stand, and as it is to stand."""

    before: Letter
    after: Letter
    """The same month, recipient, rung and part."""


@dataclass(frozen=True, slots=True)
class ContactNote:
    """What was noted of a person who would be told. Days are included."""

    email: str
    opted_out: bool = False
    away_from: date | None = None
    away_to: date | None = None

    def away_on(self, day: date) -> bool:
        """Whether the person is away on a day."""
        return self.away_from is not None and self.away_from <= day and (self.away_to is None or day <= self.away_to)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why no reminder is sent: the outbox was put back from a backup, and does not know what went out since that."""

    since: datetime
    """When it was put back."""
    backup_made_at: datetime | None
    """None where that is not known."""


class Outbox(ABC):
    """Where letters and contact notes are kept. A store may be one besides being a `Backend`."""

    @abstractmethod
    def queue(self, letters: Iterable[Letter]) -> int:
        """Keep the letters of which there is none yet; how many those were."""

    @abstractmethod
    def change(self, changes: Sequence[Change], *, durable: bool = True) -> Sequence[bool]:
        """Make each change whose letter is still as `before` says (its state and who claimed it); which were made."""

    @abstractmethod
    def letters(self, *, month: Month | None = None, states: Collection[LetterState] | None = None) -> Sequence[Letter]:
        """The letters of a month or of all, in some states or in all; by month, then as they were queued."""

    @abstractmethod
    def forget(self, email: str) -> None:
        """Erase a person from letters and notes. The letters stay, for the count."""

    @abstractmethod
    def contact_notes(self) -> Sequence[ContactNote]:
        """Every note, ordered by email."""

    @abstractmethod
    def save_contact_note(self, note: ContactNote) -> None:
        """Keep a note in the place of the one there was; one that says nothing is removed."""

    def hold(self) -> Hold | None:
        """Why reminders are held; None where they are sent. Only `ct restore` holds them, in the embedded store."""
        return None

    def release(self) -> bool:
        """Send reminders again; whether they were held."""
        return False
