"""`ct template` as a page."""

from collections.abc import Iterator

from ct_cli.actions.write_template import TemplateWritten
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.windows.window import WindowState

_NAMED = 5
"""Locations that are named where their last return was altered."""


def view(answer: TemplateWritten) -> Iterator[Block]:
    """What is in the file, and what to do with it."""
    month = answer.month.in_words()
    if answer.file is None:
        of_what = "Of what was asked for nothing" if answer.narrowed else "Nothing"
        yield line(Text(f"{of_what} is owed for {month}", Tone.GOOD), ", so no file was written.")
        return
    yield line(Text(str(answer.file), Tone.STRONG), f": {_count(answer.returns, 'return')} still owed for {month}.")
    if answer.filled:
        yield line(f"{_rows(answer.filled, 'holds', 'hold')} the values of the last return: change what has changed.")
    if answer.filled < answer.returns:
        yield line(f"{_rows(answer.returns - answer.filled, 'is', 'are')} blank: there is no earlier return.")
    if answer.altered:
        named = ", ".join(answer.altered[:_NAMED]) + (" and more" if len(answer.altered) > _NAMED else "")
        yield line(
            Text("Altered since it was recorded", Tone.BAD),
            f": the last return of {named}, so its row is left blank. Type: ct verify",
        )
    yield line("Nothing to report: give nil_reason and clear the row's items. Nothing changed: write yes in unchanged.")
    if answer.window is WindowState.CLOSED:
        yield line(Text("Its window has closed", Tone.WARNING), ": what you submit now fulfils nothing.")
        yield line(f"ct submit --file {answer.file} --outside-window", indent=2)
    else:
        yield line(f"Submit it by {moment_in_words(answer.closes_at)}:")
        yield line(f"ct submit --file {answer.file}", indent=2)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _rows(number: int, one: str, several: str) -> str:
    return f"{_count(number, 'row')} {one if number == 1 else several}"
