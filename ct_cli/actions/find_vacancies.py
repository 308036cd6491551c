"""Who has a bed or hours of care to offer, and how fresh that word is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ct_cli.actions.answer import Answer
from ct_cli.actions.status.scope import find_locations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import ChainKey, Entry, Source
from ct_cli.errors import UsageError
from ct_cli.register.location import Location, Scope
from ct_cli.register.near import Point, find_postcode, miles
from ct_cli.register.sighting import Sighting
from ct_cli.register.tracker_items import bed_type
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.beds import BED_TYPES
from ct_cli.returns.the_return import Values

_PERIOD = re.compile(r"(\d{1,4})\s*(h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class NotABedType(UsageError):
    """{given!r} is no type of bed{nearest}. They are: {known}."""

    code = "not-a-bed-type"


class NotAPeriod(UsageError):
    """{given!r} is no length of time: write a number and h, d or w, as in 48h, 7d or 2w."""

    code = "not-a-period"


@dataclass(frozen=True, slots=True)
class VacanciesAsked:
    """What is looked for. Every part that narrows must hold."""

    bed_type: str | None = None
    """As in BED_TYPES; care homes only, then."""
    local_authority: str | None = None
    region: str | None = None
    provider: str | None = None
    service: Service | None = None
    least: int = 1
    """So many beds, or hours for home care, at least."""
    updated_within: timedelta | None = None
    near: str | None = None
    """A postcode."""
    open_only: bool = False
    """Leave out those that are closed to admissions."""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """What one service at a location has to offer."""

    location_id: str
    name: str
    service: Service
    provider: str
    local_authority: str
    postcode: str
    spare: int
    """Beds that accept admissions, of the type asked for; for home care, hours."""
    unit: str
    by_type: Mapping[str, int]
    """Spare beds by type, where that was said."""
    open: bool | None
    """To admissions; None where that was not said in a way that ct knows."""
    admission_status: str
    """In Capacity Tracker's own words."""
    updated_at: datetime
    source: Source
    miles: float | None
    """From the postcode asked for, as the crow flies; None where coordinates are not known."""


@dataclass(frozen=True)
class VacanciesFound(Answer):
    """Those that are open first, then the nearest, else the freshest."""

    now: datetime
    bed_type: str | None
    least: int
    near: str | None
    near_known_by: str | None
    """The postcode, sector or district by whose locations its place is inferred."""
    near_exact: bool
    vacancies: tuple[Vacancy, ...]
    older: int
    """How many would fit, but were updated longer ago."""
    closed: int
    """How many would fit, but are closed to admissions and were not wanted."""
    silent: int
    """Services in scope of which nothing of the kind is known."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The last word on one service, whichever source it came from."""

    values: Values
    updated_at: datetime
    source: Source
    accepting: bool | None = None
    admission_status: str = ""


def find_vacancies(workplace: Workplace, asked: VacanciesAsked) -> VacanciesFound:
    """Who has as much to offer, by the last word on each. Raises NobodyInScope, NotAPostcode, PlaceUnknown."""
    backend = workplace.backend
    scope = Scope(
        provider=asked.provider, local_authority=asked.local_authority, region=asked.region, service=asked.service
    )
    locations = {it.id: it for it in find_locations(backend, scope)}
    point = find_postcode(asked.near, backend.locations(Scope(include_closed=True))) if asked.near else None
    said = _last_words(backend.sightings(scope), backend.latest(scope))
    fitting: list[Vacancy] = []
    silent = 0
    for location in locations.values():
        for service in location.services:
            if not _wanted(service, asked):
                continue
            word = said.get((location.id, service))
            found = None if word is None else _vacancy(location, service, word, asked, point)
            silent += found is None
            if found is not None and found.spare >= asked.least:
                fitting.append(found)
    fresh = [it for it in fitting if _fresh(it, workplace.now, asked.updated_within)]
    kept = [it for it in fresh if not (asked.open_only and it.open is False)]
    return VacanciesFound(
        now=workplace.now,
        bed_type=asked.bed_type,
        least=asked.least,
        near=asked.near,
        near_known_by=point.known_by if point else None,
        near_exact=bool(point and point.exact),
        vacancies=tuple(sorted(kept, key=_order)),
        older=len(fitting) - len(fresh),
        closed=len(fresh) - len(kept),
        silent=silent,
    )


