"""A run of months as bits, so that a whole register can be judged without an object for each obligation.

The newest month is bit 0, the one before it bit 1, and so on: a whole number then holds the history of a service at
a location, and "three in a row" is `missed & missed >> 1 & missed >> 2`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from ct_cli.register.location import Location
from ct_cli.windows.month import Month, months_between
from ct_cli.windows.window import DUTY_BEGAN, Calendar, ReportingWindow, WindowState

ENFORCED_FROM = date(2022, 12, 1)
"""Adult Social Care Information (Enforcement) Regulations 2022 in force."""


@dataclass(frozen=True)
class Span:
    """Months without a gap, as they stand at a moment."""

    windows: tuple[ReportingWindow, ...]
    """Oldest first; at least one."""
    now: datetime
    _owed: dict[tuple[date | None, date | None], int] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, calendar: Calendar, first: Month, last: Month, now: datetime) -> "Span":
        """The span from the first month to the last, both included."""
        return cls(tuple(calendar.windows(months_between(first, last))), now)

    @property
    def first(self) -> Month:
        """The oldest month."""
        return self.windows[0].month

    @property
    def last(self) -> Month:
        """The newest month, bit 0."""
        return self.windows[-1].month

    @cached_property
    def months(self) -> tuple[Month, ...]:
        """Every month, oldest first."""
        return tuple(window.month for window in self.windows)

    def holds(self, month: Month) -> bool:
        """Whether a month is in the span."""
        return self.first <= month <= self.last

    def bit(self, month: Month) -> int:
        """The bit of a month of the span."""
        return 1 << (self.last - month)

    def window(self, month: Month) -> ReportingWindow:
        """The window of a month of the span."""
        return self.windows[month - self.first]

    def months_of(self, bits: int) -> tuple[Month, ...]:
        """The months whose bits are set, oldest first."""
        return tuple(month for month in self.months if bits & self.bit(month))

    @cached_property
    def closed(self) -> int:
        """The months whose windows have closed."""
        return self._in_state(WindowState.CLOSED)

    @cached_property
    def open(self) -> int:
        """The month whose window is open, if it is in the span."""
        return self._in_state(WindowState.OPEN)

    @cached_property
    def enforced(self) -> int:
        """The months that count towards a penalty: their windows closed on or after 1 December 2022."""
        return sum(self.bit(w.month) for w in self.windows if w.closes_on >= ENFORCED_FROM)

    def owed(self, location: Location) -> int:
        """The months that each mandated service of a location owes: those on whose last day it is registered.

        Basis: inferred (no source says what a location owes that is registered or leaves within a window).
        """
        key = (location.registered_on, location.ended_on)
        if key not in self._owed:
            first = max(DUTY_BEGAN, location.registered_on or DUTY_BEGAN)
            last = location.ended_on or date.max
            self._owed[key] = sum(self.bit(w.month) for w in self.windows if first <= w.closes_on <= last)
        return self._owed[key]

    def _in_state(self, state: WindowState) -> int:
        return sum(self.bit(w.month) for w in self.windows if w.state_at(self.now) is state)
