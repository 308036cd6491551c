"""`ct users`, as it is typed."""

import json
from collections.abc import Callable

import pytest

from tests.conftest import Ran

Ct = Callable[..., Ran]


@pytest.fixture
def homes(ct: Ct) -> Ct:
    """`ct`, with LOC1 and LOC2 in the register."""
    for loc in ("LOC1", "LOC2"):
        assert ct("locations", "add", loc, "--name", f"Home {loc}", "--service", "care-home").status == 0
    return ct


def emails(ct: Ct, *words: str) -> dict[str, list[str]]:
    data = json.loads(ct("users", "list", *words, "--json").out)["data"]
    return {item["location_id"]: [user["email"] for user in item["users"]] for item in data["locations"]}


def test_one_person_can_cover_several_locations(homes: Ct) -> None:
    ran = homes("users", "add", "loc1", "LOC2", "LOC1", "--email", "Jo@Example.org", "--name", "Deputy manager")
    assert "for LOC1, LOC2" in ran.out
    assert "https://capacitytracker.com/register" in ran.out
    assert emails(homes) == {"LOC1": ["jo@example.org"], "LOC2": ["jo@example.org"]}


def test_adding_twice_changes_nothing_and_a_new_name_is_taken(homes: Ct) -> None:
    homes("users", "add", "LOC1", "--email", "jo@example.org", "--name", "Deputy")
    assert "nothing changed" in homes("users", "add", "LOC1", "--email", "JO@example.org").out
    assert "Changed the name" in homes("users", "add", "LOC1", "--email", "jo@example.org", "--name", "Manager").out
    assert "Manager" in homes("users", "list", "LOC1").out


def test_the_list_points_out_nobody_and_the_only_one(homes: Ct) -> None:
    homes("users", "add", "LOC1", "--email", "jo@example.org")
    shown = homes("users", "list").out
    assert "nobody" in shown
    assert "the only one" in shown
    homes("users", "add", "LOC1", "--email", "al@example.org")
    assert emails(homes, "--few") == {"LOC2": []}


def test_nothing_is_kept_of_a_person_who_is_removed(homes: Ct, home: object) -> None:
    homes("users", "add", "LOC1", "LOC2", "--email", "jo@example.org", "--name", "Jo")
    assert "from LOC1" in homes("users", "remove", "jo@example.org", "LOC1").out
    assert emails(homes) == {"LOC1": [], "LOC2": ["jo@example.org"]}
    assert "from LOC2" in homes("users", "remove", " JO@example.org ").out
    assert emails(homes) == {"LOC1": [], "LOC2": []}


def test_somebody_unknown_is_refused_with_the_nearest(homes: Ct) -> None:
    homes("users", "add", "LOC1", "--email", "jo@example.org")
    for words in (("jo@exmple.org",), ("jo@exmple.org", "LOC1")):
        ran = homes("users", "remove", *words)
        assert ran.status == 3
        assert "did you mean jo@example.org?" in ran.err
    assert homes("users", "remove", "jo@example.org", "LOC2").status == 3


def test_one_unknown_location_keeps_the_person_out_of_all(homes: Ct) -> None:
    ran = homes("users", "add", "LOC1", "LOC3", "--email", "jo@example.org")
    assert ran.status == 3
    assert emails(homes) == {"LOC1": [], "LOC2": []}


@pytest.mark.parametrize("email", ["jo", "jo@example", "", "jo smith@example.org"])
def test_what_is_no_email_is_refused_in_words(homes: Ct, email: str) -> None:
    for words in (("add", "LOC1", "--email", email), ("remove", email)):
        ran = homes("users", *words)
        assert ran.status == 2
        assert "manager@example.org" in ran.err
