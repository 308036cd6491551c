"""A return that waits here for a server, as `ct queue` tells of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ct_cli.actions.taking.submitted import FATES, Fate, Receipt
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.return_queue import Waiting
from ct_cli.backends.sending import Sent
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month


class WaitState(StrEnum):
    """How a return in the queue stands."""

    NOT_YET_SENT = "not-yet-sent"
    REFUSED = "refused"
    """The server refused it; it stays until it is dropped, and is not sent again."""


@dataclass(frozen=True, slots=True)
class QueuedReturn:
    """One return in the queue."""

    id: str
    """By which `ct queue drop` is told of it."""
    state: WaitState
    server: str
    location_id: str
    service: Service
    month: Month
    kind: ReturnKind
    queued_at: datetime
    closes_at: datetime
    """When its month's window closes: it counts only if the server receives it before."""
    rehearsal: bool
    problems: tuple[Problem, ...]
    """Why it was refused."""

    @classmethod
    def of(cls, workplace: Workplace, waiting: Waiting) -> "QueuedReturn":
        """It, with the window of its month."""
        said = waiting.submission.checked
        return cls(
            waiting.id,
            WaitState.REFUSED if waiting.refused_at else WaitState.NOT_YET_SENT,
            waiting.server,
            said.location_id,
            said.service,
            said.month,
            said.kind,
            waiting.queued_at,
            workplace.calendar.window(said.month).closes_at,
            waiting.submission.rehearsal,
            waiting.problems,
        )


@dataclass(frozen=True, slots=True)
class SentReturn:
    """One return that waited and was sent, and what became of it."""

    id: str
    location_id: str
    service: Service
    month: Month
    queued_at: datetime
    fate: Fate
    late: bool
    """Whether it was meant to meet its month's duty, and reached the server after the window had closed."""
    receipt: Receipt | None
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, sent: Sent) -> "SentReturn":
        """It, from what the server answered."""
        waited, outcome = sent.waited, sent.outcome
        said, entry = waited.submission.checked, outcome.entry
        fate = FATES[outcome.kind]
        shut = any(problem.code == "window-not-open" for problem in outcome.problems)
        return cls(
            waited.id,
            said.location_id,
            said.service,
            said.month,
            waited.queued_at,
            fate,
            waited.submission.fulfils and (shut or (entry is not None and not entry.fulfils)),
            Receipt.of(entry) if entry is not None and fate.recorded else None,
            outcome.problems,
        )
