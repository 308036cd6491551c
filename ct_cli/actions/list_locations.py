"""The locations in the register, and which of them have too few users."""

from collections import Counter
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location, Scope


@dataclass(frozen=True)
class LocationListed:
    """A location and how many users it has."""

    location: Location
    users: int


@dataclass(frozen=True)
class LocationsListed(Answer):
    """Locations ordered by id."""

    locations: tuple[LocationListed, ...]
    fewer_than_two_users: int
    """How many of those that are open have none or one; more than one is recommended."""
    filtered: bool
    """Whether anything but open or closed was asked for."""


def list_locations(workplace: Workplace, scope: Scope) -> LocationsListed:
    """The locations in scope."""
    users = Counter(user.location_id for user in workplace.backend.users(scope))
    listed = tuple(LocationListed(location, users[location.id]) for location in workplace.backend.locations(scope))
    few = sum(item.users < 2 and item.location.ended_on is None for item in listed)
    filtered = any((scope.location_ids, scope.provider, scope.local_authority, scope.region, scope.service))
    return LocationsListed(listed, few, filtered)
