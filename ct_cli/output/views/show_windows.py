"""`ct window` as a page."""

from collections.abc import Iterator
from datetime import datetime

from ct_cli.actions.show_windows import WindowShown, WindowsShown
from ct_cli.clock import local
from ct_cli.output.as_text import day, duration, moment_in_words, time_of_day
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.windows.window import WindowState

_TONES = {WindowState.OPEN: Tone.GOOD, WindowState.UPCOMING: Tone.PLAIN, WindowState.CLOSED: Tone.QUIET}


def view(answer: WindowsShown) -> Iterator[Block]:
    """One window in words, several as a table."""
    if len(answer.windows) == 1:
        yield from _one(answer.windows[0])
    elif answer.windows:
        yield from _several(answer.windows)
    if answer.before_the_duty:
        first, last = answer.before_the_duty[0].in_words(), answer.before_the_duty[-1].in_words()
        months = first if first == last else f"{first} to {last}"
        words = f"No window: {months}. The duty to make a return has been in force since 31 July 2022."
        yield line(Text(words, Tone.QUIET))


def _one(window: WindowShown) -> Iterator[Block]:
    state = Text(window.state.value, _TONES[window.state])
    yield line(Text(window.month.in_words(), Tone.STRONG), ": ", state, _left(window))
    yield line(f"Opens   at the start of {day(window.opens_at)} (12:00am)", indent=2)
    yield line(f"Closes  at the end of {day(window.closes_at)} (11:59pm)", indent=2)
    if window.moved_because:
        yield line(f"{window.moved_because}, so it closes on the next working day.", indent=2)
    if _differs(window):
        yield line("Those are London's times. By this machine's clock:", indent=2)
        yield line(f"Opens   {_here(window.opens_at)}", indent=4)
        yield line(f"Closes  {_here(window.closes_at)}", indent=4)


def _left(window: WindowShown) -> str:
    if window.seconds_left is None:
        return ""
    left = duration(window.seconds_left)
    return f", {left} left" if window.state is WindowState.OPEN else f", opens in {left}"


def _several(windows: tuple[WindowShown, ...]) -> Iterator[Block]:
    elsewhere = any(_differs(window) for window in windows)
    columns = [Column("Month"), Column("Opens"), Column("Closes"), Column("State"), Column("Why the close moved")]
    if elsewhere:
        columns[4:4] = [Column("Opens here"), Column("Closes here")]
    yield Table(tuple(columns), [_row(window, elsewhere) for window in windows])
    words = "Opens at the start of the day and closes at its end (11:59pm), by the clock in London."
    yield line(Text(words, Tone.QUIET))
    if elsewhere:
        moments = [moment for window in windows for moment in (window.opens_at, window.closes_at)]
        zones = ", ".join(dict.fromkeys(f"{local(moment):%Z}" for moment in moments))
        yield line(Text(f"Here is by this machine's clock ({zones}).", Tone.QUIET))


def _row(window: WindowShown, elsewhere: bool) -> list[str | Text]:
    row: list[str | Text] = [
        str(window.month),
        _short(window.opens_at),
        _short(window.closes_at),
        Text(window.state.value, _TONES[window.state]),
        window.moved_because or "",
    ]
    if elsewhere:
        here = (local(window.opens_at), local(window.closes_at))
        row[4:4] = [f"{time_of_day(moment)} {_short(moment)}" for moment in here]
    return row


def _short(moment: datetime) -> str:
    """A day that leaves room for the others in a row of 80 characters: Mon 16 Dec 2024."""
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def _differs(window: WindowShown) -> bool:
    """Whether this machine's clock shows another time than London's when the window opens or closes."""
    moments = (window.opens_at, window.closes_at)
    return any(local(moment).utcoffset() != moment.utcoffset() for moment in moments)


def _here(moment: datetime) -> str:
    here = local(moment)
    return f"{moment_in_words(here)} ({here:%Z})"
