"""A council's register with a year of returns, for the reports on it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, NilReason, ReturnKind
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month

HOME, CARE = Service.CARE_HOME, Service.HOME_CARE
LAST = Month(2024, 12)
BEDS = {"maximum_capacity": 40, "occupied": 36, "reserved": 1, "accepting_admissions": 3}
STAFF = dict.fromkeys(("nurses_employed", "agency_nurses", "agency_non_care_workers"), 0) | {
    "care_workers_employed": 30,
    "non_care_workers_employed": 10,
    "agency_care_workers": 2,
}


def submission(
    id: str, service: Service, month: Month, values: dict[str, Any] | None = None, **more: Any
) -> Submission:
    """A return received on the ninth."""
    kind = more.pop("kind", ReturnKind.FULL)
    reason = NilReason.NO_SERVICE_USERS if kind is ReturnKind.NIL else None
    confirmed = more.pop("confirmed", ())
    said = values if values is not None else ({**BEDS, **STAFF} if service is HOME else {"people_using_service": 30})
    said = {} if kind is ReturnKind.NIL else said
    collection = f"{service.value}-2024-04-26"
    checked = CheckedReturn(id, service, month, kind, collection, said, reason=reason, note="", confirmed=confirmed)
    received = datetime(month.year, month.number, more.pop("day", 9), 10, tzinfo=UTC)
    told: dict[str, Any] = {
        "fulfils": True,
        "rehearsal": False,
        "source": Source.RECORDED_HERE,
        "recorded_by": "office",
    }
    return Submission(checked, received_at=received, **{**told, **more})


def locations(number: int, council: str = "Exampleshire", first: int = 100) -> Iterator[Location]:
    """Care homes and home care by turns."""
    for at in range(first, first + number):
        service = CARE if at % 2 else HOME
        provider = f"Provider {at % 7}"
        beds = 40 if service is HOME else None
        yield Location(
            f"LOC{at}", f"House {at}", (service,), provider, f"P{at % 7}", council, "South West", beds=beds,
            registered_on=date(2024, 1, 1),
        )  # fmt: skip


@pytest.fixture
def council() -> Path:
    """24 locations in 2024. LOC102 missed the last two, LOC103 four; LOC104 was nil in November; half made December."""
    path = read_settings().store_path
    places = list(locations(24))
    missed = {("LOC102", 10), ("LOC102", 11), *(("LOC103", month) for month in (3, 5, 7, 9))}
    with SqliteBackend(path) as backend:
        backend.save_locations(places)
        backend.save_users([User("LOC102", "manager@example.org", "manager"), User("LOC102", "deputy@example.org")])
        for place in places:
            service = place.services[0]
            made = [month for month in range(1, 12) if (place.id, month) not in missed]
            made += [12] if int(place.id[3:]) >= 112 else []
            nil = ("LOC104", 11)
            backend.record([
                submission(place.id, service, Month(2024, month),
                           kind=ReturnKind.NIL if (place.id, month) == nil else ReturnKind.FULL)
                for month in made
            ])  # fmt: skip
    return path
