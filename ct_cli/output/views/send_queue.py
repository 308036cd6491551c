"""`ct queue send` as a page, and the same in a few words for the commands that send on their way."""

from collections.abc import Iterator

from ct_cli.actions.send_queue import QueueSent
from ct_cli.actions.taking.queued_return import SentReturn
from ct_cli.backends.sending import Kept
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.problems import problem_lines
from ct_cli.output.views.queue_words import closing, outcome, undecided_words, what

_MOST_TOLD, _MOST_KEPT = 20, 5


def view(answer: QueueSent) -> Iterator[Block]:
    """What became of each return, then what still waits, and why."""
    if not answer.sent and not answer.waiting:
        if answer.undecided:
            yield line("Nothing waits to be sent.")
            yield line(Text(undecided_words(answer.undecided), Tone.BAD))
        else:
            yield line("Nothing waits here: everything that was submitted was sent.")
        return
    for one in answer.sent:
        yield line("Sent: ", what(one), ": ", outcome(one))
        if one.receipt:
            yield line("Receipt   ", Text(one.receipt.id, Tone.STRONG), indent=2)
        yield from problem_lines(one.problems)
    for waiting in answer.waiting:
        yield line(Text("NOT YET SENT", Tone.BAD), f": {what(waiting)}; its window {closing(waiting)}.")
        yield from problem_lines(waiting.problems)
    if answer.unreachable:
        yield line(answer.unreachable)
    if answer.undecided:
        yield line(Text(undecided_words(answer.undecided), Tone.BAD))


def notice(sent: tuple[SentReturn, ...], left: int, kept: tuple[Kept, ...]) -> Iterator[str]:
    """What was sent on the way, a line each; of many, how many. Then what waits on, and of `kept` why."""
    if len(sent) > _MOST_TOLD:
        bad = [one for one in sent if not one.fate.recorded or one.late]
        yield f"Sent {len(sent)} returns that waited here; {len(sent) - len(bad)} are recorded in time."
        sent = tuple(bad[:_MOST_TOLD])
    for one in sent:
        receipt = f", receipt {one.receipt.id}" if one.receipt else ""
        yield f"Sent, as it waited here: {what(one)}: {outcome(one).words}{receipt}."
    if any(not one.fate.recorded for one in sent):
        yield "`ct queue list` shows why, and what you can do."
    for it in kept[:_MOST_KEPT]:
        yield f"Not sent: {what(it.waited.submission.checked)}: {it.why.words.rstrip('.')}. {it.why.remedy}"
    if left:
        yield f"NOT YET SENT: {left} {'returns wait' if left > 1 else 'return waits'} here; see `ct queue list`."
