"""A rate limit: so many messages a minute at most, evenly."""

import time
from dataclasses import dataclass, field


@dataclass
class Pace:
    """Waits before each message as long as the limit wants. Measures by the monotonic clock, so that setting the
    clock neither stops nor hurries it."""

    per_minute: int
    """0 for no limit."""
    _next: float = field(default=0.0)

    def wait(self) -> None:
        """Wait until the next message may go."""
        if not self.per_minute:
            return
        now = time.monotonic()
        if self._next > now:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + 60 / self.per_minute
