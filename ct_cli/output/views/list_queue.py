"""`ct queue list` as a page."""

from collections.abc import Iterator

from ct_cli.actions.list_queue import QueueListed
from ct_cli.actions.taking.queued_return import QueuedReturn
from ct_cli.backends.return_queue import QueueState
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.newer_return import side_by_side
from ct_cli.output.views.problems import problem_lines
from ct_cli.output.views.queue_words import closing

_STATES = {
    QueueState.NOT_YET_SENT: Text("not yet sent", Tone.WARNING),
    QueueState.REFUSED: Text("refused", Tone.BAD),
    QueueState.CONFLICT: Text("conflict", Tone.BAD),
    QueueState.HELD_BACK: Text("held back", Tone.WARNING),
}
_COLUMNS = (Column("ID"), Column("State"), Column("Location"), Column("Service"), Column("Month"), Column("Window"))


def view(answer: QueueListed) -> Iterator[Block]:
    """Each return with its window's close, what is wrong with it or stands against it, and what to do."""
    if not answer.returns:
        yield line("Nothing waits here: everything that was submitted was sent.")
        return
    yield Table(_COLUMNS, [_row(one) for one in answer.returns])
    yield line()
    for one in answer.returns:
        yield from _particulars(one)
    states = {one.state for one in answer.returns}
    if QueueState.NOT_YET_SENT in states:
        yield line(Text("What is not yet sent does not count yet.", Tone.WARNING), " To send it, type: ct queue send")
    if QueueState.REFUSED in states:
        yield line(
            "Refused returns are not sent again. Correct or confirm them and submit them again, then type:"
            " ct queue drop --refused"
        )
    if QueueState.HELD_BACK in states:
        yield line("What is held back was to be recorded together with one that is refused or a conflict.")


def _particulars(one: QueuedReturn) -> Iterator[Block]:
    if one.state is QueueState.CONFLICT:
        yield line(f"{one.id}, {one.location_id}: ", Text("somebody recorded another return since", Tone.BAD))
        if one.newer is not None:
            yield from side_by_side(one.newer, there="On the server")
        else:
            yield line("The version that it was to replace is not on the server any more.", indent=2)
        yield line(f"To put yours in its place, type: ct queue send --overwrite {one.id}", indent=2)
        yield line(f"To leave what is there, type: ct queue drop {one.id}", indent=2)
    elif one.problems:
        yield line(f"{one.id}, {one.location_id}:")
        yield from problem_lines(one.problems)


def _row(one: QueuedReturn) -> tuple[str | Text, ...]:
    return (one.id, _STATES[one.state], one.location_id, one.service.in_words, str(one.month), closing(one))
