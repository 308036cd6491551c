"""The identities of a file's returns, kept so small that a million fit beside everything else."""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise


class RowIdentities(Collection[int]):
    """Numbers that stand for identities, 8 bytes each where a set takes 100. Built whole; then looked up by halving."""

    def __init__(self, numbers: Iterable[int]) -> None:
        """As many numbers as there are rows, those that occur several times too."""
        given = array("q", numbers)
        self._sorted = array("q", sorted(given))

    def repeated(self) -> set[int]:
        """Those that occur more than once."""
        return {one for one, other in pairwise(self._sorted) if one == other}

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        at = bisect_left(self._sorted, number)
        return at < len(self._sorted) and self._sorted[at] == number

    def __iter__(self) -> Iterator[int]:
        return iter(self._sorted)

    def __len__(self) -> int:
        return len(self._sorted)
