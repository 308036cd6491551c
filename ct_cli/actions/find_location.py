"""The one location of an id that somebody gave."""

from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location, Scope
from ct_cli.register.refusals import UnknownLocation
from ct_cli.returns.identity import parse_location_id


def find_location(workplace: Workplace, given: str) -> Location:
    """The location, open or closed. Raises NotALocationId, and UnknownLocation with the nearest, where the store
    suggests it."""
    location_id = parse_location_id(given)
    found = workplace.backend.locations(Scope(location_ids=frozenset({location_id}), include_closed=True))
    if found:
        return found[0]
    known = workplace.backend.locations(Scope(include_closed=True)) if workplace.backend.suggests else ()
    raise UnknownLocation.among(location_id, [location.id for location in known])
