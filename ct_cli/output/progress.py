"""How far a long run is: a bar at a terminal, plain lines in a log, nothing for what is done in a moment."""

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ct_cli.output.as_text import duration
from ct_cli.output.terminal import Terminal

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_QUIET_FOR = 1.0  # seconds: most files are done by then
_BETWEEN_LINES = 5.0  # seconds


@dataclass
class Progress:
    """Told how many of how many are done, it says so on stderr."""

    terminal: Terminal
    _bar: "Bar | None" = field(default=None, init=False)
    _task: Any = field(default=None, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)
    _said: float = field(default=0.0, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, done: int, total: int) -> None:
        """So many are done. Speaks only of runs that last."""
        now = time.monotonic()
        if now - self._began < _QUIET_FOR:
            return
        if sys.stderr.isatty() and self.terminal.colour:
            self._draw(done, total)
        elif now - self._said >= _BETWEEN_LINES:
            self._said = now
            self.terminal.say(_line(done, total, now - self._began))

    def _draw(self, done: int, total: int) -> None:
        if self._bar is None:
            from ct_cli.output.as_table import progress_bar

            self._bar = progress_bar()
            self._task = self._bar.add_task("returns", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)


def _line(done: int, total: int, seconds: float) -> str:
    rate = done / seconds if seconds else 0
    left = duration(int((total - done) / rate)) if rate else "unknown"
    return f"{done:,} of {total:,} rows, {rate:,.0f} a second, {left} left"
