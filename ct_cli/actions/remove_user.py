"""Erase a user."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.find_location import find_location
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.registry import has_own_outbox, open_outbox
from ct_cli.register.location import Scope
from ct_cli.register.refusals import UnknownUser


@dataclass(frozen=True)
class UserRemoved(Answer):
    """Who was erased, and from where."""

    email: str
    erased_from: tuple[str, ...]
    now_fewer_than_two: tuple[str, ...]
    """Those of the locations that are left with one user or none."""


def remove_user(workplace: Workplace, email: str, location_id: str | None = None) -> UserRemoved:
    """Erase a user from one location or from all; `email` is as `parse_email` gives it.

    Raises NotALocationId, UnknownLocation, UnknownUser.
    """
    one = find_location(workplace, location_id).id if location_id is not None else None
    scope = Scope(location_ids=frozenset({one}) if one else None, include_closed=True)
    users = workplace.backend.users(scope)
    places = tuple(user.location_id for user in users if user.email == email)
    if not places:
        raise UnknownUser.among(email, {user.email for user in users}, one)
    workplace.backend.remove_users(email, one)
    if not has_own_outbox(workplace.backend):
        everybody = workplace.backend.users(Scope(include_closed=True))
        if all(user.email != email for user in everybody):
            open_outbox(workplace.settings, workplace.backend).forget(email)
    left = [user.location_id for user in users if user.email != email]
    return UserRemoved(email, places, tuple(id for id in places if left.count(id) < 2))
