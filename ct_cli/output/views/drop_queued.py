"""`ct queue drop` as a page."""

from collections.abc import Iterator

from ct_cli.actions.drop_queued import QueuedDropped
from ct_cli.actions.taking.queued_return import WaitState
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.queue_words import what


def view(answer: QueuedDropped) -> Iterator[Block]:
    """What was dropped, and that it is owed all the same."""
    if not answer.dropped:
        yield line("Nothing was dropped: there is none.")
    for one in answer.dropped:
        yield line(f"Dropped: {what(one)}")
    if any(one.state is WaitState.NOT_YET_SENT for one in answer.dropped):
        yield line(Text("What was not yet sent is not sent. If it is still owed, submit it again.", Tone.WARNING))
