"""CQC's API as locations: what changed since a moment, and each location's details, without anybody's name.

Source of the forms: CQC's public API, version 1. The name of a provider is not among a location's details, only its id,
so that a provider's name stays as the register has it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ct_cli import __version__
from ct_cli.errors import CtError, ExitStatus
from ct_cli.register.asking import Asker
from ct_cli.register.columns import BY_FIELD, folded
from ct_cli.register.cqc_directory import IN_SCOPE, SERVICE_TYPES, name_without_person, names_a_person
from ct_cli.register.plan import LocationRow
from ct_cli.returns.identity import Service, why_not_location_id
from ct_cli.returns.problem import Place, Problem, Severity

CALLS_A_MINUTE = 1_900
"""CQC allows 2,000."""
PAGE = 1_000

DETAILS = {
    "providerId": "provider_id",
    "localAuthority": "local_authority",
    "region": "region",
    "postalCode": "postcode",
    "numberOfBeds": "beds",
    "registrationDate": "registered_on",
    "odsCode": "ods_code",
}
"""CQC's fields that are details as they are, and the fields of Location that they fill."""
KEPT = frozenset(
    {*DETAILS, "name", "registrationStatus", "deregistrationDate", "careHome", "inspectionDirectorate", "services"}
)
"""What is kept of an answer: it has the names of managers, which ct takes in from nowhere."""

_SERVICES = {folded(name): service for name, service in SERVICE_TYPES.items()}


class NotCqc(CtError):
    """{host} answered with something that CQC's API does not: {what}. Nothing was changed."""

    code = "not-cqc"
    exit_status = ExitStatus.NETWORK


def cqc_asker(url: str, key: str, sleep: Callable[[float], None] | None = None) -> Asker:
    """CQC's API with a key. Raises AddressRefused."""
    headers = {"Ocp-Apim-Subscription-Key": key, "User-Agent": f"ct/{__version__}", "Accept": "application/json"}
    asker = Asker(url.rstrip("/"), "cqc.key", headers=headers, per_minute=CALLS_A_MINUTE)
    if sleep is not None:
        asker.sleep = sleep
    return asker


def changed_ids(asker: Asker, since: datetime, until: datetime) -> list[str]:
    """The ids of locations that changed between two moments. Raises SourceUnreachable, KeyNotTaken, NotCqc."""
    between = {"startTimestamp": _moment(since), "endTimestamp": _moment(until)}
    found = _pages(asker, "/changes/location", "changes", between)
    return _ids(found)


def all_ids(asker: Asker) -> list[str]:
    """The ids of all locations. Raises SourceUnreachable, KeyNotTaken, NotCqc."""
    found = _pages(asker, "/locations", "locations", {})
    return _ids(it.get("locationId") for it in found if isinstance(it, dict))


def details_of(asker: Asker, location_id: str) -> dict[str, Any] | None:
    """What ct keeps of a location's details; None where CQC has none, as happens to an id that changed.

    Raises SourceUnreachable, KeyNotTaken, NotCqc.
    """
    found = asker.get(f"/locations/{location_id}")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise NotCqc(host=asker.host, what="a location that is no object")
    types = found.get("gacServiceTypes")
    named = [part for part in types if isinstance(part, dict)] if isinstance(types, list) else []
    services = [str(part.get(key) or "") for part in named for key in ("name", "description")]
    kept = {name: value for name, value in {**found, "services": services}.items() if name in KEPT}
    if names_a_person(str(kept.get("name") or "")):
        kept["name"] = ""
    return kept


def in_scope(details: Mapping[str, Any]) -> bool:
    """Whether the directorate "Adult social care" inspects it."""
    return str(details.get("inspectionDirectorate") or "").strip().lower() == IN_SCOPE


def registered(details: Mapping[str, Any]) -> bool:
    """Whether it is registered still."""
    return str(details.get("registrationStatus") or "").strip().lower() != "deregistered"


def row_of(location_id: str, details: Mapping[str, Any], problems: list[Problem]) -> LocationRow | None:
    """The details as a row for the register; None without a service that uses Capacity Tracker."""
    place = Place("CQC's API", None, None, None, None)
    found = {_SERVICES[key] for name in details.get("services", ()) if (key := folded(name)) in _SERVICES}
    if str(details.get("careHome") or "").strip().upper() == "Y":
        found.add(Service.CARE_HOME)
    if not found:
        return None
    name = " ".join(str(details.get("name") or "").split())[:200]
    values: dict[str, Any] = {
        "name": name or name_without_person(location_id),
        "services": tuple(service for service in Service if service in found),
    }
    values.update(_values(location_id, details, place, problems))
    return LocationRow(location_id, values, place)


def _values(
    location_id: str, details: Mapping[str, Any], place: Place, problems: list[Problem]
) -> Iterator[tuple[str, Any]]:
    for given, field in DETAILS.items():
        text = str(details.get(given) or "").strip()
        if not text or (field == "beds" and text == "0"):
            continue
        try:
            value = BY_FIELD[field].parse(text)
        except CtError as error:
            remedy = "The rest of the location is taken; the detail stays as it is in the register."
            problems.append(Problem(error.code, Severity.INFO, error.sentence, remedy, given, location_id, place=place))
        else:
            if value is not None:
                yield field, value


def _ids(found: Iterable[object]) -> list[str]:
    """Ids in capitals, each once; what is none is passed over, for there is nothing to ask for."""
    ids = (given.strip().upper() for given in found if isinstance(given, str))
    return [each for each in dict.fromkeys(ids) if why_not_location_id(each) is None]


def _pages(asker: Asker, path: str, name: str, parameters: Mapping[str, str]) -> Iterator[Any]:
    page = total = 1
    while page <= total:
        found = asker.get(path, **parameters, page=page, perPage=PAGE)
        match found:
            case {"totalPages": int(total)} if isinstance(found.get(name), list):
                yield from found[name]
            case _:
                raise NotCqc(host=asker.host, what=f"a page without {name}")
        page += 1


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
