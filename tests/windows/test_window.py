"""The reporting window against what was published, and against the rule's hard cases."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar, WindowState

PUBLISHED = list(csv.DictReader((Path(__file__).parent / "published_windows.csv").open(encoding="utf-8")))


@pytest.fixture(scope="module")
def calendar(shared_cache: Path) -> Calendar:
    return Calendar(EnglishBankHolidays(shared_cache))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["month"])
def test_every_published_window_comes_out(calendar: Calendar, row: dict[str, str]) -> None:
    window = calendar.window(Month.parse(row["month"]))

    assert window.opens_at.date().isoformat() == row["opens"]
    assert window.closes_on.isoformat() == row["closes"]


def test_a_close_on_good_friday_moves_past_easter(calendar: Calendar) -> None:
    assert calendar.window(Month(2028, 4)).closes_on == date(2028, 4, 18)


months = st.builds(Month, st.integers(2022, 2099), st.integers(1, 12))
moments = st.datetimes(datetime(2022, 8, 1), datetime(2099, 12, 31), timezones=st.just(UTC))


def test_a_close_on_easter_monday_moves_to_the_tuesday(calendar: Calendar) -> None:
    window = calendar.window(Month(2031, 4))

    assert window.closes_on == date(2031, 4, 15)
    assert window.moved_because == "14 April 2031 is Easter Monday"


def test_a_long_easter_is_told_day_by_day(calendar: Calendar) -> None:
    assert calendar.window(Month(2028, 4)).moved_because == (
        "14 April 2028 is Good Friday, 15 April a Saturday, 16 April a Sunday and 17 April Easter Monday"
    )


def test_a_proclaimed_holiday_moves_the_close(shared_cache: Path) -> None:
    proclaimed = {date(2024, 12, 16): "Day of Thanksgiving"}

    window = Calendar(EnglishBankHolidays(shared_cache, proclaimed)).window(Month(2024, 12))

    assert window.closes_on == date(2024, 12, 17)
    assert window.moved_because is not None
    assert window.moved_because.endswith("and 16 December a bank holiday (Day of Thanksgiving)")


@given(month=months)
def test_a_window_opens_on_the_8th_and_closes_on_a_working_day_from_the_14th(calendar: Calendar, month: Month) -> None:
    window = calendar.window(month)

    assert window.opens_at.replace(tzinfo=None) == datetime(month.year, month.number, 8)
    assert window.closes_on >= month.day(14)
    assert Month.of(window.closes_on) == month
    assert calendar.why_not_working(window.closes_on) is None
    assert (window.moved_because is None) == (window.closes_on == month.day(14))
    between = (month.day(14) + timedelta(days=n) for n in range((window.closes_on - month.day(14)).days))
    assert all(calendar.why_not_working(day) for day in between)


@given(month=months, moment=moments)
def test_a_window_holds_a_moment_exactly_when_it_is_open(calendar: Calendar, month: Month, moment: datetime) -> None:
    window = calendar.window(month)

    assert window.holds(moment) == (window.state_at(moment) is WindowState.OPEN)


@given(moment=moments)
def test_the_present_or_next_window_has_not_closed_and_none_before_it_is_open(
    calendar: Calendar, moment: datetime
) -> None:
    window = calendar.current_or_next(moment)

    assert window.state_at(moment) is not WindowState.CLOSED
    assert calendar.window(window.month + -1).state_at(moment) is WindowState.CLOSED


@given(month=months, steps=st.integers(-200, 200))
def test_months_sort_and_count_by_time(month: Month, steps: int) -> None:
    other = month + steps

    assert other - month == steps
    assert (other > month) == (steps > 0)
    assert (other.key > month.key) == (steps > 0)
    assert Month.from_key(other.key) == other
    assert Month.parse(str(other)) == other


_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize("month", [Month(2024, 12), Month(2024, 7), Month(2028, 4)], ids=str)
def test_the_edges_are_exact_in_winter_and_summer(calendar: Calendar, month: Month) -> None:
    window = calendar.window(month)
    opens, ends = window.opens_at.astimezone(UTC), window.ends_at.astimezone(UTC)

    assert window.state_at(opens - _SECOND) is WindowState.UPCOMING
    assert window.state_at(opens - _MICROSECOND) is WindowState.UPCOMING
    assert window.state_at(opens) is WindowState.OPEN
    assert window.state_at(ends - _MICROSECOND) is WindowState.OPEN
    assert window.state_at(window.closes_at) is WindowState.OPEN
    assert window.state_at(ends) is WindowState.CLOSED
    assert window.state_at(ends + _SECOND) is WindowState.CLOSED


def test_a_summer_window_opens_at_eleven_the_evening_before_by_utc(calendar: Calendar) -> None:
    window = calendar.window(Month(2024, 7))

    assert window.opens_at.astimezone(UTC) == datetime(2024, 7, 7, 23, tzinfo=UTC)
    assert window.ends_at.astimezone(UTC) == datetime(2024, 7, 15, 23, tzinfo=UTC)
