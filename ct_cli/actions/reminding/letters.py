"""Letters of the outbox as they are shown."""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.backends.outbox import Letter, LetterState
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class ReturnNamed:
    """A return that a letter is about."""

    location_id: str
    service: Service


@dataclass(frozen=True, slots=True)
class LetterShown:
    """One letter, whatever became of it."""

    month: Month
    rung: str
    recipient: str
    part: int
    state: LetterState
    channel: str
    reason: str
    attempts: int
    created_at: datetime
    changed_at: datetime | None
    not_before: datetime | None
    rehearsal: bool
    about: tuple[ReturnNamed, ...]
    instead_of: tuple[str, ...]
    """Addresses that refused for good, in whose place the recipient is told."""

    @property
    def location_ids(self) -> list[str]:
        """The locations that it is about, each once."""
        return list(dict.fromkeys(it.location_id for it in self.about))


def shown(letter: Letter) -> LetterShown:
    """A letter as it is shown."""
    return LetterShown(
        month=letter.month,
        rung=letter.rung,
        recipient=letter.recipient,
        part=letter.part,
        state=letter.state,
        channel=letter.channel,
        reason=letter.reason,
        attempts=letter.attempts,
        created_at=letter.created_at,
        changed_at=letter.changed_at,
        not_before=letter.not_before,
        rehearsal=letter.rehearsal,
        about=tuple(ReturnNamed(*owing) for owing in letter.about),
        instead_of=letter.instead_of,
    )
