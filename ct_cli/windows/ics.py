"""Reporting windows as an iCalendar file (RFC 5545), for any calendar program. The only file that meets `icalendar`."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from ct_cli.clock import LONDON
from ct_cli.windows.window import Calendar, ReportingWindow
from ct_cli.windows.working_days import nth_last_working_day

if TYPE_CHECKING:
    from icalendar import Component

REMIND_AT = time(9)
"""When a calendar reminds: at nine in the morning, on the last working day and two working days before it."""
REMIND_ON = (3, 1)
"""The working days, counted from the last, on which it does."""


def as_ics(calendar: Calendar, windows: Sequence[ReportingWindow], now: datetime) -> bytes:
    """The windows as one calendar, with CRLF line ends as the RFC has it.

    An event's UID goes by its month, so that taking in the file again replaces the event rather than doubling it.
    Its DTSTAMP is the present: a calendar program takes the later of two, and so takes in a close that has moved.
    """
    import icalendar

    whole = icalendar.Calendar()
    whole.add("prodid", "-//ct//reporting windows//EN")
    whole.add("version", "2.0")
    whole.add("calscale", "GREGORIAN")
    whole.add("name", "Capacity Tracker reporting windows")
    whole.add("x-wr-calname", "Capacity Tracker reporting windows")
    whole.add_component(_london())
    for window in windows:
        event = icalendar.Event()
        for name, value in _event(window, now).items():
            event.add(name, value)
        for nth in REMIND_ON:
            event.add_component(_reminder(calendar, window, nth))
        whole.add_component(event)
    return bytes(whole.to_ical())


def _london() -> "Component":
    """London's clock since 1996: an hour on from the last Sunday of March to that of October, both at 01:00 UTC.

    Written out because what icalendar 7 works out itself has summer begin an hour late.
    """
    import icalendar

    zone = icalendar.Timezone()
    zone.add("tzid", "Europe/London")
    changes = (
        (icalendar.TimezoneDaylight(), "BST", datetime(1996, 3, 31, 1), 0, 1),  # noqa: DTZ001 - the RFC's local time
        (icalendar.TimezoneStandard(), "GMT", datetime(1996, 10, 27, 2), 1, 0),  # noqa: DTZ001
    )
    for change, name, first, before, after in changes:
        change.add("tzname", name)
        change.add("dtstart", first)
        change.add("tzoffsetfrom", timedelta(hours=before))
        change.add("tzoffsetto", timedelta(hours=after))
        change.add("rrule", {"freq": "yearly", "bymonth": first.month, "byday": "-1su"})
        zone.add_component(change)
    return zone


def _event(window: ReportingWindow, now: datetime) -> dict[str, object]:
    about = "Save each location's monthly return in Capacity Tracker, even where nothing has changed."
    moved = f" {window.moved_because}, so it closes on the next working day." if window.moved_because else ""
    return {
        "uid": f"reporting-window-{window.month}@ct-cli.invalid",
        "dtstamp": now.astimezone(UTC).replace(microsecond=0),
        "dtstart": window.opens_at,
        "dtend": window.ends_at,
        "summary": f"Capacity Tracker return: {window.month.in_words()}",
        "description": about + moved,
        "url": "https://capacitytracker.com",
        "transp": "TRANSPARENT",
        "categories": ["Capacity Tracker"],
    }


def _reminder(calendar: Calendar, window: ReportingWindow, nth: int) -> "Component":
    import icalendar

    at = datetime.combine(nth_last_working_day(calendar, window, nth), REMIND_AT, LONDON)
    before_the_end = timedelta(seconds=at.timestamp() - window.ends_at.timestamp())
    left = "today" if nth == 1 else f"on {window.closes_on:%A} {window.closes_on.day} {window.closes_on:%B}"
    reminder = icalendar.Alarm()
    reminder.add("action", "DISPLAY")
    # By itself a trigger counts from the opening.
    reminder.add("trigger", before_the_end, parameters={"RELATED": "END"})
    reminder.add("description", f"Capacity Tracker's window closes {left} at 11:59pm")
    return reminder
