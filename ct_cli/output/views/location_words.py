"""A location's details in words, as several pages show them."""

from datetime import date
from typing import Any

from ct_cli.output.as_text import day
from ct_cli.register.columns import BY_FIELD
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service

LABELS = {
    "name": "Name",
    "services": "Services",
    "provider": "Provider",
    "provider_id": "Provider's CQC id",
    "local_authority": "Local authority",
    "region": "Region",
    "postcode": "Postcode",
    "beds": "Beds (CQC)",
    "registered_on": "Registered on",
    "ended_on": "Last day",
    "public_body": "Public body",
    "fee_pence": "CQC fee",
    "ods_code": "ODS code",
    "latitude": "Latitude",
    "longitude": "Longitude",
}
"""What people call each field."""


def services_in_words(services: tuple[Service, ...]) -> str:
    """care home, home care."""
    return ", ".join(service.in_words for service in services)


def detail_in_words(field: str, value: Any) -> str:
    """A detail's value; "not known" where there is none."""
    if value is None or value == "":
        return "not known"
    if field == "services":
        return services_in_words(value)
    if isinstance(value, date):
        return day(value)
    if field == "fee_pence":
        return f"£{value // 100:,}.{value % 100:02d}"
    return BY_FIELD[field].write(value)


def closed_in_words(location: Location) -> str:
    """Its last day, where it has one."""
    return "" if location.ended_on is None else f"last day {location.ended_on.isoformat()}"


def count(number: int, one: str, many: str | None = None) -> str:
    """1 location, 2 locations."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
