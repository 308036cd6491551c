"""Small counts left out of tables that are published, so that none can be worked out from what is left in.

A count under six may tell of one home or one person, so it is left out (the primary suppression). Where it could be
got back by subtracting the others from their total, another is left out as well (the secondary one).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

SMALLEST_SHOWN = 6
"""The least count that is shown."""

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sum(Generic[K]):
    """What a reader knows of some cells: the parts make the total."""

    total: K
    parts: tuple[K, ...]

    @property
    def cells(self) -> tuple[K, ...]:
        """The total and its parts."""
        return (self.total, *self.parts)


def left_out(cells: Mapping[K, int], sums: Sequence[Sum[K]]) -> frozenset[K]:
    """Which cells to leave out. None of them can then be got back by adding and subtracting what is shown.

    Every count under six is left out, nought too. What is left out of one sum is itself a count that can be worked out,
    so it is never one cell alone, nor under six together, nor all of them as large as a small count can be.
    """
    hidden = {cell for cell, count in cells.items() if count < SMALLEST_SHOWN}
    while True:
        while sum(_cover(each, cells, hidden) for each in sums):
            pass  # What one sum leaves out may uncover another.
        more = _smallest_shown(_worked_out(hidden, sums), cells, hidden, sums)
        if more is None:
            return frozenset(hidden)
        hidden.add(more)


def _cover(each: Sum[K], cells: Mapping[K, int], hidden: set[K]) -> bool:
    """Leave one more cell out of a sum that gives a small count away; whether there was need to."""
    parts = [cell for cell in each.parts if cell in hidden]
    if each.total in hidden:
        safe = bool(parts) or not each.parts
    else:
        together, largest = sum(cells[cell] for cell in parts), max((cells[cell] for cell in parts), default=0)
        extreme = largest < SMALLEST_SHOWN and together == (SMALLEST_SHOWN - 1) * len(parts)
        safe = not parts or (len(parts) > 1 and together >= SMALLEST_SHOWN and not extreme)
    if safe:
        return False
    shown = sorted((cells[cell], at) for at, cell in enumerate(each.parts) if cell not in hidden)
    hidden.add(each.parts[shown[0][1]] if shown else each.total)
    return True


_PRIME = (1 << 61) - 1
"""Sums are solved modulo this, in whole numbers: a fraction could grow without end."""


def _worked_out(hidden: set[K], sums: Sequence[Sum[K]]) -> set[K]:
    """The hidden cells that follow from the shown ones by solving all sums together (Gauss and Jordan)."""
    solved: dict[K, dict[K, int]] = {}
    for each in sums:
        row = {cell: 1 for cell in each.parts if cell in hidden}
        if not row:  # A total without hidden parts is hidden only where it has no parts at all.
            continue
        if each.total in hidden:
            row[each.total] = _PRIME - 1
        for pivot in [cell for cell in row if cell in solved]:
            _take(row, solved[pivot], row[pivot])
        if not row:
            continue
        pivot, factor = next(iter(row.items()))
        scale = pow(factor, -1, _PRIME)
        row = {cell: factor * scale % _PRIME for cell, factor in row.items()}
        for other in solved.values():
            if pivot in other:
                _take(other, row, other[pivot])
        solved[pivot] = row
    return {pivot for pivot, row in solved.items() if len(row) == 1}


def _take(row: dict[K, int], other: Mapping[K, int], times: int) -> None:
    """Subtract a multiple of another row."""
    for cell, factor in other.items():
        left = (row.get(cell, 0) - times * factor) % _PRIME
        if left:
            row[cell] = left
        else:
            row.pop(cell, None)


def _smallest_shown(told: Iterable[K], cells: Mapping[K, int], hidden: set[K], sums: Sequence[Sum[K]]) -> K | None:
    """The smallest shown cell of a sum with one of those in it, or of the nearest sum that has one; None for none."""
    wanted = set(told)
    while wanted:
        around = [each for each in sums if wanted.intersection(each.cells)]
        shown = [
            (cells[cell], place, at)
            for place, each in enumerate(around)
            for at, cell in enumerate(each.cells)
            if cell not in hidden
        ]
        if shown:
            _, place, at = min(shown)
            return around[place].cells[at]
        further = {cell for each in around for cell in each.cells}
        if further <= wanted:
            return None
        wanted |= further
    return None
