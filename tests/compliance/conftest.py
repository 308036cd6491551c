"""Spans and locations for the tests of this room; bank holidays from the session's cache."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ct_cli.compliance.span import Span
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar


@pytest.fixture(scope="session")
def calendar(shared_cache: Path) -> Calendar:
    return Calendar(EnglishBankHolidays(shared_cache))


@pytest.fixture
def span(calendar: Calendar) -> Callable[[str, str, str], Span]:
    def make(first: str, last: str, now: str) -> Span:
        return Span.of(calendar, Month.parse(first), Month.parse(last), datetime.fromisoformat(now))

    return make


@pytest.fixture
def rose_house() -> Location:
    return Location("LOC123", "Rose House", (Service.CARE_HOME,))
