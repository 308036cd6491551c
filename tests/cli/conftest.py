"""Locations to make returns for, and a return that every rule passes."""

import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from tests.cli.on_a_server import shared

__all__ = ["GOOD", "INSIDE", "homes", "sets", "shared"]

GOOD = {
    "maximum_capacity": "40",
    "occupied": "36",
    "reserved": "1",
    "accepting_admissions": "3",
    "nurses_employed": "5",
    "care_workers_employed": "30",
    "non_care_workers_employed": "9",
    "agency_nurses": "0",
    "agency_care_workers": "2",
    "agency_non_care_workers": "0",
}
INSIDE = "2024-12-10T10:00:00+00:00"


def sets(**changed: str) -> list[str]:
    """The good return as --set options, with some values changed; "" leaves one out."""
    return [word for key, value in {**GOOD, **changed}.items() if value for word in ("--set", f"{key}={value}")]


@pytest.fixture
def homes() -> None:
    """Rose House, a care home; Elm House, a care home that does home care as well; Ash House, closed in 2023."""
    from datetime import date

    workplace = Workplace(read_settings())
    workplace.backend.save_locations(
        [
            Location("LOC123", "Rose House", (Service.CARE_HOME,), beds=40),
            Location("LOC124", "Elm House", (Service.CARE_HOME, Service.HOME_CARE), beds=40),
            Location("LOC125", "Ash House", (Service.CARE_HOME,), beds=40, ended_on=date(2023, 5, 1)),
        ]
    )
    workplace.close()
