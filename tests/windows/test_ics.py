"""The calendar file: what RFC 5545 demands, and what a calendar program makes of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest

from ct_cli.clock import LONDON, parse_moment
from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.ics import as_ics
from ct_cli.windows.month import Month, months_between
from ct_cli.windows.window import Calendar

NOW = parse_moment("2024-06-03T10:20:30.5+01:00")
MONTHS = months_between(Month(2024, 7), Month(2024, 12))


@pytest.fixture(scope="module")
def calendar(shared_cache: Path) -> Calendar:
    return Calendar(EnglishBankHolidays(shared_cache))


@pytest.fixture(scope="module")
def written(calendar: Calendar) -> bytes:
    return as_ics(calendar, calendar.windows(MONTHS), NOW)


@pytest.fixture(scope="module")
def events(written: bytes) -> list[icalendar.Component]:
    return icalendar.Calendar.from_ical(written).walk("VEVENT")


def test_each_window_is_an_event_from_its_opening_to_its_close(calendar: Calendar, events: list) -> None:
    windows = calendar.windows(MONTHS)

    assert [(event.decoded("dtstart"), event.decoded("dtend")) for event in events] == [
        (window.opens_at, window.ends_at) for window in windows
    ]
    assert {event["dtstart"].params["TZID"] for event in events} == {"Europe/London"}


def test_a_uid_goes_by_its_month_whenever_it_is_written(calendar: Calendar, events: list) -> None:
    later = icalendar.Calendar.from_ical(as_ics(calendar, calendar.windows(MONTHS), NOW + timedelta(days=9)))

    uids = [str(event["uid"]) for event in events]

    assert len(set(uids)) == len(MONTHS)
    assert uids == [str(event["uid"]) for event in later.walk("VEVENT")]
    assert all(str(month) in uid for month, uid in zip(MONTHS, uids, strict=True))


def test_the_stamp_is_a_whole_second_of_utc(events: list) -> None:
    assert {event.decoded("dtstamp") for event in events} == {datetime(2024, 6, 3, 9, 20, 30, tzinfo=UTC)}


def test_reminders_come_at_nine_two_working_days_before_the_close_and_on_its_day(events: list) -> None:
    december = events[-1]
    alarms = december.walk("VALARM")

    assert {alarm["trigger"].params["RELATED"] for alarm in alarms} == {"END"}
    at = [december.decoded("dtend") + alarm.decoded("trigger") for alarm in alarms]
    assert at == [datetime(2024, 12, 12, 9, tzinfo=LONDON), datetime(2024, 12, 16, 9, tzinfo=LONDON)]
    assert all(alarm["action"] == "DISPLAY" and alarm["description"] for alarm in alarms)


def test_lines_end_as_the_rfc_has_it_and_none_is_longer_than_75_octets(written: bytes) -> None:
    lines = written.split(b"\r\n")

    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


def test_what_the_rfc_demands_once_is_there_once(written: bytes, events: list) -> None:
    whole = icalendar.Calendar.from_ical(written)

    assert str(whole["version"]) == "2.0"
    assert whole["prodid"]
    assert len(whole.walk("VTIMEZONE")) == 1
    assert not whole.errors
    for event in events:
        assert not event.errors
        assert all(not isinstance(event[name], list) for name in ("uid", "dtstamp", "dtstart", "dtend", "summary"))


@pytest.mark.parametrize("year", [2022, 2026, 2031, 2099])
def test_the_files_own_time_zone_changes_with_londons(written: bytes, year: int) -> None:
    [zone] = icalendar.Calendar.from_ical(written).walk("VTIMEZONE")
    ours = zone.to_tz(lookup_tzid=False)

    for hours in range(0, 8760, 7):
        naive = datetime(year, 1, 1) + timedelta(hours=hours)
        assert naive.replace(tzinfo=ours).utcoffset() == naive.replace(tzinfo=LONDON).utcoffset(), naive
    for month in (3, 10):
        sunday = max(day for day in range(25, 32) if datetime(year, month, day).weekday() == 6)
        for hour, minute in ((0, 59), (2, 0)):  # The hour between is skipped in March and doubled in October.
            naive = datetime(year, month, sunday, hour, minute)
            assert naive.replace(tzinfo=ours).utcoffset() == naive.replace(tzinfo=LONDON).utcoffset(), naive
