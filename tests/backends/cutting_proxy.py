"""A TCP proxy that hangs up in the middle of what is said, between a program and a database."""

from functools import partial

from tests.backends.proxy import Proxy, Way, both_ways


class CuttingProxy(Proxy):
    """Forwards to a port of this machine, until it is told to cut."""

    def __init__(self, to: int) -> None:
        self._cut_in: int | None = None
        self._cut_answers = False
        super().__init__(to)

    def cut(self, after: int, *, answers: bool) -> None:
        """Hang up on everybody after so many more packets of questions, or of answers; the next one is lost."""
        with self.lock:
            self._cut_in, self._cut_answers = after, answers

    def mend(self) -> None:
        """Pass everything on again."""
        with self.lock:
            self._cut_in = None
        self.down = False

    def next_way(self) -> Way:
        return partial(both_ways, cuts=self._cuts)

    def _cuts(self, answers: bool) -> bool:
        with self.lock:
            if self._cut_in is None or answers is not self._cut_answers:
                return False
            due = self._cut_in == 0
            self._cut_in = None if due else self._cut_in - 1
        if due:
            self.hang_up()
        return due
