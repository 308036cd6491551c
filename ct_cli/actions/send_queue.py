"""Sends what waits here to the server."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.taking.queued_return import QueuedReturn, SentReturn
from ct_cli.actions.taking.submitted import Fate
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.sending import Sending
from ct_cli.errors import ExitStatus


@dataclass(frozen=True)
class QueueSent(Answer):
    """What came of sending."""

    sent: tuple[SentReturn, ...]
    waiting: tuple[QueuedReturn, ...]
    """What is not yet sent."""
    unreachable: str
    """Why the server could not be reached; empty where it was, or nothing was to be sent."""


def send_queue(workplace: Workplace) -> QueueSent:
    """Send what waits. Exit status 6 where something still waits, 3 where something was refused.

    Raises NoServer, AddressRefused, KeyMissing, KeyUnreadable, KeyRefused, NotAllowedThere, StoreUnusable.
    """
    from ct_cli.backends.registry import open_queue, open_server
    from ct_cli.backends.sending import send_waiting

    if not workplace.settings.queue_path.exists():
        return QueueSent((), (), "")
    with open_server(workplace.settings) as server, open_queue(workplace.settings) as queue:
        sending = send_waiting(server, queue)
        left = tuple(QueuedReturn.of(workplace, each) for each in queue.all() if each.refused_at is None)
    return sent_answer(sending, left)


def sent_answer(sending: Sending, left: tuple[QueuedReturn, ...]) -> QueueSent:
    """The answer for what came of sending."""
    sent = tuple(SentReturn.of(each) for each in sending.sent)
    status = ExitStatus.DONE
    if any(each.fate in {Fate.REFUSED, Fate.CONFLICT} for each in sent):
        status = ExitStatus.REFUSED
    if left:
        status = ExitStatus.NETWORK
    problems = tuple(problem for each in sent for problem in each.problems)
    unreachable = sending.unreachable.sentence if sending.unreachable else ""
    return QueueSent(sent, left, unreachable, problems=problems, exit_status=status)
