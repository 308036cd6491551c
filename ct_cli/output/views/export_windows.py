"""`ct window --ics FILE` as a page."""

from collections.abc import Iterator

from ct_cli.actions.export_windows import WindowsExported
from ct_cli.output.blocks import Block, line


def view(answer: WindowsExported) -> Iterator[Block]:
    """What was written where, and what to do with it."""
    first, last = answer.months[0].in_words(), answer.months[-1].in_words()
    what = f"1 window, {first}," if first == last else f"{len(answer.months)} windows, {first} to {last},"
    yield line(f"Wrote {what} to {answer.file}.")
    yield line("Open the file to put them in your calendar. After a change, open a new one: it replaces the old.")
