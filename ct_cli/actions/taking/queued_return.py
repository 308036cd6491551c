"""A return that waits here for a server, as `ct queue` tells of it."""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.taking.submitted import FATES, Fate, NewerReturn, Receipt
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.return_queue import QueueState, Waiting
from ct_cli.backends.sending import Sent
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class QueuedReturn:
    """One return in the queue."""

    id: str
    """By which `ct queue` is told of it."""
    state: QueueState
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
    """Why it was refused or, of what waits, why the server did not take it when it was last sent."""
    version_seen: int = 0
    """The version of its month's return that it was made from; 0 for none."""
    atomic: bool = False
    """Whether it is recorded together with the others of its request, or not at all."""
    newer: NewerReturn | None = None
    """Of a conflict, the return that came in between; None where it is not there any more."""

    @classmethod
    def of(cls, workplace: Workplace, waiting: Waiting) -> "QueuedReturn":
        """It, with the window of its month."""
        said = waiting.submission.checked
        return cls(
            waiting.id,
            waiting.state,
            waiting.server,
            said.location_id,
            said.service,
            said.month,
            said.kind,
            waiting.queued_at,
            workplace.calendar.window(said.month).closes_at,
            waiting.submission.rehearsal,
            waiting.problems,
            waiting.version_seen,
            waiting.atomic,
            NewerReturn.of(waiting.newer, said) if waiting.newer else None,
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
