"""How far a location is from a postcode."""

import pytest

from ct_cli.register.details import NotAPostcode
from ct_cli.register.location import Location
from ct_cli.register.near import PlaceUnknown, Point, find_postcode, miles


def place(postcode: str, latitude: float | None, longitude: float | None = 0.0) -> Location:
    return Location("LOC123", "Rose House", (), postcode=postcode, latitude=latitude, longitude=longitude)


REGISTER = [place("AB1 2CD", 51.0), place("AB1 2EF", 52.0), place("AB1 9ZZ", 60.0), place("AB12 1AA", 10.0)]


@pytest.mark.parametrize(
    ("given", "latitude", "known_by", "exact"),
    [("ab12cd", 51.0, "AB1 2CD", True), ("AB1 2ZZ", 51.5, "AB1 2", False), ("AB1 7AA", 163 / 3, "AB1", False)],
)
def test_a_postcode_is_where_the_locations_nearest_to_its_name_are(given, latitude, known_by, exact):
    found = find_postcode(given, REGISTER)
    assert (found.latitude, found.known_by, found.exact) == (pytest.approx(latitude), known_by, exact)


def test_a_district_of_which_nothing_is_known_is_not_guessed():
    with pytest.raises(PlaceUnknown, match="AB2"):
        find_postcode("AB2 1AA", [*REGISTER, place("AB2 1AA", None)])
    with pytest.raises(NotAPostcode):
        find_postcode("Leeds", REGISTER)


def test_a_degree_of_latitude_is_69_miles():
    london = Point(51.5, -0.1, "", True)
    assert miles(london, place("", 52.5, -0.1)) == pytest.approx(69.1, abs=0.1)
    assert miles(london, place("", 51.5, -0.1)) == 0
    assert miles(london, place("", None)) is None
