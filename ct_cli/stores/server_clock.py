"""How far a server's clock is from this computer's, by the Date of its answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from ct_cli import clock

MOST_APART: Final = timedelta(minutes=1)
"""By how much the two may differ without a word: windows close by the minute."""


class ServerClock:
    """The clock of the server that a run speaks to."""

    def __init__(self, tell: Callable[[timedelta], None] | None = None) -> None:
        """`tell` is told once, where the server's clock is more than a minute from this computer's: by how much it is
        ahead."""
        self._tell = tell
        self._ahead: timedelta | None = None

    def heard(self, date: str) -> None:
        """Take notice of an answer's Date, as it arrives."""
        if self._ahead is not None:
            return
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:  # a proxy's; another answer may have one
            return
        if theirs.tzinfo is None:
            theirs = theirs.replace(tzinfo=UTC)
        self._ahead = theirs - clock.of_this_computer()
        if self.is_apart and self._tell is not None:
            self._tell(self._ahead)

    @property
    def is_apart(self) -> bool:
        """Whether the two are more than a minute apart; False while nothing was heard."""
        return self._ahead is not None and abs(self._ahead) > MOST_APART

    def now(self) -> datetime:
        """The present in Europe/London: the server's, where this computer's is known to be more than a minute off; in a
        rehearsal, the one that is rehearsed."""
        if clock.rehearsing() or not self.is_apart or self._ahead is None:
            return clock.now()
        return clock.now() + self._ahead
