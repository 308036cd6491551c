"""Words that `ct queue`'s pages share."""

from collections.abc import Iterator, Mapping

from ct_cli.actions.taking.queued_return import QueuedReturn, SentReturn
from ct_cli.actions.taking.submitted import Fate
from ct_cli.backends.return_queue import QueueState
from ct_cli.output.as_text import day
from ct_cli.output.blocks import Text, Tone
from ct_cli.returns.the_return import CheckedReturn

_FATES = {
    Fate.ACCEPTED: ("recorded", Tone.GOOD),
    Fate.CORRECTED: ("recorded as a correction", Tone.GOOD),
    Fate.ALREADY_RECORDED: ("was recorded already", Tone.GOOD),
    Fate.CONFLICT: ("not recorded, because somebody recorded another return since", Tone.BAD),
    Fate.HELD_BACK: ("held back, because it was to be recorded together with others or not at all", Tone.WARNING),
}


def closing(one: QueuedReturn) -> str:
    """By when a return has to be sent."""
    return f"closes at the end of {day(one.closes_at)}"


def outcome(one: SentReturn) -> Text:
    """What became of a return that was sent, in words."""
    words, tone = _FATES.get(one.fate, ("refused", Tone.BAD))
    if one.late:
        return Text(f"{words}: it arrived after its window had closed, so it fulfils nothing", Tone.BAD)
    return Text(words, tone)


def what(one: SentReturn | QueuedReturn | CheckedReturn) -> str:
    """Which return, in words."""
    return f"{one.location_id}, {one.service.in_words}, {one.month.in_words()}"


def undecided_words(count: int) -> str:
    """That so many returns here are refused or in conflict, and are not sent by themselves."""
    if count == 1:
        return "The server did not take 1 return from here. It is not sent again: `ct queue list` shows why."
    return f"The server did not take {count:,} returns from here. They are not sent again: `ct queue list` shows why."


def in_the_queue(counts: Mapping[str, int]) -> Iterator[str]:
    """How many returns are on this computer, and what to type, for a page that is about something else."""
    left = counts.get(QueueState.NOT_YET_SENT, 0)
    undecided = sum(counts.values()) - left
    if left:
        wait = "returns wait" if left > 1 else "return waits"
        yield f"NOT YET SENT: {left:,} {wait} on this computer. To send, type: ct queue send"
    if undecided:
        yield undecided_words(undecided)
