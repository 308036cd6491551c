"""When each rung falls: in England's working days, across summer time, month ends and Easter."""

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.clock import LONDON
from ct_cli.reminders.ladder import Audience, Ladder, read_ladder
from ct_cli.reminders.quiet import QuietHours
from ct_cli.settings import Settings
from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar
from ct_cli.windows.working_days import is_working_day

MONTHS = st.integers(Month(2022, 8).ordinal, Month(2044, 12).ordinal).map(lambda n: Month(n // 12, n % 12 + 1))


@pytest.fixture(scope="module")
def calendar(shared_cache: Path) -> Calendar:
    return Calendar(EnglishBankHolidays(shared_cache, {}))


@pytest.fixture(scope="module")
def ladder() -> Ladder:
    return read_ladder(Settings(Path("none.toml")), Audience.PEOPLE)


def due(ladder: Ladder, calendar: Calendar, moment: str) -> str | None:
    found = ladder.due(calendar, datetime.fromisoformat(moment).astimezone(LONDON))
    return None if found is None else f"{found.rung.name} {found.month}"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2024-12-08T12:00:00+00:00", None),
        ("2024-12-09T08:59:59+00:00", None),
        ("2024-12-09T09:00:00+00:00", "opening 2024-12"),
        ("2024-12-12T09:00:00+00:00", "three-days 2024-12"),
        ("2024-12-16T13:59:59+00:00", "last-day 2024-12"),
        ("2024-12-16T23:59:59+00:00", "last-afternoon 2024-12"),
        ("2024-12-17T00:00:00+00:00", None),
        ("2024-12-17T09:00:00+00:00", "missed 2024-12"),
        ("2025-01-07T23:59:59+00:00", "missed 2024-12"),
        ("2025-01-08T00:00:00+00:00", None),
        ("2028-04-13T09:00:00+01:00", "last-but-one 2028-04"),
        ("2028-04-17T12:00:00+01:00", "last-but-one 2028-04"),
        ("2028-04-18T09:00:00+01:00", "last-day 2028-04"),
        ("2024-07-15T07:59:59+00:00", "last-but-one 2024-07"),
        ("2024-07-15T08:00:00+00:00", "last-day 2024-07"),
    ],
)
def test_the_tightest_rung_is_due(ladder: Ladder, calendar: Calendar, moment: str, expected: str | None) -> None:
    assert due(ladder, calendar, moment) == expected


@given(month=MONTHS)
def test_every_rung_falls_on_a_working_day_and_only_missed_after_the_close(
    ladder: Ladder, calendar: Calendar, month: Month
) -> None:
    window = calendar.window(month)
    for rung in ladder.rungs:
        moment = rung.moment(calendar, window)
        assert is_working_day(calendar, moment.date())
        assert window.holds(moment) is not rung.after_close


@given(month=MONTHS, minutes=st.integers(0, 31 * 24 * 60))
def test_what_is_due_never_goes_back_down_the_ladder(
    ladder: Ladder, calendar: Calendar, month: Month, minutes: int
) -> None:
    now = calendar.window(month).opens_at + timedelta(minutes=minutes)
    found, coming = ladder.due(calendar, now), ladder.next_due(calendar, now)
    assert coming is not None
    assert coming.since > now
    if found is not None:
        assert found.since <= now
        assert found.rung.after_close == (now >= found.window.ends_at)


@given(moment=st.datetimes(datetime(2023, 1, 1), datetime(2030, 1, 1)), working=st.booleans())
def test_quiet_hours_end_at_a_moment_that_is_not_quiet(calendar: Calendar, moment: datetime, working: bool) -> None:
    now = moment.replace(tzinfo=LONDON)
    quiet = QuietHours(time(19), time(7, 30), working)
    ends = quiet.ends_at(calendar, now)
    if ends is not None:
        assert ends > now
        assert quiet.ends_at(calendar, ends) is None
