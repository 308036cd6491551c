"""`ct queue list` as a page."""

from collections.abc import Iterator

from ct_cli.actions.list_queue import QueueListed
from ct_cli.actions.taking.queued_return import QueuedReturn, WaitState
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.problems import problem_lines
from ct_cli.output.views.queue_words import closing

_STATES = {
    WaitState.NOT_YET_SENT: Text("not yet sent", Tone.WARNING),
    WaitState.REFUSED: Text("refused", Tone.BAD),
}
_COLUMNS = (Column("ID"), Column("State"), Column("Location"), Column("Service"), Column("Month"), Column("Window"))


def view(answer: QueueListed) -> Iterator[Block]:
    """Each return with its window's close, the problems of the refused ones, and what to do."""
    if not answer.returns:
        yield line("Nothing waits here: everything that was submitted was sent.")
        return
    yield Table(_COLUMNS, [_row(one) for one in answer.returns])
    yield line()
    for one in answer.returns:
        if one.problems:
            yield line(f"{one.id}, {one.location_id}:")
            yield from problem_lines(one.problems)
    states = {one.state for one in answer.returns}
    if WaitState.NOT_YET_SENT in states:
        yield line(Text("What is not yet sent does not count yet.", Tone.WARNING), " To send it, type: ct queue send")
    if WaitState.REFUSED in states:
        yield line("Refused returns are not sent again. Submit them put right, then type: ct queue drop --refused")


def _row(one: QueuedReturn) -> tuple[str | Text, ...]:
    return (one.id, _STATES[one.state], one.location_id, one.service.in_words, str(one.month), closing(one))
