"""Working days in England, for any day: properties first, then the hard weeks of the year."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.clock import parse_moment
from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar
from ct_cli.windows.working_days import (
    add_working_days,
    is_working_day,
    nth_last_working_day,
    working_days_between,
    working_days_left,
    working_days_of,
)

days = st.dates(date(2022, 8, 1), date(2040, 12, 31))
months = st.builds(Month, st.integers(2022, 2040), st.integers(1, 12))


@pytest.fixture(scope="module")
def calendar(shared_cache: Path) -> Calendar:
    return Calendar(EnglishBankHolidays(shared_cache))


@given(day=days, count=st.integers(1, 40))
def test_adding_working_days_lands_on_one_and_back_again(calendar: Calendar, day: date, count: int) -> None:
    later = add_working_days(calendar, day, count)

    assert is_working_day(calendar, later)
    assert working_days_between(calendar, day + timedelta(days=1), later) == count
    if is_working_day(calendar, day):
        assert add_working_days(calendar, later, -count) == day


@given(first=days, length=st.integers(0, 60), cut=st.integers(0, 60))
def test_a_stretch_holds_as_many_working_days_as_its_two_parts(
    calendar: Calendar, first: date, length: int, cut: int
) -> None:
    last, middle = first + timedelta(days=length), first + timedelta(days=min(cut, length))

    whole = working_days_between(calendar, first, last)
    parts = working_days_between(calendar, first, middle) + working_days_between(
        calendar, middle + timedelta(days=1), last
    )

    assert whole == parts


@given(month=months, nth=st.integers(1, 3))
def test_the_nth_last_working_day_is_inside_its_window(calendar: Calendar, month: Month, nth: int) -> None:
    window = calendar.window(month)

    day = nth_last_working_day(calendar, window, nth)

    assert working_days_between(calendar, day, window.closes_on) == nth
    assert window.opens_at.date() <= day <= window.closes_on


@given(month=months)
def test_every_window_has_at_least_three_working_days(calendar: Calendar, month: Month) -> None:
    assert len(working_days_of(calendar, calendar.window(month))) >= 3


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2024-12-01T09:00:00+00:00", 6),
        ("2024-12-08T00:00:00+00:00", 6),
        ("2024-12-13T23:59:59+00:00", 2),
        ("2024-12-14T12:00:00+00:00", 1),
        ("2024-12-16T23:59:59.999999+00:00", 1),
        ("2024-12-17T00:00:00+00:00", 0),
        ("2024-12-16T13:59:59.999999-10:00", 1),
        ("2024-12-16T14:00:00-10:00", 0),
    ],
)
def test_working_days_left_count_today_by_londons_date(calendar: Calendar, now: str, left: int) -> None:
    assert working_days_left(calendar, calendar.window(Month(2024, 12)), parse_moment(now)) == left


def test_a_window_that_opens_on_good_friday_has_three_working_days(calendar: Calendar) -> None:
    window = calendar.window(Month(2039, 4))

    assert working_days_of(calendar, window) == [date(2039, 4, 12), date(2039, 4, 13), date(2039, 4, 14)]
    assert nth_last_working_day(calendar, window, 9) == date(2039, 4, 12)


def test_easter_is_stepped_over(calendar: Calendar) -> None:
    assert add_working_days(calendar, date(2028, 4, 13), 1) == date(2028, 4, 18)
    assert add_working_days(calendar, date(2028, 4, 18), -1) == date(2028, 4, 13)


def test_no_working_days_from_a_day_to_the_one_before(calendar: Calendar) -> None:
    assert working_days_between(calendar, date(2024, 12, 10), date(2024, 12, 9)) == 0


def test_nothing_is_added_by_adding_none(calendar: Calendar) -> None:
    assert add_working_days(calendar, date(2024, 12, 14), 0) == date(2024, 12, 14)


def test_the_last_working_day_is_number_one(calendar: Calendar) -> None:
    with pytest.raises(ValueError):
        nth_last_working_day(calendar, calendar.window(Month(2024, 12)), 0)
