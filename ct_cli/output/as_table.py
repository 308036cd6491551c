"""Blocks at a terminal, in colour. The only file that meets rich, which takes 90 ms to import."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text as RichText

from ct_cli.output.blocks import Block, Line, Table, Text, Tone

if TYPE_CHECKING:
    from rich.progress import Progress

_STYLES = {
    Tone.PLAIN: "",
    Tone.GOOD: "green",
    Tone.WARNING: "yellow",
    Tone.BAD: "bold red",
    Tone.QUIET: "dim",
    Tone.STRONG: "bold",
}


def render(blocks: Iterable[Block], width: int, *, colour: bool) -> str:
    """The blocks folded to a width, with colour codes where wanted."""
    console = Console(
        width=width,
        force_terminal=True,
        color_system="auto" if colour else None,  # Rich's own no_color would leave bold and dim in.
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        for block in blocks:
            console.print(_line(block) if isinstance(block, Line) else _table(block))
    return capture.get()


def _line(block: Line) -> Padding:
    return Padding(
        RichText.assemble(*((part.words, _STYLES[part.tone]) for part in block.parts)),
        (0, 0, 0, block.indent),
    )


def _table(block: Table) -> RichTable:
    table = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in block.columns:
        table.add_column(column.title, justify="right" if column.numeric else "left")
    for row in block.rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(cell: str | Text) -> RichText:
    return RichText(cell) if isinstance(cell, str) else RichText(cell.words, _STYLES[cell.tone])


def progress_bar() -> "Progress":
    """A bar on stderr with how many are done, the rate and the time left. Not started."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn

    class Rate(ProgressColumn):
        def render(self, task: Task) -> RichText:
            return RichText(f"{task.speed:,.0f} a second" if task.speed else "")

    console = Console(stderr=True)
    return Progress(BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(), console=console, transient=True)
