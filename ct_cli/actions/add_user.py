"""Note a person who updates Capacity Tracker for locations, so that reminders reach somebody."""

from collections.abc import Sequence
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.find_location import find_location
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Scope, User


@dataclass(frozen=True)
class UserAdded(Answer):
    """A user, and the locations by what was done."""

    email: str
    name: str
    added: tuple[str, ...]
    renamed: tuple[str, ...]
    """Registered there before, with another name or role."""
    unchanged: tuple[str, ...]


def add_user(workplace: Workplace, location_ids: Sequence[str], email: str, name: str = "") -> UserAdded:
    """Add a user to each location, all or none; `email` is as `parse_email` gives it.

    Without a name, one that is there stays. Raises NotALocationId, UnknownLocation.
    """
    ids = dict.fromkeys(find_location(workplace, given).id for given in location_ids)
    scope = Scope(location_ids=frozenset(ids), include_closed=True)
    there = {user.location_id: user.name for user in workplace.backend.users(scope) if user.email == email}
    added = tuple(id for id in ids if id not in there)
    renamed = tuple(id for id in ids if name and there.get(id, name) != name)
    workplace.backend.save_users([User(id, email, name) for id in (*added, *renamed)])
    unchanged = tuple(id for id in ids if id not in {*added, *renamed})
    return UserAdded(email, name, added, renamed, unchanged)
