"""`ct queue drop` as a page."""

from collections.abc import Iterator

from ct_cli.actions.drop_queued import QueuedDropped
from ct_cli.backends.return_queue import QueueState
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.queue_words import what


def view(answer: QueuedDropped) -> Iterator[Block]:
    """What was dropped, and that it is owed all the same."""
    if not answer.dropped:
        yield line("Nothing was dropped: there is none.")
    for one in answer.dropped:
        yield line(f"Dropped: {what(one)}")
    if answer.together:
        words = (
            f"{answer.together:,} of them went with what you named: they were to be recorded together or not at all."
        )
        yield line(words)
    if any(one.state is QueueState.NOT_YET_SENT for one in answer.dropped):
        words = (
            "What was not yet sent is not sent. If the connection broke while it was being sent, the server may have "
            "it: `ct history LOC` tells. If it is still owed, submit it again."
        )
        yield line(Text(words, Tone.WARNING))
