"""The rows of a file as they were when they were first read, for every further reading: at a sixth of the cost of
reading their JSON again. In memory up to a megabyte, beyond it in a temporary file.
"""

import marshal
import tempfile
from array import array
from collections.abc import Iterator

from ct_cli.returns.reading.sheet import Row

PREFIX = "ct-rows-"
"""What the names of its temporary files begin with, where they have any."""
_IN_MEMORY = 1 << 20  # bytes
_BLOCK = 1 << 18  # characters from which on rows are put away, and taken out, together
_MOST_WAYS = 256


class KeptRows:
    """Rows of which each has some of a file's keys. Filled, ended, and then read any number of times."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix=PREFIX)  # noqa: SIM115 - closed by `close`
        self._sizes = array("q")
        self._block: list[tuple[int, int | tuple[str, ...], list[str]]] = []
        self._weight = 0
        self._ways: dict[tuple[str, ...], int] = {}
        """The first few tuples of keys that were met."""
        self._last: tuple[tuple[str, ...] | None, int] = (None, -1)

    def close(self) -> None:
        """Let go of the rows. May be called twice."""
        self._file.close()

    def add(self, number: int, keys: tuple[str, ...], cells: list[str]) -> None:
        """Put one more at the end."""
        if keys is self._last[0]:
            way: int | tuple[str, ...] = self._last[1]
        else:
            way = self._way_of(keys)
        self._block.append((number, way, cells))
        self._weight += sum(map(len, cells)) + len(cells) + 1
        if self._weight > _BLOCK:
            self.end()

    def _way_of(self, keys: tuple[str, ...]) -> int | tuple[str, ...]:
        way = self._ways.get(keys)
        if way is None:
            if len(self._ways) >= _MOST_WAYS:
                return keys
            way = self._ways[keys] = len(self._ways)
        self._last = (keys, way)
        return way

    def end(self) -> None:
        """Put away what was added."""
        self._sizes.append(self._file.write(marshal.dumps(self._block)))
        self._block = []
        self._weight = 0

    def rows(self, keys: dict[str, int]) -> Iterator[Row]:
        """Each row with a cell for each of the file's keys, by its place; blank where it has none."""
        usual = tuple(keys)
        ways = [None if way == usual else [keys[key] for key in way] for way in self._ways]
        at = 0
        for size in self._sizes:
            self._file.seek(at)  # each time: another reading may have come in between
            at += size
            for number, way, cells in marshal.loads(self._file.read(size)):
                places = ways[way] if type(way) is int else [keys[key] for key in way]
                if places is None:  # as nearly every row's
                    yield number, cells
                    continue
                whole = [""] * len(keys)
                for place, cell in zip(places, cells, strict=True):
                    whole[place] = cell
                yield number, whole
