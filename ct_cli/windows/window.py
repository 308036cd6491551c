"""The reporting window: when a month's returns are taken.

Source of the rule: the formal notice under s277A Health and Social Care Act 2012. A window opens at the start of
the 8th, which never moves, and closes at the end of the 14th or, where the 14th is a Saturday, Sunday or public
holiday in England, at the end of the next working day. Both days are included. Times are Europe/London.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from ct_cli.clock import LONDON
from ct_cli.windows.month import Month

OPENING_DAY = 8
CLOSING_DAY = 14
DUTY_BEGAN = date(2022, 7, 31)
"""s277A Health and Social Care Act 2012 in force (s99 Health and Care Act 2022)."""
FIRST_MONTH = Month.of(DUTY_BEGAN) + 1
"""The first month with a window: July 2022's would have closed before the duty was in force."""

_SAID_BY_NAME = {"New Year's Day", "Good Friday", "Easter Monday", "Christmas Day", "Boxing Day"}


class WindowState(StrEnum):
    """How a window stands at a moment."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"


class BankHolidays(Protocol):
    """Public holidays in England."""

    def name_of(self, day: date) -> str | None:
        """The holiday's name, or None where the day is not one."""
        ...


@dataclass(frozen=True, slots=True)
class ReportingWindow:
    """One month's window. Moments are aware, in Europe/London."""

    month: Month
    opens_at: datetime
    """Midnight at the start of the 8th; the first moment inside."""
    ends_at: datetime
    """Midnight after the last day; the first moment that is outside again."""
    moved_because: str | None
    """Why the last day is not the 14th, in words; None where it is."""

    @property
    def closes_on(self) -> date:
        """The last day, which is included."""
        return (self.ends_at - timedelta(days=1)).date()

    @property
    def closes_at(self) -> datetime:
        """The last whole second inside: 23:59:59 on the last day."""
        return datetime.combine(self.closes_on, time(23, 59, 59), LONDON)

    def holds(self, moment: datetime) -> bool:
        """Whether a return received at this moment is inside."""
        return self.opens_at <= moment < self.ends_at

    def state_at(self, moment: datetime) -> WindowState:
        """How the window stands at a moment."""
        if moment < self.opens_at:
            return WindowState.UPCOMING
        return WindowState.OPEN if moment < self.ends_at else WindowState.CLOSED


@dataclass(frozen=True, slots=True)
class Calendar:
    """Windows and working days, by the bank holidays it is given."""

    bank_holidays: BankHolidays

    def window(self, month: Month) -> ReportingWindow:
        """The reporting window of a month."""
        nominal = month.day(CLOSING_DAY)
        last, reasons = nominal, list[str]()
        while (reason := self.why_not_working(last)) is not None:
            reasons.append(reason)
            last += timedelta(days=1)
        return ReportingWindow(
            month,
            datetime.combine(month.day(OPENING_DAY), time(), LONDON),
            datetime.combine(last + timedelta(days=1), time(), LONDON),
            _moved_because(nominal, reasons),
        )

    def windows(self, months: Iterable[Month]) -> list[ReportingWindow]:
        """The windows of several months, in their order."""
        return [self.window(month) for month in months]

    def why_not_working(self, day: date) -> str | None:
        """Why a day is not a working day in England ("a Saturday", "Good Friday"); None where it is one.

        The words follow "is": 14 April 2028 is Good Friday, 6 May 2030 is a bank holiday (May Day).
        """
        holiday = self.bank_holidays.name_of(day)
        if holiday is not None:
            return holiday if holiday in _SAID_BY_NAME else f"a bank holiday ({holiday})"
        return {5: "a Saturday", 6: "a Sunday"}.get(day.weekday())

    def current_or_next(self, moment: datetime) -> ReportingWindow:
        """The window that is open at a moment or, where none is, the next to open."""
        window = self.window(Month.of(moment.astimezone(LONDON).date()))
        return window if moment < window.ends_at else self.window(window.month + 1)


def in_words(day: date) -> str:
    """A day as people write it, without its weekday: 14 December 2024."""
    return f"{day.day} {day:%B} {day.year}"


def _moved_because(nominal: date, reasons: list[str]) -> str | None:
    """14 December 2024 is a Saturday and 15 December a Sunday."""
    if not reasons:
        return None
    first, *others = reasons
    days = [f"{in_words(nominal)} is {first}"]
    for later, reason in enumerate(others, start=1):
        day = nominal + timedelta(days=later)
        days.append(f"{day.day} {day:%B} {reason}")
    return " and ".join(filter(None, [", ".join(days[:-1]), days[-1]]))
