"""Sends what waits here to the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.taking.queued_return import QueuedReturn, SentReturn
from ct_cli.actions.taking.submitted import Fate
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.return_queue import QueueState, ReturnQueue
from ct_cli.backends.sending import Sending
from ct_cli.errors import ExitStatus, UsageError


class NoConflict(UsageError):
    """{id!r} is no conflict in the queue, so there is nothing that it could overwrite. `ct queue list` shows what is;
    nothing was sent."""

    code = "no-conflict"


@dataclass(frozen=True)
class QueueSent(Answer):
    """What came of sending."""

    sent: tuple[SentReturn, ...]
    waiting: tuple[QueuedReturn, ...]
    """What is not yet sent."""
    unreachable: str
    """Why the server could not be reached; empty where it was, or nothing was to be sent."""
    undecided: int = 0
    """How many returns here are refused, in conflict or held back: they are not sent again by themselves."""


def send_queue(workplace: Workplace, overwrite: Sequence[str] = ()) -> QueueSent:
    """Send what waits; conflicts of the ids in `overwrite` are sent too, to replace what came in between. Exit status 6
    where something still waits, 3 where something was refused or is a conflict.

    Raises NoConflict, NoServer, AddressRefused, KeyMissing, KeyUnreadable, StoreUnusable.
    """
    from ct_cli.backends.registry import open_queue, open_server
    from ct_cli.backends.sending import send_waiting

    if not overwrite and not workplace.settings.queue_path.exists():
        return QueueSent((), (), "")
    with open_server(workplace.settings, workplace.server_clock) as server, open_queue(workplace.settings) as queue:
        _overwrite(queue, overwrite)
        sending = send_waiting(server, queue)
        there = queue.all()
    left = tuple(QueuedReturn.of(workplace, each) for each in there if each.refused_at is None)
    return sent_answer(sending, left, len(there) - len(left))


def _overwrite(queue: ReturnQueue, ids: Sequence[str]) -> None:
    conflicts = {each.id for each in queue.all() if each.state is QueueState.CONFLICT}
    for id in ids:
        if id not in conflicts:
            raise NoConflict(id=id[:20])
    queue.overwrite(ids)


def sent_answer(sending: Sending, left: tuple[QueuedReturn, ...], undecided: int) -> QueueSent:
    """The answer for what came of sending."""
    sent = tuple(SentReturn.of(each) for each in sending.sent)
    status = ExitStatus.DONE
    if any(each.fate in {Fate.REFUSED, Fate.CONFLICT, Fate.HELD_BACK} for each in sent):
        status = ExitStatus.REFUSED
    if left:
        status = ExitStatus.NETWORK
    problems = (*(found for each in sent for found in each.problems), *(each.why for each in sending.kept))
    unreachable = sending.unreachable.sentence if sending.unreachable else ""
    failures = () if sending.failure is None else (sending.failure,)
    return QueueSent(sent, left, unreachable, undecided, problems=problems, failures=failures, exit_status=status)
