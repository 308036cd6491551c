"""Every route with every role, and with none: nobody sees what is another's, or can tell that it is there."""

import json
from typing import Any

import httpx
import pytest

from ct_cli.backends.access import Role
from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.wire import plain
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.server.examples import LOCATION
from ct_cli.server.routes import ROUTES
from ct_cli.windows.month import Month
from tests.server.conftest import NOW, OTHERS, OWN, UNKNOWN, Running, a_return

NDJSON = {"Content-Type": "application/x-ndjson"}
MONTH = "2024-12"
SCOPE = {"scope": {}}


def submission(location_id: str) -> bytes:
    from datetime import datetime

    values = a_return()["values"]
    checked = CheckedReturn(location_id, Service.CARE_HOME, Month(2024, 12), ReturnKind.FULL, "x", values)
    made = Submission(checked, datetime.fromisoformat(NOW), True, True, Source.RECORDED_HERE, "sam")
    return json.dumps(plain(made)).encode()


def requests(location_id: str) -> dict[tuple[str, str], dict[str, Any]]:
    """A good request for each route, about one location."""
    queries: dict[str, dict[str, Any]] = {
        "locations": SCOPE, "users": SCOPE, "sightings": SCOPE, "latest": SCOPE, "recent": SCOPE,
        "versions": {"location_ids": [location_id], "service": "care-home", "month": MONTH},
        "returns-before": {"location_ids": [location_id], "service": "care-home", "before": MONTH, "rehearsals": True},
        "history": {"location_id": location_id}, "receipts": {"beginning": "00"},
        "fulfilments": {**SCOPE, "first": MONTH, "last": MONTH},
        "months-fulfilled": {**SCOPE, "first": MONTH, "last": MONTH,
                             "counting": {"rehearsing": True, "must_be_seen": False}},
        "walk": {}, "chain-ends": {}, "verification": {},
    }  # fmt: skip
    of_month = f"/v1/returns/{location_id}/care-home/{MONTH}"
    line = {"content": json.dumps(a_return(location_id)).encode(), "headers": NDJSON}
    place = {**LOCATION, "id": location_id}
    return {
        ("GET", "/v1/about"): {"url": "/v1/about"},
        ("GET", "/v1/windows"): {"url": "/v1/windows"},
        ("GET", "/v1/windows/{month}"): {"url": f"/v1/windows/{MONTH}"},
        ("GET", "/v1/obligations"): {"url": "/v1/obligations"},
        ("POST", "/v1/returns"): {"url": "/v1/returns", "json": a_return(location_id)},
        ("POST", "/v1/returns/batch"): {"url": "/v1/returns/batch", **line},
        ("GET", "/v1/returns/{location}/{service}/{month}"): {"url": of_month},
        ("PUT", "/v1/returns/{location}/{service}/{month}"): {
            "url": of_month, "json": a_return(location_id), "headers": {"If-Match": "*"}
        },
        ("GET", "/v1/returns/{location}/{service}/{month}/history"): {"url": of_month + "/history"},
        ("GET", "/v1/receipts/{receipt}"): {"url": "/v1/receipts/0123456789abcdef"},
        ("GET", "/v1/locations"): {"url": "/v1/locations"},
        ("GET", "/v1/locations/{location}"): {"url": f"/v1/locations/{location_id}"},
        ("PUT", "/v1/locations/{location}"): {"url": f"/v1/locations/{location_id}", "json": place},
        ("GET", "/v1/vacancies"): {"url": "/v1/vacancies"},
        ("GET", "/v1/reports/compliance"): {"url": "/v1/reports/compliance?every_row=true"},
        ("GET", "/v1/users"): {"url": "/v1/users"},
        ("PUT", "/v1/users"): {
            "url": "/v1/users", "json": {"items": [{"location_id": location_id, "email": "new@example.org"}]}
        },
        ("POST", "/v1/users/removal"): {
            "url": "/v1/users/removal", "json": {"email": "sam@example.org", "location_id": location_id}
        },
        ("POST", "/v1/ledger/locations"): {
            "url": "/v1/ledger/locations", "content": json.dumps(place).encode(), "headers": NDJSON
        },
        ("POST", "/v1/ledger/sightings"): {"url": "/v1/ledger/sightings", "content": b"", "headers": NDJSON},
        ("POST", "/v1/ledger/record"): {
            "url": "/v1/ledger/record", "content": submission(location_id), "headers": NDJSON
        },
        **{("POST", f"/v1/query/{name}"): {"url": f"/v1/query/{name}", "json": body} for name, body in queries.items()},
    }  # fmt: skip


