"""Give a location its last day. Its history stays."""

from dataclasses import dataclass, replace
from datetime import date

from ct_cli.actions.answer import Answer
from ct_cli.actions.find_location import find_location
from ct_cli.actions.save_location import save_location
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.refusals import AlreadyClosed, refuse_dates_wrong_way_round


@dataclass(frozen=True)
class LocationClosed(Answer):
    """The location with its last day, and the users who are still registered for it."""

    location: Location
    users: tuple[User, ...]


def close_location(workplace: Workplace, location_id: str, on: date | None = None) -> LocationClosed:
    """Close a location on a day, which is today unless given and may be to come.

    Raises NotALocationId, UnknownLocation, AlreadyClosed, EndsBeforeStart, RegisterChanged.
    """
    before = find_location(workplace, location_id)
    if before.ended_on is not None:
        raise AlreadyClosed(location_id=before.id, name=before.name, ended_on=before.ended_on)
    after = replace(before, ended_on=on or workplace.now.date())
    refuse_dates_wrong_way_round(after)
    save_location(workplace, before, after)
    scope = Scope(location_ids=frozenset({after.id}), include_closed=True)
    return LocationClosed(after, tuple(workplace.backend.users(scope)))
