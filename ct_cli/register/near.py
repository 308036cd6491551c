"""How far a location is from a postcode, as far as coordinates are known.

ct has no table of postcodes. Where a postcode is, it infers from the locations in the register that have it and have
coordinates or, without one, from those of its sector (AB1 2), then of its district (AB1): the middle of these.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from ct_cli.errors import UsageError
from ct_cli.register.details import parse_postcode
from ct_cli.register.location import Location

_EARTH_MILES = 3958.8
"""Mean radius."""


class PlaceUnknown(UsageError):
    """ct does not know where {postcode} is: no location in the register with coordinates is in {district}. CQC's
    directory has coordinates: `ct locations import FILE --from cqc`."""

    code = "place-unknown"


@dataclass(frozen=True, slots=True)
class Point:
    """A place by its coordinates, in degrees, and how that is known."""

    latitude: float
    longitude: float
    known_by: str
    """The postcode itself, or the sector or district of which it is the middle."""
    exact: bool
    """Whether a location with this very postcode is known."""


def find_postcode(given: str, locations: Iterable[Location]) -> Point:
    """Where a postcode is. Raises NotAPostcode, PlaceUnknown."""
    postcode = parse_postcode(given)
    district = postcode.partition(" ")[0]
    placed = [it for it in locations if it.latitude is not None and it.longitude is not None and it.postcode]
    sector = postcode[:-2]
    for area in (postcode, sector, district + " "):
        there = [it for it in placed if it.postcode.startswith(area)]
        if there:
            latitude = sum(it.latitude or 0.0 for it in there) / len(there)
            longitude = sum(it.longitude or 0.0 for it in there) / len(there)
            return Point(latitude, longitude, area.strip(), area == postcode)
    raise PlaceUnknown(postcode=postcode, district=district)


def miles(point: Point, location: Location) -> float | None:
    """Miles as the crow flies, to one decimal; None where the location has no coordinates."""
    if location.latitude is None or location.longitude is None:
        return None
    north, other = radians(point.latitude), radians(location.latitude)
    across = radians(location.longitude - point.longitude)
    half = sin((other - north) / 2) ** 2 + cos(north) * cos(other) * sin(across / 2) ** 2
    return round(2 * _EARTH_MILES * asin(min(1.0, sqrt(half))), 1)
