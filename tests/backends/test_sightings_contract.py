"""What every kind of store promises of sightings: the last word of Capacity Tracker on a service at a location."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ct_cli.backends.contract import Backend
from ct_cli.register.location import Scope
from ct_cli.register.sighting import Sighting, SightingKind
from tests.backends.conftest import CARE_HOME, DECEMBER, HOME_CARE, JANUARY, Store, location

SEEN = datetime(2024, 12, 20, 9, 0, 0, 250_000, UTC)
BARE = Sighting("LOC123", CARE_HOME, SightingKind.REPORT, SEEN)
WHOLE = Sighting(
    "LOC123", HOME_CARE, SightingKind.EXPORT, SEEN, datetime(2024, 12, 9, 23, 30, tzinfo=UTC), "Closed – “norovirus”",
    False, True, 0, (DECEMBER, JANUARY), (JANUARY,), '{"extra_hours":12,"can_provide_more_hours":"yes"}',
)  # fmt: skip


def sighting(location_id: str, **given: Any) -> Sighting:
    return BARE._replace(location_id=location_id, **given)


def test_a_sighting_comes_back_as_it_was_saved(backend: Backend) -> None:
    backend.save_sightings([WHOLE, BARE])
    assert backend.sightings(Scope()) == [BARE, WHOLE]
    assert WHOLE.values == {"extra_hours": 12, "can_provide_more_hours": "yes"}


def test_a_new_sighting_takes_the_place_of_the_old_one_of_its_service_alone(backend: Backend) -> None:
    backend.save_sightings([WHOLE, BARE])
    backend.save_sightings([BARE._replace(user_count=3, accepting=True)])
    assert backend.sightings(Scope()) == [BARE._replace(user_count=3, accepting=True), WHOLE]


def test_sightings_outlive_the_program(store: Store) -> None:
    with store.open() as backend:
        backend.save_locations([location("LOC123")])
        backend.save_sightings([WHOLE])
    with store.open() as backend:
        assert backend.sightings(Scope()) == [WHOLE]


def test_sightings_are_saved_all_or_none(backend: Backend) -> None:
    def cut_short() -> Iterator[Sighting]:
        yield WHOLE
        raise RuntimeError("the file ended")

    with pytest.raises(RuntimeError):
        backend.save_sightings(cut_short())
    assert backend.sightings(Scope()) == []


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), ["LOC123", "LOC456"]),
        (Scope(include_closed=True), ["LOC123", "LOC456", "LOC999"]),
        (Scope(local_authority="kent"), ["LOC456"]),
        (Scope(frozenset({"LOC123"})), ["LOC123"]),
        (Scope(service=CARE_HOME), ["LOC123", "LOC456"]),
        (Scope(service=HOME_CARE), []),
    ],
)
def test_only_sightings_in_scope_are_given(backend: Backend, scope: Scope, expected: list[str]) -> None:
    backend.save_locations([location("LOC456", local_authority="Kent"), location("LOC999", ended_on=date(2020, 1, 1))])
    backend.save_sightings([sighting(name) for name in ("LOC123", "LOC456", "LOC999")])
    assert [it.location_id for it in backend.sightings(scope)] == expected


def test_sightings_leave_the_ledger_as_it_is(backend: Backend) -> None:
    backend.save_sightings([WHOLE])
    assert backend.latest(Scope()) == {}
    assert list(backend.fulfilments(Scope(), DECEMBER, JANUARY)) == []
