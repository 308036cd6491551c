"""Takes returns out of the queue that are not to be sent, or that the server refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.taking.queued_return import QueuedReturn
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.return_queue import QueueState
from ct_cli.errors import UsageError


class NothingNamed(UsageError):
    """Name what to drop by its ID from `ct queue list`, or all that the server refused with --refused."""

    code = "nothing-named"


class NotQueued(UsageError):
    """{id!r} is no return in the queue. `ct queue list` shows what is; nothing was dropped."""

    code = "not-queued"


@dataclass(frozen=True)
class QueuedDropped(Answer):
    """What was taken out."""

    dropped: tuple[QueuedReturn, ...]
    together: int = 0
    """How many of them were not named, and were to be recorded together with one that was, or not at all."""


def drop_queued(workplace: Workplace, ids: Sequence[str], *, refused: bool) -> QueuedDropped:
    """Drop returns by their ids, and with `refused` every refused one; all or none. With one of a request that is to be
    recorded whole go the others of it.

    Raises NothingNamed, NotQueued, StoreUnusable.
    """
    from ct_cli.backends.registry import open_queue

    if not ids and not refused:
        raise NothingNamed
    with open_queue(workplace.settings) as queue:
        there = {waiting.id: QueuedReturn.of(workplace, waiting) for waiting in queue.all()}
        for id in ids:
            if id not in there:
                raise NotQueued(id=id[:20])
        named = {one.id for one in there.values() if one.id in ids or (refused and one.state is QueueState.REFUSED)}
        whole = {waiting.id for id in named for waiting in queue.together_with(id)}
        wanted = [one for one in there.values() if one.id in whole]
        queue.drop([one.id for one in wanted])
    return QueuedDropped(tuple(wanted), len(whole - named))
