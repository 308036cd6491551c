"""The reporting window against what was published, and against the rule's hard cases."""

import csv
from datetime import date
from pathlib import Path

import pytest

from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar

PUBLISHED = list(csv.DictReader((Path(__file__).parent / "published_windows.csv").open(encoding="utf-8")))


@pytest.fixture
def calendar(shared_cache: Path) -> Calendar:
    return Calendar(EnglishBankHolidays(shared_cache))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["month"])
def test_every_published_window_comes_out(calendar: Calendar, row: dict[str, str]) -> None:
    window = calendar.window(Month.parse(row["month"]))

    assert window.opens_at.date().isoformat() == row["opens"]
    assert window.closes_on.isoformat() == row["closes"]


def test_a_close_on_good_friday_moves_past_easter(calendar: Calendar) -> None:
    assert calendar.window(Month(2028, 4)).closes_on == date(2028, 4, 18)