WRITES = {key for key in requests(OWN) if key[0] != "GET" and not key[1].startswith("/v1/query/")}
FOR_ADMIN = {
    ("PUT", "/v1/locations/{location}"), ("POST", "/v1/ledger/locations"), ("POST", "/v1/ledger/sightings"),
}  # fmt: skip


def may(role: Role, route: tuple[str, str]) -> bool:
    """What this table says, apart from the routes' own declarations."""
    if route in FOR_ADMIN:
        return role is Role.ADMIN
    return role is not Role.LOCAL_AUTHORITY or route not in WRITES


def ask(client: httpx.Client, route: tuple[str, str], location_id: str) -> httpx.Response:
    return client.request(route[0], **requests(location_id)[route])


def test_every_route_is_in_the_table() -> None:
    assert {(route.method, route.path) for route in ROUTES} == requests(OWN).keys()


def test_without_a_key_that_is_good_every_route_says_the_same(running: Running) -> None:
    for header in ("", "Bearer", "Bearer ct_00000000_" + "a" * 43, "Basic " + running.keys[Role.ADMIN], "Bearer x"):
        with httpx.Client(base_url=running.url, headers={"Authorization": header}, trust_env=False) as client:
            for route in requests(OWN):
                answer = ask(client, route, OWN)
                assert (answer.status_code, answer.json()["code"]) == (401, "key-needed"), route
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says_and_nothing_else(running: Running, role: Role) -> None:
    with running.client(role) as client:
        for route in requests(OWN):
            answer = ask(client, route, OWN)
            if may(role, route):
                assert answer.status_code in {200, 201, 404, 412}, (route, answer.text)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed"), route


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.LOCAL_AUTHORITY])
def test_a_stranger_cannot_tell_a_forbidden_location_from_a_missing_one(running: Running, role: Role) -> None:
    with running.client(Role.ADMIN) as admin:
        assert ask(admin, ("POST", "/v1/returns"), OTHERS).status_code == 201
    with running.client(role) as client:
        for route in requests(OWN):
            answers = []
            for location_id in (OTHERS, UNKNOWN):
                answer = ask(client, route, location_id)
                told = answer.text.replace(location_id, "ID")
                answers.append((answer.status_code, _without_ids(told)))
            assert answers[0] == answers[1], route
    with running.opened() as store:
        assert [entry.version for entry in store.history(OTHERS)] == [1]
        assert store.history(UNKNOWN) == []


@pytest.mark.parametrize(("role", "own"), [(Role.PROVIDER, {OWN, "LOC124"}), (Role.LOCAL_AUTHORITY, {OWN})])
def test_what_is_listed_is_ones_own(running: Running, role: Role, own: set[str]) -> None:
    with running.client(Role.ADMIN) as admin:
        for location_id in (OWN, "LOC124", OTHERS):
            assert ask(admin, ("POST", "/v1/returns"), location_id).status_code == 201
    with running.client(role) as client:
        for route in requests(OWN):
            if route[1].startswith("/v1/query/") or route[0] == "GET":
                text = ask(client, route, OWN).text
                assert OTHERS not in text and "Oak" not in text and "ash@" not in text, route
        listed = client.get("/v1/locations").json()["items"]
        assert {it["id"] for it in listed} == own
        told = client.post("/v1/query/locations", json={"scope": {"provider": "Oak Care"}}).text.splitlines()
        assert told == ['{"end":0}']


def test_anothers_receipt_is_not_found(running: Running) -> None:
    with running.client(Role.ADMIN) as admin, running.client() as provider:
        receipt = ask(admin, ("POST", "/v1/returns"), OTHERS).json()["receipt"]["id"]
        assert admin.get(f"/v1/receipts/{receipt}").status_code == 200
        assert provider.get(f"/v1/receipts/{receipt}").status_code == 404


def _without_ids(text: str) -> str:
    import re

    return re.sub(r"urn:ct:request:[0-9a-f]+|LOC\d+", "", text)
