"""What a list of locations would do to the register: shown before anything is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ct_cli.register.location import Location
from ct_cli.returns.problem import Place


@dataclass(frozen=True, slots=True)
class LocationRow:
    """What one row of a file says of a location: only the details that it has a word on."""

    location_id: str
    details: Mapping[str, Any]
    """Values by field of Location. A field that is not here stays as it is."""
    place: Place


@dataclass(frozen=True, slots=True)
class DetailChange:
    """One detail that would change."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ChangedLocation:
    """A location with its details as they would be, and what changes."""

    location: Location
    changes: tuple[DetailChange, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done. Nothing in the register is ever removed or closed by it."""

    new: tuple[Location, ...] = ()
    changed: tuple[ChangedLocation, ...] = ()
    unchanged: tuple[str, ...] = ()
    """Ids that the file says nothing new of."""
    absent: tuple[Location, ...] = ()
    """Open in the register and not in the file: left as they are."""
    to_save: tuple[Location, ...] = field(default=())
    """The new and the changed ones."""


def make_plan(known: Mapping[str, Location], rows: Iterable[LocationRow], mentioned: Iterable[str] = ()) -> Plan:
    """The plan for rows whose ids differ; `known` is the whole register by id, closed ones too.

    A new location's row must have a name and services (`location_rows` sees to it). `mentioned` are ids that the
    file names in rows that were refused: they are not absent.
    """
    new: list[Location] = []
    changed: list[ChangedLocation] = []
    unchanged: list[str] = []
    seen = set(mentioned)
    for row in rows:
        seen.add(row.location_id)
        before = known.get(row.location_id)
        if before is None:
            new.append(Location(id=row.location_id, **row.details))
            continue
        changes = changes_to(before, row.details)
        if changes:
            changed.append(ChangedLocation(replace(before, **{c.field: c.new for c in changes}), changes))
        else:
            unchanged.append(row.location_id)
    absent = tuple(place for id, place in known.items() if id not in seen and place.ended_on is None)
    return Plan(
        tuple(new), tuple(changed), tuple(unchanged), absent, (*new, *(location.location for location in changed))
    )


def changes_to(location: Location, details: Mapping[str, Any]) -> tuple[DetailChange, ...]:
    """The details that differ from the location's own."""
    return tuple(
        DetailChange(name, old, new) for name, new in details.items() if (old := getattr(location, name)) != new
    )
