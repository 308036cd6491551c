"""Note a person who updates Capacity Tracker for locations, so that reminders reach somebody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.find_location import find_location
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Scope, User
from ct_cli.register.versions import RegisterChanged, version_of_no_user, version_of_user


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

    Without a name, one that is there stays. Raises NotALocationId, UnknownLocation, RegisterChanged.
    """
    ids = dict.fromkeys(find_location(workplace, given).id for given in location_ids)
    there = _names(workplace, ids, email)
    added = tuple(id for id in ids if id not in there)
    renamed = tuple(id for id in ids if name and there.get(id, name) != name)
    expected = {
        id: [version_of_user(User(id, email, there[id])) if id in there else version_of_no_user(id, email)]
        for id in (*added, *renamed)
    }
    try:
        workplace.backend.save_users([User(id, email, name) for id in expected], expected=expected)
    except RegisterChanged as error:
        raise error.saying("; ".join(_differences(email, there, _names(workplace, ids, email)))) from None
    unchanged = tuple(id for id in ids if id not in {*added, *renamed})
    return UserAdded(email, name, added, renamed, unchanged)


def _names(workplace: Workplace, location_ids: Iterable[str], email: str) -> dict[str, str]:
    """The name that a user has at each of these locations where it is registered."""
    scope = Scope(location_ids=frozenset(location_ids), include_closed=True)
    return {user.location_id: user.name for user in workplace.backend.users(scope) if user.email == email}


def _differences(email: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for id in sorted({*before, *now}):
        if id not in now:
            yield f"{email} was removed from {id}"
        elif id not in before:
            yield f"{email} was added to {id}" + (f" as {now[id]}" if now[id] else "")
        elif before[id] != now[id]:
            yield f"{email} is {now[id] or 'without a name'} at {id} now"
