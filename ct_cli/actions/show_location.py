"""Everything that the register holds of one location."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.find_location import find_location
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.sighting import Sighting


@dataclass(frozen=True)
class LocationShown(Answer):
    """A location and its users."""

    location: Location
    users: tuple[User, ...]
    sightings: tuple[Sighting, ...]
    """What Capacity Tracker was last seen to say of each service."""


def show_location(workplace: Workplace, location_id: str) -> LocationShown:
    """A location, open or closed. Raises NotALocationId, UnknownLocation."""
    location = find_location(workplace, location_id)
    scope = Scope(location_ids=frozenset({location.id}), include_closed=True)
    return LocationShown(location, tuple(workplace.backend.users(scope)), tuple(workplace.backend.sightings(scope)))
