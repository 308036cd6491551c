"""What every kind of store promises of the register: locations, users, and scopes."""

from collections.abc import Iterator
from datetime import date

import pytest

from ct_cli.backends.contract import Backend, TextRefused
from ct_cli.register.location import Location, Scope, User
from ct_cli.returns.identity import Service
from tests.backends.conftest import CARE_HOME, HOME_CARE, location

EVERYTHING = Scope(include_closed=True)


@pytest.fixture
def filled(backend: Backend) -> Backend:
    """Three open locations that differ in everything, and a closed one."""
    backend.save_locations(
        [
            location("LOC123", provider="Rose Care Ltd", local_authority="Kent", region="South East"),
            location("LOC456", services=(HOME_CARE,), provider_id="1-101", local_authority="KENT"),
            location("LOC789", services=(CARE_HOME, Service.HOSPICE), local_authority="Leeds"),
            location("LOC999", provider="Rose Care Ltd", ended_on=date(2024, 11, 30)),
        ]
    )
    return backend


def ids(backend: Backend, scope: Scope) -> list[str]:
    return [found.id for found in backend.locations(scope)]


def test_a_location_comes_back_as_it_was_saved(backend: Backend) -> None:
    whole = Location(
        "1-123456789", "Zoë's “House”", (Service.HOSPICE, CARE_HOME), "Rose Care Ltd", "1-101", "Kent", "South East",
        "AB1 2CD", 40, date(2019, 4, 1), date(2030, 1, 31), True, 1_571_000, "VABC1", 51.5, -0.25,
    )  # fmt: skip
    bare = Location("LOC000", "", ())
    backend.save_locations([whole, bare])
    assert backend.locations(Scope(frozenset({"1-123456789"}))) == [whole]
    assert backend.locations(Scope(frozenset({"LOC000"}))) == [bare]


def test_saving_a_location_again_puts_it_in_place_of_the_old(backend: Backend) -> None:
    backend.save_locations([location("LOC123", name="Lily House", beds=12)])
    assert backend.locations(Scope(frozenset({"LOC123"}))) == [location("LOC123", name="Lily House", beds=12)]


def test_locations_come_in_the_order_of_their_ids(backend: Backend) -> None:
    backend.save_locations([location(name) for name in ("LOC9", "1-2", "LOC10", "1-10")])
    assert ids(backend, EVERYTHING) == sorted(ids(backend, EVERYTHING))


def test_locations_and_users_can_be_read_from_one_on(filled: Backend) -> None:
    filled.save_users(
        [User("LOC123", "b@example.org"), User("LOC123", "a@example.org"), User("LOC456", "a@example.org")]
    )
    kent = Scope(local_authority="Kent", include_closed=True)

    assert [it.id for it in filled.locations_from(EVERYTHING, "LOC456", 2)] == ["LOC456", "LOC789"]
    assert [it.id for it in filled.locations_from(kent, "", 9)] == ["LOC123", "LOC456"]
    assert not filled.locations_from(EVERYTHING, "LOC999\x01", 9)
    assert filled.users_from(EVERYTHING, ("LOC123", "b@example.org"), 9) == filled.users(EVERYTHING)[1:]
    assert filled.users_from(kent, ("", ""), 1) == [User("LOC123", "a@example.org")]


def test_locations_are_saved_all_or_none(backend: Backend) -> None:
    def cut_short() -> Iterator[Location]:
        yield location("LOC777")
        raise RuntimeError("the file ended")

    with pytest.raises(RuntimeError):
        backend.save_locations(cut_short())
    assert "LOC777" not in ids(backend, EVERYTHING)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), ["LOC123", "LOC456", "LOC789"]),
        (EVERYTHING, ["LOC123", "LOC456", "LOC789", "LOC999"]),
        (Scope(frozenset()), []),
        (Scope(frozenset({"LOC789", "LOC999", "LOC000"})), ["LOC789"]),
        (Scope(provider="rose care ltd"), ["LOC123"]),
        (Scope(provider="ROSE CARE LTD", include_closed=True), ["LOC123", "LOC999"]),
        (Scope(provider="1-101"), ["LOC456"]),
        (Scope(provider="Rose"), []),
        (Scope(local_authority="kent"), ["LOC123", "LOC456"]),
        (Scope(region="south east"), ["LOC123"]),
        (Scope(service=HOME_CARE), ["LOC123", "LOC456"]),
        (Scope(service=Service.HOSPICE), ["LOC789"]),
        (Scope(local_authority="Kent", service=CARE_HOME), ["LOC123"]),
        (Scope(frozenset({"LOC456"}), local_authority="Leeds"), []),
        (Scope(provider="%"), []),
        (Scope(provider="' OR 1=1 --"), []),
    ],
)
def test_a_scope_is_where_every_part_that_is_given_holds(filled: Backend, scope: Scope, expected: list[str]) -> None:
    assert ids(filled, scope) == expected


