"""Blocks as plain text: for pipes, files and terminals that want no colour. Tables are whole, never cut."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from ct_cli.output.blocks import Block, Line, Table, words_of


def render(blocks: Iterable[Block]) -> str:
    """The blocks as text that ends in a newline (or is empty)."""
    return "".join(text + "\n" for block in blocks for text in _lines(block))


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Line):
        yield (" " * block.indent + "".join(part.words for part in block.parts)).rstrip()
    else:
        yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    rows = [[column.title for column in table.columns]]
    rows += [[_one_line(words_of(cell)) for cell in row] for row in table.rows]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    sides = [str.rjust if column.numeric else str.ljust for column in table.columns]
    for row in rows:
        cells = (side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _one_line(words: str) -> str:
    return " ".join(words.split()) if "\n" in words else words


def day(moment: date | datetime) -> str:
    """A day for people: Monday 16 December 2024."""
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def time_of_day(moment: datetime) -> str:
    """A time for people, to the minute: 11:59pm."""
    hour = moment.hour % 12 or 12
    return f"{hour}:{moment:%M}{'am' if moment.hour < 12 else 'pm'}"


def moment_in_words(moment: datetime) -> str:
    """A moment for people: 11:59pm on Monday 16 December 2024."""
    return f"{time_of_day(moment)} on {day(moment)}"


def duration(seconds: int) -> str:
    """A length of time in its two largest units: 3 days 4 hours, 12 minutes, less than a minute."""
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    parts: list[str] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or "less than a minute"
