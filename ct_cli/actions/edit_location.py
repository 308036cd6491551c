"""Change details of a location."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ct_cli.actions.add_location import LacksServices
from ct_cli.actions.answer import Answer
from ct_cli.actions.find_location import find_location
from ct_cli.actions.save_location import save_location
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location
from ct_cli.register.plan import DetailChange, changes_to
from ct_cli.register.refusals import NothingToChange, refuse_dates_wrong_way_round


@dataclass(frozen=True)
class LocationEdited(Answer):
    """The location as it now stands, and what was changed; nothing where it was so already."""

    location: Location
    changes: tuple[DetailChange, ...]


def edit_location(workplace: Workplace, location_id: str, details: Mapping[str, Any]) -> LocationEdited:
    """Change the details given; the others stay.

    Raises NotALocationId, UnknownLocation, NothingToChange, LacksServices, EndsBeforeStart, RegisterChanged.
    """
    before = find_location(workplace, location_id)
    if not details:
        raise NothingToChange(location_id=before.id)
    after = replace(before, **details)
    if not after.services:
        raise LacksServices(location_id=before.id)
    refuse_dates_wrong_way_round(after)
    changes = changes_to(before, details)
    if changes:
        save_location(workplace, before, after)
    return LocationEdited(after, changes)
