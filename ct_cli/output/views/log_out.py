"""`ct logout` as a page."""

from collections.abc import Iterator

from ct_cli.actions.log_out import LoggedOut
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.log_in import KEPT


def view(answer: LoggedOut) -> Iterator[Block]:
    """Whether there was one, and whether one is still found."""
    if answer.had_one:
        yield line(f"The key to {answer.server} is gone from this computer. It stays good: revoke it on the server.")
    else:
        yield line(f"No key to {answer.server} was kept here.")
    if answer.still_from:
        yield line(Text(f"But {KEPT[answer.still_from]} still gives one.", Tone.WARNING))
