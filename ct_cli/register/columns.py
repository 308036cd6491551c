"""The columns of a file of locations: each detail's header, its other spellings, how it is read and written."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ct_cli.register import details
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service, parse_service


@dataclass(frozen=True, slots=True)
class LocationColumn:
    """One column."""

    field: str
    """The field of Location that it fills."""
    header: str
    """What ct writes above it."""
    parse: Callable[[str], Any]
    """From a cell to the field's value. Raises a CtError whose sentence says what is wrong."""
    write: Callable[[Any], str] = str
    spellings: tuple[str, ...] = ()
    """Other headers that mean it, as `folded` leaves them."""


def folded(header: str) -> str:
    """A header without case, spaces and punctuation: "Location ID" and location_id are one."""
    return re.sub(r"[^a-z0-9]", "", header.casefold())


def parse_services(given: str) -> tuple[Service, ...]:
    """Services parted by ; , | / + or a line's end, in the order of `Service`, each once. Raises NotAService."""
    parts = [part for part in re.split(r"[;,|/+\n]", given) if part.strip()]
    named = {parse_service(part) for part in parts}
    return tuple(service for service in Service if service in named)


def write_services(services: tuple[Service, ...]) -> str:
    """Services as a cell: care-home; home-care."""
    return "; ".join(service.value for service in services)


def write_pounds(pence: int) -> str:
    """Pence as a cell: 123450 is 1234.50."""
    return f"{pence // 100}.{pence % 100:02d}"


def write_degrees(degrees: float) -> str:
    """Degrees as a cell, to the seventh decimal place."""
    return f"{degrees:.7f}".rstrip("0").rstrip(".")


def _text(label: str) -> Callable[[str], str]:
    return lambda given: details.parse_text(given, label)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


ID_HEADER = "location_id"
ID_SPELLINGS = frozenset(
    {"locationid", "cqcid", "cqclocationid", "cqclocation", "id", "locationcqcid", "loc", "cqclocationnumber"}
)

COLUMNS: tuple[LocationColumn, ...] = (
    LocationColumn("name", "name", details.parse_name, spellings=("locationname", "location", "carehome", "homename")),
    LocationColumn(
        "services",
        "services",
        parse_services,
        write_services,
        ("service", "servicetype", "servicetypes", "caretype", "caretypes", "type"),
    ),
    LocationColumn(
        "provider",
        "provider",
        _text("Provider"),
        spellings=("providername", "parentorganisation", "organisation", "company", "group"),
    ),
    LocationColumn(
        "provider_id", "provider_id", _text("Provider id"), spellings=("cqcproviderid", "providercqcid", "providerno")
    ),
    LocationColumn(
        "local_authority",
        "local_authority",
        _text("Local authority"),
        spellings=("council", "la", "laname", "locationlocalauthority", "authority"),
    ),
    LocationColumn("region", "region", _text("Region"), spellings=("locationregion", "laregionname")),
    LocationColumn(
        "postcode",
        "postcode",
        details.parse_postcode,
        spellings=("postalcode", "locationpostalcode", "locationpostcode"),
    ),
    LocationColumn(
        "beds", "beds", details.parse_beds, spellings=("carehomesbeds", "numberofbeds", "bedcount", "cqcbeds")
    ),
    LocationColumn(
        "registered_on",
        "start",
        details.parse_day_in_file,
        date.isoformat,
        ("registeredon", "startdate", "registrationdate", "registrationstart", "locationhscastartdate", "registered"),
    ),
    LocationColumn(
        "ended_on",
        "end",
        details.parse_day_in_file,
        date.isoformat,
        ("endedon", "enddate", "deregistrationdate", "registrationend", "closed", "closedon"),
    ),
    LocationColumn("public_body", "public_body", details.parse_yes_no, _yes_no, ("publicbody", "public")),
    LocationColumn("fee_pence", "fee", details.parse_fee, write_pounds, ("cqcfee", "feepounds", "registrationfee")),
    LocationColumn("ods_code", "ods_code", _text("ODS code"), spellings=("ods", "odscode", "locationodscode")),
    LocationColumn("latitude", "latitude", details.parse_coordinate, write_degrees, ("lat", "locationlatitude")),
    LocationColumn(
        "longitude", "longitude", details.parse_coordinate, write_degrees, ("long", "lng", "lon", "locationlongitude")
    ),
)

COLUMN_OF: dict[str, LocationColumn] = {
    spelling: column
    for column in COLUMNS
    for spelling in (folded(column.header), folded(column.field), *column.spellings)
}
"""Every spelling, folded, to its column."""

BY_FIELD: dict[str, LocationColumn] = {column.field: column for column in COLUMNS}


def written(location: Location, field: str) -> str:
    """A field of a location as a cell; empty where it is not known."""
    value = getattr(location, field)
    return "" if value is None else BY_FIELD[field].write(value)


def details_given(texts: Mapping[str, str | bool | Sequence[str] | None]) -> dict[str, Any]:
    """What somebody typed, by field of Location, as values; None was not given, and is left out.

    A day is only taken as 2024-12-08 (a file may also have 08/12/2024). Raises what the columns' `parse` raises.
    """
    values: dict[str, Any] = {}
    for field, given in texts.items():
        match given:
            case None | bool():
                value: Any = given
            case str() if field in ("registered_on", "ended_on"):
                value = details.parse_day(given)
            case str():
                value = BY_FIELD[field].parse(given)
            case _:
                value = parse_services(";".join(given))
        if given is not None:
            values[field] = value
    return values
