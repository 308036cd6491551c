"""`ct report windows` as a page: where the notice was put."""

from collections.abc import Iterator

from ct_cli.actions.publish_windows import WindowsPublished
from ct_cli.output.blocks import Block, line


def view(answer: WindowsPublished) -> Iterator[Block]:
    """One line about the file."""
    yield line(f"{len(answer.months)} windows as {answer.format.value}: ", str(answer.file))
