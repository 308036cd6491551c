"""Put a location into the register."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import UsageError
from ct_cli.register.location import Location, Scope
from ct_cli.register.refusals import AlreadyRegistered, refuse_dates_wrong_way_round
from ct_cli.register.versions import RegisterChanged, version_of_none
from ct_cli.returns.identity import Service, parse_location_id


class LacksServices(UsageError):
    """{location_id} needs at least one service: add --service care-home, --service home-care, or both."""

    code = "lacks-services"


@dataclass(frozen=True)
class LocationAdded(Answer):
    """The location as it now stands."""

    location: Location
    owes: tuple[Service, ...]
    """The services for which a return is owed each month."""


def add_location(workplace: Workplace, location_id: str, details: Mapping[str, Any]) -> LocationAdded:
    """Add a location; `details` are values by field of Location, `name` and `services` among them.

    Raises NotALocationId, AlreadyRegistered, LacksServices, EndsBeforeStart.
    """
    location = Location(id=parse_location_id(location_id), **details)
    if not location.services:
        raise LacksServices(location_id=location.id)
    refuse_dates_wrong_way_round(location)
    _refuse_where_there(workplace, location.id)
    try:
        workplace.backend.save_locations([location], expected={location.id: [version_of_none(location.id)]})
    except RegisterChanged:  # somebody else has added it since
        _refuse_where_there(workplace, location.id)
        raise
    return LocationAdded(location, location.mandated_services)


def _refuse_where_there(workplace: Workplace, location_id: str) -> None:
    there = workplace.backend.locations(Scope(location_ids=frozenset({location_id}), include_closed=True))
    if there:
        closed = f" (closed on {there[0].ended_on})" if there[0].ended_on else ""
        raise AlreadyRegistered(location_id=location_id, name=there[0].name, closed=closed)