def parse_bed_type(given: str) -> str:
    """A bed type of any spelling, as the collections spell it. Raises NotABedType."""
    found = bed_type(given)
    if found is None:
        from difflib import get_close_matches

        known = [name.replace("_", "-") for name in BED_TYPES]
        near = get_close_matches(given.lower().replace(" ", "-"), known, n=1)
        nearest = f" (did you mean {near[0]}?)" if near else ""
        raise NotABedType(given=given[:40], nearest=nearest, known=", ".join(known))
    return found


def parse_period(given: str) -> timedelta:
    """A length of time: 48h, 7d, 2w. Raises NotAPeriod."""
    found = _PERIOD.fullmatch(given.strip())
    if found is None:
        raise NotAPeriod(given=given[:40])
    return int(found[1]) * _UNITS[found[2][0].lower()]


def _last_words(sightings: Iterable[Sighting], latest: Mapping[ChainKey, Entry]) -> dict[ChainKey, _Said]:
    said = {
        key: _Said(entry.values, entry.received_at, entry.source)
        for key, entry in latest.items()
        if entry.content != "{}"
    }
    for it in sightings:
        key = (it.location_id, it.service)
        if it.updated_at is None or it.content == "{}":
            continue
        if key not in said or said[key].updated_at <= it.updated_at:
            said[key] = _Said(it.values, it.updated_at, Source.CAPACITY_TRACKER, it.accepting, it.admission_status)
    return said


def _wanted(service: Service, asked: VacanciesAsked) -> bool:
    if asked.bed_type is not None:
        return service is Service.CARE_HOME
    return asked.service is None or service is asked.service


def _vacancy(
    location: Location, service: Service, said: _Said, asked: VacanciesAsked, point: Point | None
) -> Vacancy | None:
    """What was said of it; None where nothing was said of what is asked."""
    by_type = {name: count for name in BED_TYPES if isinstance(count := said.values.get(f"{name}_spare"), int)}
    spare: int | str | None
    if service is Service.HOME_CARE:
        offers = said.values.get("can_provide_more_hours")
        spare = 0 if offers == "no" else said.values.get("extra_hours")
    elif asked.bed_type is not None:
        spare = by_type.get(asked.bed_type)
    else:
        spare = sum(by_type.values()) if by_type else said.values.get("accepting_admissions")
    if not isinstance(spare, int):
        return None
    return Vacancy(
        location.id,
        location.name,
        service,
        location.provider,
        location.local_authority,
        location.postcode,
        spare,
        "hours" if service is Service.HOME_CARE else "beds",
        {name: count for name, count in by_type.items() if count},
        _open(said),
        said.admission_status,
        said.updated_at,
        said.source,
        miles(point, location) if point else None,
    )


def _open(said: _Said) -> bool | None:
    """By the flag or, without it, by the words [inferred: no list of the statuses is known]."""
    words = said.admission_status.lower()
    if said.accepting is not None:
        return said.accepting
    if "closed" in words or "not accepting" in words:
        return False
    return True if words.startswith(("open", "accepting")) else None


def _fresh(it: Vacancy, now: datetime, within: timedelta | None) -> bool:
    return within is None or now - it.updated_at <= within


def _order(it: Vacancy) -> tuple[bool, float, float, str, Service]:
    distance = 99_999.0 if it.miles is None else it.miles
    return (it.open is False, distance, -it.updated_at.timestamp(), it.location_id, it.service)
