"""Working days in England: Monday to Friday, public holidays left out. Reminders and time left count in them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ct_cli.clock import LONDON
from ct_cli.windows.window import Calendar, ReportingWindow

_DAY = timedelta(days=1)


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether a day is a working day in England."""
    return calendar.why_not_working(day) is None


def working_days(calendar: Calendar, first: date, last: date) -> Iterator[date]:
    """The working days from the first day to the last, both included, in order; none where last is before first."""
    days = (first + _DAY * step for step in range((last - first).days + 1))
    return (day for day in days if is_working_day(calendar, day))


def working_days_between(calendar: Calendar, first: date, last: date) -> int:
    """How many working days there are from the first day to the last, both included."""
    return sum(1 for _ in working_days(calendar, first, last))


def add_working_days(calendar: Calendar, day: date, count: int) -> date:
    """The working day that comes `count` working days after a day, or before it where `count` is negative.

    The day itself is never counted; with 0 it is given back as it is, working day or not.
    """
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(calendar, day)
    return day


def working_days_of(calendar: Calendar, window: ReportingWindow) -> list[date]:
    """The working days inside a window, in order; the last is its last day. There are at least three (April 2039)."""
    return list(working_days(calendar, window.opens_at.date(), window.closes_on))


def nth_last_working_day(calendar: Calendar, window: ReportingWindow, nth: int) -> date:
    """A window's last working day (1), the one before it (2), and so on; its first where it has fewer.

    Raises ValueError where `nth` is below 1.
    """
    if nth < 1:
        raise ValueError("the last working day is number 1")
    return working_days_of(calendar, window)[-nth:][0]


def working_days_left(calendar: Calendar, window: ReportingWindow, moment: datetime) -> int:
    """The working days on which a return can still be made, today included; 0 once the window has closed."""
    if moment >= window.ends_at:
        return 0
    today = moment.astimezone(LONDON).date()
    return working_days_between(calendar, max(today, window.opens_at.date()), window.closes_on)
