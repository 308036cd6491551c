"""Long answers a page at a time: each thing told once, in one order, whatever the size of the page and whoever asks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from ct_cli.actions.list_obligations import ObligationListed
from ct_cli.backends.access import Role
from ct_cli.backends.wire import plain, read
from ct_cli.register.location import User
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from ct_cli.server.obligations_route import Spelling
from ct_cli.server.pages import json_answer, next_cursor
from tests.server.conftest import OTHERS, OWN, Running, a_return


@pytest.fixture
def told(running: Running) -> Iterator[Running]:
    """A server that was told of two returns and of two more users."""
    with running.client(Role.ADMIN) as admin:
        assert admin.post("/v1/returns", json=a_return()).status_code == 201
        assert admin.post("/v1/returns?outside_window=true", json=a_return(month="2024-11")).status_code == 201
    with running.opened() as store:
        store.save_users([User(OWN, "a@example.org"), User(OWN, "z@example.org")])
        seen_at = datetime(2024, 12, 8, 9, tzinfo=UTC)
        store.save_sightings(
            Sighting(place, service, SightingKind.EXPORT, seen_at, seen_at, accepting=place != OTHERS, content=offer)
            for place in ("LOC124", OTHERS)
            for service, offer in (
                (Service.CARE_HOME, '{"accepting_admissions":3}'),
                (Service.HOME_CARE, '{"extra_hours":12}'),
            )
        )
    yield running


def pages(client: httpx.Client, path: str, limit: int, **query: Any) -> list[Any]:
    """Everything that there is, a page at a time."""
    found: list[Any] = []
    asked = {**query, "limit": limit}
    while True:
        answer = client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        assert len(page["items"]) == limit, "no page but the last is short"
        asked["cursor"] = page["next"]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/obligations", {}),
        ("/v1/obligations", {"status": "missed"}),
        ("/v1/obligations", {"status": "not-required"}),
        ("/v1/obligations", {"provider_id": "1-101"}),
        ("/v1/obligations", {"provider_id": "Oak Care"}),
        ("/v1/locations", {}),
        ("/v1/locations", {"provider": "1-101"}),
        ("/v1/users", {}),
        ("/v1/vacancies", {}),
        ("/v1/vacancies", {"service": "care-home"}),
    ],
)
def test_pages_of_any_size_tell_the_same(told: Running, role: Role, path: str, query: dict[str, str]) -> None:
    with told.client(role) as client:
        whole = pages(client, path, 1000, **query)

        assert pages(client, path, 1, **query) == whole
        assert pages(client, path, 2, **query) == whole


def test_vacancies_come_open_ones_first_then_the_freshest(told: Running) -> None:
    with told.client(Role.ADMIN) as admin:
        found = pages(admin, "/v1/vacancies", 1)

    assert [(it["location_id"], it["service"]) for it in found] == [
        (OWN, "care-home"), ("LOC124", "care-home"), ("LOC124", "home-care"), (OTHERS, "care-home"),
        (OTHERS, "home-care"),
    ]  # fmt: skip


@pytest.mark.parametrize("cursor", [["open", "1", "LOC123"], ["open", "-1", "LOC123", "care-home"]])
def test_a_cursor_of_another_address_is_refused(told: Running, cursor: list[str]) -> None:
    with told.client(Role.ADMIN) as admin:
        assert admin.get("/v1/vacancies", params={"cursor": next_cursor(cursor)}).status_code == 400


def test_a_providers_pages_hold_all_of_its_own_and_nothing_else(told: Running) -> None:
    with told.client(Role.PROVIDER) as client:
        owed = pages(client, "/v1/obligations", 1)
        places = pages(client, "/v1/locations", 1)
        users = pages(client, "/v1/users", 1)

    assert [it["id"] for it in places] == ["LOC123", "LOC124"]
    assert {it["location_id"] for it in owed} == {"LOC123", "LOC124"}
    assert [it["email"] for it in users] == ["a@example.org", "sam@example.org", "z@example.org"]
    statuses = [(it["service"], it["month"], it["status"]) for it in owed if it["location_id"] == OWN]
    assert ("care-home", "2024-12", "fulfilled") in statuses
    assert ("care-home", "2024-11", "missed") in statuses
    assert statuses == sorted(statuses)


def test_an_obligation_is_spelt_as_every_other_value_on_the_wire(told: Running) -> None:
    with told.client(Role.ADMIN) as admin:
        found = [read(ObligationListed, it) for it in pages(admin, "/v1/obligations", 1000)]
    awkward = found[0]._replace(location_id='"é"', why='“why” "not"')
    spell = Spelling().text

    assert {it.received_at is None for it in found} == {True, False}
    no_day = next(it for it in found if it.kind)._replace(received_at=None)
    for it in [*found, awkward, no_day, *found[:2]]:
        assert json.loads(spell(*it)) == plain(it)
        assert spell(*it) == bytes(json_answer(it).body).decode()
