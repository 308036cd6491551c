"""Returns to check: a good one for each mandated service, and short ways to change and check it."""

from collections.abc import Callable
from typing import Any

import pytest

from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.checking import Checked, Checker, LocationFacts, Previous
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import Return, ReturnKind
from ct_cli.windows.month import Month

GOOD = {
    Service.CARE_HOME: {
        "maximum_capacity": "40",
        "occupied": "36",
        "reserved": "1",
        "accepting_admissions": "3",
        "nurses_employed": "6",
        "care_workers_employed": "32",
        "non_care_workers_employed": "12",
        "agency_nurses": "1",
        "agency_care_workers": "4",
        "agency_non_care_workers": "0",
    },
    Service.HOME_CARE: {"people_using_service": "58", "care_workers_employed": "31"},
}
"""What nothing is to be said of, by service."""

NOVEMBER = Month(2026, 11)

Check = Callable[..., Checked]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def check(catalogue: Catalogue) -> Check:
    """Check a good return with some values changed: `check({"occupied": "41"}, beds=40, previous=…)`."""

    def run(
        changed: dict[str, str] | None = None,
        *,
        service: Service = Service.CARE_HOME,
        month: Month = NOVEMBER,
        kind: ReturnKind = ReturnKind.FULL,
        beds: int | None = None,
        facts: LocationFacts | None = None,
        known: bool = True,
        previous: Previous | None = None,
        **given: Any,
    ) -> Checked:
        raw = {**(GOOD[service] if kind is ReturnKind.FULL else {}), **(changed or {})}
        facts = facts or LocationFacts("LOC123", frozenset({service}), beds)
        checker = Checker(catalogue.for_month(service, month), month, catalogue.knows)
        return checker.check(Return("LOC123", service, month, kind, raw, **given), facts if known else None, previous)

    return run


def codes(checked: Checked) -> list[str]:
    """The codes of the problems, in their order."""
    return [problem.code for problem in checked.problems]


def last_return(values: dict[str, int | str] | None = None, *, since: Month | None = None) -> Previous:
    """October's return: the good one with some values changed."""
    whole: dict[str, Any] = {key: int(text) for key, text in GOOD[Service.CARE_HOME].items()}
    return Previous(NOVEMBER + -1, ReturnKind.FULL, {**whole, **(values or {})}, since)
