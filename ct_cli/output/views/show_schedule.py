"""`ct remind --print-cron` and its like: lines to paste, and nothing else."""

from collections.abc import Iterator

from ct_cli.actions.show_schedule import ScheduleShown
from ct_cli.output.blocks import Block, line


def view(answer: ScheduleShown) -> Iterator[Block]:
    """The lines as they are."""
    for text in answer.text.rstrip("\n").split("\n"):
        yield line(text)
