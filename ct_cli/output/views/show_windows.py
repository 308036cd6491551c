"""`ct window` as a page."""

from collections.abc import Iterator

from ct_cli.actions.show_windows import WindowShown, WindowsShown
from ct_cli.clock import local
from ct_cli.output.as_text import day, duration, moment_in_words
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.windows.window import WindowState

_TONES = {WindowState.OPEN: Tone.GOOD, WindowState.UPCOMING: Tone.PLAIN, WindowState.CLOSED: Tone.QUIET}


def view(answer: WindowsShown) -> Iterator[Block]:
    """One window in words, several as a table."""
    if len(answer.windows) == 1:
        yield from _one(answer.windows[0])
    else:
        yield _several(answer.windows)


def _one(window: WindowShown) -> Iterator[Block]:
    state = Text(window.state.value, _TONES[window.state])
    yield line(Text(window.month.in_words(), Tone.STRONG), ": ", state, _left(window))
    yield line(f"Opens   {moment_in_words(window.opens_at)}", indent=2)
    yield line(f"Closes  {moment_in_words(window.closes_at)}", indent=2)
    if window.moved_because:
        yield line(f"The close moved from the 14th: {window.moved_because}.", indent=2)
    if local(window.opens_at).utcoffset() != window.opens_at.utcoffset():
        opens, closes = local(window.opens_at), local(window.closes_at)
        yield line("Times are London's. By this machine's clock:", indent=2)
        yield line(f"{moment_in_words(opens)} to {moment_in_words(closes)} ({closes:%Z})", indent=4)


def _left(window: WindowShown) -> str:
    if window.seconds_left is None:
        return ""
    left = duration(window.seconds_left)
    return f", {left} left" if window.state is WindowState.OPEN else f", opens in {left}"


def _several(windows: tuple[WindowShown, ...]) -> Table:
    columns = (
        Column("Month"),
        Column("Opens"),
        Column("Closes"),
        Column("State"),
        Column("Why the close moved"),
    )
    rows = [
        (
            str(window.month),
            day(window.opens_at),
            day(window.closes_at),
            Text(window.state.value, _TONES[window.state]),
            window.moved_because or "",
        )
        for window in windows
    ]
    return Table(columns, rows)
