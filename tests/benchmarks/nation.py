"""A store of the whole country's locations with 24 months of returns, recorded as they come in: month by month.

Made once in a run, for every benchmark that reads it: 713,000 entries take 25 s of a processor.
"""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from ct_cli.backends.contract import Backend, PlainReturn, Shared, Source
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import figures_of
from ct_cli.windows.month import Month

NOW = "2024-12-10T12:00:00+00:00"
IN_A_COUNCIL = 400
MONTHS = [Month(2024, 12) + -back for back in range(24)]
"""Newest first."""
_AT_A_TIME = 10_000
_folders: list["tempfile.TemporaryDirectory[str]"] = []
"""Of the stores that were made; gone when the run ends."""


@cache
def nation(locations: int, in_a_council: int = IN_A_COUNCIL) -> Path:
    """The store; made at the first call. Only to be read."""
    folder = tempfile.TemporaryDirectory()
    _folders.append(folder)
    store = Path(folder.name) / "nation.sqlite3"
    with SqliteBackend(store) as backend:
        fill_nation(backend, locations, in_a_council)
    return store


def fill_nation(backend: Backend, locations: int, in_a_council: int = IN_A_COUNCIL) -> None:
    """The same in any store."""
    places = range(locations)
    backend.save_locations(_location(place, in_a_council) for place in places)
    for month in reversed(MONTHS):
        rows = list(_returns(places, month))
        for start in range(0, len(rows), _AT_A_TIME):
            backend.record_rows(rows[start : start + _AT_A_TIME])


def location_id(place: int) -> str:
    """The id of the location at a place, from 0."""
    return f"1-{100_000_000 + place}"


def _service(place: int) -> Service:
    return Service.CARE_HOME if place % 2 else Service.HOME_CARE


def _location(place: int, in_a_council: int) -> Location:
    """Of 40 providers in each council of 400."""
    name, provider, council = f"Rose House {place}", f"Provider {place // 10}", f"Council {place // in_a_council}"
    beds = 20 + place % 40 if place % 2 else None
    return Location(location_id(place), name, (_service(place),), provider, f"P{place // 10}", council, "South West",
                    beds=beds, registered_on=date(2015, 1, 1))  # fmt: skip


def _returns(places: range, month: Month) -> Iterator[PlainReturn]:
    """One in 23 misses now and then; one in 40 always has the same staff, and one in 30 more beds than CQC knows."""
    received = datetime(month.year, month.number, 9, 8, tzinfo=UTC)
    shared = {
        service: Shared(service, month, f"{service.value}-2024-04-26", "", received, True, False,
                        Source.RECORDED_HERE, "the office")
        for service in (Service.CARE_HOME, Service.HOME_CARE)
    }  # fmt: skip
    for place in places:
        if (place * 7 + month.ordinal * 5) % 23:
            content, service = _content(place, month.ordinal), _service(place)
            figures = figures_of(service, json.loads(content))
            # Each at a moment of its own, as they would come one by one: a moment read or written is never the last.
            its = shared[service]._replace(received_at=received + timedelta(seconds=place, microseconds=7 * place))
            yield PlainReturn(location_id(place), content, its, figures)


def _content(place: int, ordinal: int) -> str:
    """What is mandatory, and a care home's beds by type."""
    staff = 30 if place % 40 == 7 else 30 + (place + ordinal) % 5
    if not place % 2:
        return f'{{"care_workers_employed":{staff},"people_using_service":{20 + (place + ordinal) % 9}}}'
    beds = 20 + place % 40 + (place % 30 == 1)
    used, spare = beds - 3, 3
    return (
        f'{{"accepting_admissions":{spare},"agency_care_workers":1,"agency_non_care_workers":0,"agency_nurses":2,'
        f'"care_workers_employed":{staff},"dementia_nursing_spare":1,"dementia_nursing_total":10,'
        f'"dementia_nursing_used":9,"general_residential_spare":2,"general_residential_total":{beds - 10},'
        f'"general_residential_used":{used - 9},"maximum_capacity":{beds},"non_care_workers_employed":8,'
        f'"nurses_employed":5,"occupied":{used},"reserved":0}}'
    )
