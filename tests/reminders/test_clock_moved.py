"""Clocks moved across both changes of summer time, every month end, and the close that Easter 2028 moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from ct_cli.clock import LONDON
from ct_cli.reminders.ladder import Audience, read_ladder
from ct_cli.settings import Settings
from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar
from tests.conftest import Ran
from tests.reminders.conftest import World

SAM = "sam@example.org"
ANY_TIME = '[reminders]\nquiet = "off"\nworking_days_only = false\n'
LADDER = ["opening", "three-days", "last-but-one", "last-day", "last-afternoon", "missed"]


def test_through_2028_hour_by_hour_each_rung_of_each_month_comes_once_and_in_order(shared_cache: Path) -> None:
    calendar = Calendar(EnglishBankHolidays(shared_cache, {}))
    ladder = read_ladder(Settings(Path("none.toml")), Audience.PEOPLE)
    moment, end = datetime(2028, 1, 8, tzinfo=UTC), datetime(2029, 1, 8, tzinfo=UTC)
    seen = []
    while moment < end:
        now = moment.astimezone(LONDON)
        due = ladder.due(calendar, now)
        if due is not None:
            seen.append((due.month, due.rung.name))
            assert due.rung.after_close is (now >= calendar.window(due.month).ends_at)
        moment += timedelta(hours=1)
    assert [rung for rung, _ in groupby(seen)] == [
        (Month(2028, month), name) for month in range(1, 13) for name in LADDER
    ]


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        # Summer time begins at 1am on 26 March 2028 and ends at 1am GMT on 29 October, in the time of a missed window.
        (["2028-03-26T00:59:00+00:00", "2028-03-26T02:01:00+01:00", "2028-03-26T09:00:00+01:00"], [1, 0, 0]),
        (["2028-10-29T01:59:00+01:00", "2028-10-29T01:01:00+00:00", "2028-10-29T01:59:00+00:00"], [1, 0, 0]),
        # Month ends, and a year's.
        (["2028-02-29T23:59:00+00:00", "2028-03-01T00:00:00+00:00", "2028-03-07T23:59:00+00:00"], [1, 0, 0]),
        (["2028-12-31T23:59:00+00:00", "2029-01-01T00:00:00+00:00", "2029-01-08T08:59:00+00:00"], [1, 0, 0]),
        # The opening, at nine by the clock in London, in winter and in summer; 8 July is a Saturday.
        (["2028-02-08T08:59:00+00:00", "2028-02-08T09:00:00+00:00"], [0, 1]),
        (["2028-07-10T07:59:00+00:00", "2028-07-10T08:00:00+00:00"], [0, 1]),
    ],
)
def test_a_person_is_told_once_whatever_the_clock_does(
    ct: Callable[..., Ran], world: World, moments: list[str], expected: list[int]
) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(ANY_TIME)
    told = [ct("remind", "--channel", "stdout", now=moment).out.count(f"To: {SAM}") for moment in moments]
    assert told == expected


def test_the_installed_command_through_the_close_of_18_april_2028(
    installed_ct: Callable[..., Ran], world: World
) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(ANY_TIME)
    steps = {
        "2028-04-14T10:00:00+01:00": "1 working day is left after today.",  # Good Friday: what was due on the 13th
        "2028-04-17T15:00:00+01:00": "",  # Easter Monday
        "2028-04-18T13:59:00+01:00": "Today is the last day.",
        "2028-04-18T14:00:00+01:00": "Today is the last day.",
        "2028-04-18T23:59:59+01:00": "",
        "2028-04-19T09:00:00+01:00": "closed at 11:59pm on Tuesday 18 April 2028",
    }
    for moment, words in steps.items():
        ran = installed_ct("remind", "--channel", "stdout", now=moment)
        assert ran.status == 0, ran.err
        assert (ran.out.count("To: "), words in ran.out) == (bool(words), True), moment
        assert not words or "11:59pm on Tuesday 18 April 2028" in ran.out
