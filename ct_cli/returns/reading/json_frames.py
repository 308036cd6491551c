"""JSON objects that differ from one another in their values alone: their values at half the cost of reading JSON.

Who writes thousands of objects writes them alike: the same keys in the same order, with the same spaces. What is the
same is the frame; an object that has a frame known before needs no more than the texts in its places. Every other, and
every value with something escaped in it, is for whoever reads JSON in full.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

CellsOf = Callable[[str], Mapping[str, str]]
"""Reads the text of an object in full: its cells by key. What a cell is of depends on the object's frame alone."""

_LONGEST = 4_096  # characters of an object whose frame is worth knowing
_KEPT, _TRIED = 4, 16  # frames at a time, and in all: a file whose objects are all different costs little more so
_SPELT = re.compile(
    r'"(?:[^"\\]|\\.)*"\s*:'  # a key
    r'|"(?P<text>[^"\\]*)"'
    r"|(?P<number>0|-?[1-9][0-9]{0,17})(?![0-9.eE])"
    r'|"(?:[^"\\]|\\.)*"|-?[0-9][-+0-9.eE]*'  # the rest of texts and numbers, which stay as they are
)
_TEXT, _NUMBER = r'"([^"\\\x00-\x1f]*+)"', "(0|-?[1-9][0-9]{0,17}+)"
_MARK, _COUNT = "ct-place-", 460_460_460_000
"""What stands for a text, and for a number, while it is found out which cell it becomes."""


class Frame:
    """What objects have in common."""

    def __init__(self, pattern: str, keys: tuple[str, ...], cells: list[str], places: list[int]) -> None:
        """`cells` are those that are the same in all; `places` are of each place, in the text's order, its cell."""
        self._match = re.compile(pattern).match
        self.keys = keys
        """The keys of its cells, in their order."""
        self._cells, self._places = cells, places
        self._in_order = places == list(range(len(keys)))

    def read(self, text: str, at: int) -> tuple[list[str], int] | None:
        """The cells of the object that begins there, and where it ends; None where it has another frame."""
        found = self._match(text, at)
        if found is None:
            return None
        if self._in_order:
            return list(found.groups()), found.end()
        cells = self._cells.copy()
        for place, cell in zip(self._places, found.groups(), strict=True):
            cells[place] = cell
        return cells, found.end()


class Framed(NamedTuple):
    """An object that has a frame known before."""

    frame: Frame
    cells: list[str]
    end: int
    """Where in the text it ends."""


class Frames:
    """Those of one file's objects."""

    def __init__(self, cells_of: CellsOf) -> None:
        self._cells_of = cells_of
        self._known: deque[Frame] = deque(maxlen=_KEPT)
        self._tried = 0

    def read(self, text: str, at: int = 0) -> Framed | None:
        """The object that begins there; None where its frame is not known."""
        for frame in self._known:
            found = frame.read(text, at)
            if found is not None:
                return Framed(frame, *found)
        return None

    def learn(self, text: str) -> None:
        """Know the frame of an object from here on. It was read in full, and nothing is wrong with it."""
        if self._tried < _TRIED and len(text) <= _LONGEST:
            self._tried += 1
            frame = frame_of(text, self._cells_of)
            if frame is not None:
                self._known.appendleft(frame)


class _Place(NamedTuple):
    """A text or a number in an object."""

    start: int
    end: int
    cell: str
    """What its cell is while it is marked."""
    marked: str
    pattern: str


def frame_of(text: str, cells_of: CellsOf) -> Frame | None:
    """The frame of an object; None where it has none that can be told."""
    if _MARK in text or str(_COUNT)[:9] in text:
        return None
    places = [_place(number, found) for number, found in enumerate(_places_in(text))]
    marked = cells_of(_put_together(text, [(it.start, it.end, it.marked) for it in places], str))
    cells = cells_of(text)
    of_cell = {cell: number for number, cell in enumerate(marked.values())}
    # What becomes no cell by itself is part of the frame.
    own = [it for it in places if it.cell in of_cell]
    pattern = _put_together(text, [(it.start, it.end, it.pattern) for it in own], re.escape)
    return Frame(pattern, tuple(cells), list(cells.values()), [of_cell[it.cell] for it in own])


def _places_in(text: str) -> "list[re.Match[str]]":
    return [found for found in _SPELT.finditer(text) if found.lastgroup]


def _place(number: int, found: "re.Match[str]") -> _Place:
    if found.lastgroup == "text":
        return _Place(*found.span(), f"{_MARK}{number}", f'"{_MARK}{number}"', _TEXT)
    return _Place(*found.span(), str(_COUNT + number), str(_COUNT + number), _NUMBER)


def _put_together(text: str, parts: "list[tuple[int, int, str]]", around: Callable[[str], str]) -> str:
    """A text with parts of it replaced; what is around them is given over to `around`."""
    made: list[str] = []
    at = 0
    for start, end, part in parts:
        made += (around(text[at:start]), part)
        at = end
    return "".join((*made, around(text[at:])))
