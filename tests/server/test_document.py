"""The OpenAPI document: complete, kept equal to what is served, and true: requests made from it get answers that are
in it, whatever the role."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ct_cli.backends.access import Role
from ct_cli.backends.api_paths import NDJSON
from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.identity import Service
from ct_cli.server import examples
from ct_cli.server.document import KEPT, document_text, made_document
from ct_cli.server.routes import ROUTES
from tests.server.conftest import Running

DOCUMENT = made_document()


def test_the_kept_document_is_the_made_one() -> None:
    assert KEPT.read_text(encoding="utf-8") == document_text(), "run: python -m ct_cli.server.document"


def test_the_served_document_is_the_kept_one(running: Running) -> None:
    answer = httpx.get(running.url + "/openapi.json", trust_env=False)
    assert answer.content == KEPT.read_bytes()
    assert answer.json()["openapi"] == "3.1.0"


def test_every_route_is_in_it_with_its_roles() -> None:
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        assert all(role.value in operation["description"] for role in route.roles)
        assert operation["summary"] and operation["responses"]


def test_the_fields_of_every_collection_are_in_it() -> None:
    for service in Service:
        for version in Catalogue.load().versions(service):
            described = DOCUMENT["components"]["schemas"][f"Values-{version.id}"]["properties"]
            assert list(described) == [item.key for item in version.items]
            assert all(it["title"] and "Source:" in it["description"] for it in described.values())


def test_every_name_that_is_referred_to_is_described() -> None:
    text = json.dumps(DOCUMENT)
    referred = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert referred <= DOCUMENT["components"]["schemas"].keys()


def test_the_examples_are_what_the_server_takes(running: Running) -> None:
    with running.client(Role.ADMIN) as admin:
        assert admin.post("/v1/returns", json=examples.RETURN).status_code == 201
        assert admin.put("/v1/locations/LOC123", json=examples.LOCATION).status_code == 200


@schemathesis.serializer(NDJSON)
def lines(_: Any, value: Any) -> bytes:
    """A body of lines: what was made up as text, as it is."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.deserializer(NDJSON)
def text(_: Any, response: Any) -> str:
    """An answer of lines, as the text that the document says it is; each line is JSON, and the last one is whole."""
    assert all(isinstance(json.loads(line), dict) for line in response.content.splitlines())
    assert response.content.endswith(b"}\n")
    return str(response.content.decode())


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


HOW_MANY = {None: 2, Role.PROVIDER: 5, Role.LOCAL_AUTHORITY: 3, Role.ADMIN: 5}
"""Requests for each operation; making them up takes most of the time."""


@pytest.mark.parametrize("role", HOW_MANY, ids=str)
def test_no_request_made_from_the_document_is_answered_outside_it(running: Running, role: Role | None) -> None:
    """Good and bad requests for every operation, by chance, but the same at each run."""
    api = schemathesis.openapi.from_dict(json.loads(KEPT.read_bytes()))
    headers = {"Authorization": f"Bearer {running.keys[role]}"} if role else {}
    for found in api.get_all_operations():
        _try(found.ok(), running.url, headers, HOW_MANY[role])


def _try(operation: Any, url: str, headers: dict[str, str], how_many: int) -> None:
    either = operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    quick = settings(
        max_examples=how_many, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    def one(case: Any) -> None:
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, timeout=30)

    run: Callable[[], None] = quick(given(case=either)(one))
    run()
