"""Who updates Capacity Tracker for which location."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.find_location import find_location
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Scope, User


@dataclass(frozen=True)
class LocationUsers:
    """A location's users."""

    location_id: str
    name: str
    users: tuple[User, ...]


@dataclass(frozen=True)
class UsersListed(Answer):
    """Locations ordered by id, each with its users by email."""

    locations: tuple[LocationUsers, ...]
    without_users: int
    with_one_user: int


def list_users(workplace: Workplace, location_ids: Sequence[str] = (), *, few: bool = False) -> UsersListed:
    """The users of the locations named (open or closed) or, where none is, of all that are open.

    With `few`, only the locations with fewer than two. Raises NotALocationId, UnknownLocation.
    """
    ids = frozenset(find_location(workplace, given).id for given in location_ids)
    scope = Scope(location_ids=ids, include_closed=True) if ids else Scope()
    users: defaultdict[str, list[User]] = defaultdict(list)
    for user in workplace.backend.users(scope):
        users[user.location_id].append(user)
    listed = tuple(
        LocationUsers(location.id, location.name, tuple(users[location.id]))
        for location in workplace.backend.locations(scope)
        if not few or len(users[location.id]) < 2
    )
    numbers = [len(item.users) for item in listed]
    return UsersListed(listed, numbers.count(0), numbers.count(1))
