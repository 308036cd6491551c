"""The returns that wait here for a server, and those that it refused."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.taking.queued_return import QueuedReturn
from ct_cli.actions.workplace import Workplace


@dataclass(frozen=True)
class QueueListed(Answer):
    """What is in the queue, in the order in which it came."""

    returns: tuple[QueuedReturn, ...]


def list_queue(workplace: Workplace) -> QueueListed:
    """What is in the queue. Asks no server. Raises StoreUnusable."""
    if not workplace.settings.queue_path.exists():
        return QueueListed(())
    from ct_cli.backends.registry import open_queue

    with open_queue(workplace.settings) as queue:
        found = tuple(QueuedReturn.of(workplace, waiting) for waiting in queue.all())
    return QueueListed(found, problems=tuple(problem for one in found for problem in one.problems))
