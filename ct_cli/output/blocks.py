"""What a page is made of, before it is known whether a terminal, a pipe or a file will show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a piece of text is meant. Colour only ever repeats what the words say."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    QUIET = "quiet"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Text:
    """Some words with a tone; a cell of a table, or part of a line."""

    words: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Line:
    """A line (or paragraph) of a page. No parts make an empty line."""

    parts: tuple[Text, ...] = ()
    indent: int = 0
    """Spaces before it, and before each line that it is folded into at a terminal."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `numeric` columns are set flush right."""

    title: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titled columns. A cell is plain words or a Text."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str | Text]]


Block = Line | Table


def line(*parts: str | Text, indent: int = 0) -> Line:
    """A line of parts, where plain words have no tone."""
    return Line(tuple(Text(part) if isinstance(part, str) else part for part in parts), indent)


def words_of(cell: str | Text) -> str:
    """A cell without its tone."""
    return cell if isinstance(cell, str) else cell.words