def test_case_is_nothing_to_names_beyond_ascii_either(filled: Backend) -> None:
    filled.save_locations([location("LOC123", provider="Éire Gofal Cyf", local_authority="Ynys Môn")])
    assert ids(filled, Scope(provider="ÉIRE GOFAL CYF", local_authority="YNYS MÔN")) == ["LOC123"]


@pytest.mark.parametrize(("today", "expected"), [("2024-11-30", True), ("2024-12-01", False)])
def test_a_location_is_open_to_the_end_of_its_last_day(filled, monkeypatch, today, expected) -> None:
    monkeypatch.setenv("CT_NOW", f"{today}T23:30:00+00:00")
    assert ("LOC999" in ids(filled, Scope())) is expected


def test_a_scope_of_thousands_of_ids_is_looked_up(backend: Backend) -> None:
    many = [f"LOC{number:05}" for number in range(5_000)]
    backend.save_locations(map(location, many))
    assert ids(backend, Scope(frozenset(many[::2]))) == many[::2]


@pytest.fixture
def staffed(filled: Backend) -> Backend:
    """Users at two of the locations."""
    filled.save_users(
        [
            User("LOC456", "sam@example.org", "Sam, manager"),
            User("LOC123", "sam@example.org", "Sam"),
            User("LOC123", "alex@example.org"),
        ]
    )
    return filled


def test_users_come_by_location_and_email(staffed: Backend) -> None:
    assert staffed.users(Scope()) == [
        User("LOC123", "alex@example.org"),
        User("LOC123", "sam@example.org", "Sam"),
        User("LOC456", "sam@example.org", "Sam, manager"),
    ]
    assert [user.email for user in staffed.users(Scope(frozenset({"LOC456"})))] == ["sam@example.org"]
    assert staffed.users(Scope(local_authority="Leeds")) == []


def test_saving_a_user_again_changes_the_name(staffed: Backend) -> None:
    staffed.save_users([User("LOC123", "alex@example.org", "Deputy")])
    assert staffed.users(Scope(frozenset({"LOC123"})))[0] == User("LOC123", "alex@example.org", "Deputy")


def test_a_user_is_removed_from_one_location_or_from_all(staffed: Backend) -> None:
    assert staffed.remove_users("SAM@example.org", "LOC123") == 1
    assert [user.location_id for user in staffed.users(Scope())] == ["LOC123", "LOC456"]
    assert staffed.remove_users("sam@example.org") == 1
    assert staffed.remove_users("sam@example.org") == 0
    assert staffed.users(Scope()) == [User("LOC123", "alex@example.org")]


def test_a_nul_in_the_register_is_refused_in_a_sentence(backend: Backend) -> None:
    with pytest.raises(TextRefused, match="its character 5,"):
        backend.save_locations([location("LOC777"), location("LOC778", name="nul \0 here")])
    with pytest.raises(TextRefused, match="its character 1,"):
        backend.save_users([User("LOC123", "sam@example.org", "\0")])
    assert ids(backend, Scope(frozenset({"LOC777", "LOC778"}))) == []


def test_asking_for_what_no_store_can_keep_finds_nothing(backend: Backend) -> None:
    assert ids(backend, Scope(frozenset({"LOC\0", "LOC\udcff"}))) == []
    assert ids(backend, Scope(provider="Rose\0")) == []
    assert backend.receipts("ab\0") == []
    assert backend.history("LOC\0123") == []
    assert backend.remove_users("sam\0@example.org") == 0
