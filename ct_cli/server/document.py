"""The OpenAPI document: made from the routes and the classes, kept in the package, and held equal by a test.

`python -m ct_cli.server.document` writes the kept one anew.
"""

import json
import re
from pathlib import Path
from typing import Any

from ct_cli.actions.find_vacancies import Vacancy
from ct_cli.actions.list_obligations import ObligationListed
from ct_cli.actions.receive_batch import RowTold
from ct_cli.actions.show_windows import WindowShown
from ct_cli.actions.taking.submitted import ReturnResult
from ct_cli.backends.api_paths import NDJSON, PROBLEM_JSON, REQUEST_ID
from ct_cli.backends.contract import Entry, Outcome, Submission
from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.register.location import Location, User
from ct_cli.register.sighting import Sighting
from ct_cli.reports.compliance import Compliance
from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.rules.beds import BED_TYPES
from ct_cli.server import examples
from ct_cli.server.given_return import GivenReturn
from ct_cli.server.pages import MOST, MOST_OBLIGATIONS
from ct_cli.server.query_routes import QUERIES
from ct_cli.server.reading_routes import About
from ct_cli.server.register_routes import UserRemoval, UsersGiven
from ct_cli.server.route import ALL, Route
from ct_cli.server.routes import ROUTES
from ct_cli.server.schemas import MONTH, Schema, Schemas, ref, values_schema

KEPT = Path(__file__).with_name("openapi.json")

_TEXT_OF_LINES = {"type": "string", "description": 'NDJSON: a value a line, closed by the line {"end": N}.'}
_PATH_PARTS: dict[str, Schema] = {
    "month": MONTH,
    "location": ref("LocationId"),
    "service": ref("Service"),
    "receipt": {"type": "string", "pattern": "^[0-9a-f]{6,16}$"},
}
_ALWAYS = (400, 401, 403, 429, 500, 503)
_HEADERS: dict[str, tuple[str, Schema]] = {
    "Idempotency-Key": (
        "Chosen by the client, new for each request. The same request sent again with it is done once, and for a day "
        "answered the same, whatever the rules decided: accepted or refused. Another request with it is refused. What "
        "was turned away before the rules saw it (a key, a limit, a body that is not of its form) or met an error of "
        "the server (5xx) is not kept: send it again with the same.",
        {"type": "string", "pattern": "^[!-~]{1,128}$"},
    ),
    "Prefer": (
        "return=minimal: of a full monthly return that was accepted as it was sent, as the first of its month, no more "
        "than its receipt is told.",
        {"type": "string"},
    ),
    "If-Match": (
        "The ETag of the version that is to be corrected or changed; of users, those of all their locations.",
        {"type": "string", "pattern": '^("[!#-~]+"|\\*)$'},
    ),
    "If-None-Match": ("* where no version may be there.", {"type": "string", "enum": ["*"]}),
}


def kept_document() -> bytes:
    """The document as it is kept in the package."""
    return KEPT.read_bytes()


def made_document() -> dict[str, Any]:
    """The document as the routes and classes have it."""
    schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    for path, words in (("/healthz", "Whether the server lives"), ("/readyz", "Whether its store can be reached")):
        paths[path] = {"get": _open_operation(words)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ct",
            "version": "1",
            "description": "Capacity Tracker's monthly return for adult social care in England, shared by many. Not "
            "affiliated with Capacity Tracker, NECS or DHSC, and no filing with DHSC: what is received here is kept, "
            "checked and proved.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of ct keys create."}},
        },
    }


def _schemas() -> dict[str, Schema]:
    found = Schemas()
    for kind in _KINDS:
        found.named(kind)
    for asked, _, _ in QUERIES.values():
        found.named(asked)
    for name, renamed in _RENAMED.items():
        found.named(renamed)
        found.made[name] = found.made.pop(renamed.__name__)
    made = found.made
    made["Return"]["properties"]["values"] = {"anyOf": [*map(ref, _collections(made)), ref("AnyValues")]}
    made["Return"]["examples"] = [examples.RETURN]
    made["Location"]["examples"] = [examples.LOCATION]
    made["Problem"]["examples"] = [examples.PROBLEM]
    _complete_report(made)
    made |= _plain_schemas()
    made |= {name: _page(item) for name, item in _PAGES.items()}
    return dict(sorted(made.items()))


def _complete_report(made: dict[str, Schema]) -> None:
    """What a report's plain values have beside its fields."""
    for name, added in (
        ("Response", {"rate": {"type": ["number", "null"], "description": "Made in a hundred owed."}}),
        (
            "Compliance",
            {
                "schema": {"type": "string", "enum": ["ct-report/1"]},
                "letters": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        ),
    ):
        made[name]["properties"] |= added
        made[name]["required"] += list(added)


_KINDS: tuple[type, ...] = (
    Entry, Location, User, Problem, About, Submission, Outcome, Sighting, UsersGiven, UserRemoval, ObligationStatus,
    Service, Vacancy, Compliance,
)  # fmt: skip
_RENAMED: dict[str, type] = {
    "Return": GivenReturn,
    "Result": ReturnResult,
    "Window": WindowShown,
    "Obligation": ObligationListed,
    "BatchRow": RowTold,
}
_PAGES = {"Obligations": "Obligation", "Locations": "Location", "Users": "User", "Vacancies": "Vacancy"}


def _collections(made: dict[str, Schema]) -> list[str]:
    """Put the fields of each collection into the schemas; their names."""
    catalogue = Catalogue.load()
    names = []
    for service in Service:
        for version in catalogue.versions(service):
            names.append(f"Values-{version.id}")
            made[names[-1]] = values_schema(version)
    return names


def _page(item: str) -> Schema:
    return _object({"items": {"type": "array", "items": ref(item)}, "next": {"type": ["string", "null"]}})


def _object(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _plain_schemas() -> dict[str, Schema]:
    return {
        "LocationId": {"type": "string", "pattern": "^[A-Z0-9-]{3,14}$", "examples": ["LOC123"]},
        "Month": MONTH,
        "Name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
        "BedType": {"type": "string", "enum": list(BED_TYPES)},
        "YesOrNo": {"type": "boolean"},
        "Limit": {"type": "integer", "minimum": 1, "maximum": MOST},
        "LongLimit": {"type": "integer", "minimum": 1, "maximum": MOST_OBLIGATIONS},
        "Cursor": {"type": "string"},
        "AnyValues": {
            "type": "object",
            "additionalProperties": {"type": ["integer", "number", "boolean", "string", "null"]},
            "description": "Values by item key; the rules say which are asked.",
        },
        "Windows": _object({"items": {"type": "array", "items": ref("Window")}}),
        "Entries": _object({"items": {"type": "array", "items": ref("Entry")}}),
        "Saved": _object({"saved": {"type": "integer"}}),
        "Removed": _object({"removed": {"type": "integer"}}),
        "Health": _object({"status": {"type": "string"}}),
        "Batch": {
            "description": "An array of returns or, as NDJSON, one a line; items beside the rest or under `values`.",
            "anyOf": [{"type": "array", "items": ref("Return")}, {"type": "string"}],
        },
        "BatchLines": _TEXT_OF_LINES | {"description": 'NDJSON: a BatchRow a line, then {"summary": …}.'},
        "Lines": _TEXT_OF_LINES,
        "OutcomeLines": _TEXT_OF_LINES
        | {
            "description": 'NDJSON: an Outcome a line, then {"end": N}. With `Prefer: return=minimal` a line may be no '
            'more than {"kind": "accepted", "receipt_id": "…"}.'
        },
        "LocationLines": {
            "type": "string",
            "description": "NDJSON: a Location a line; with `conditional`, an object of it and its versions.",
        },
        "SightingLines": {"type": "string", "description": "NDJSON: a Sighting a line."},
        "SubmissionLines": {"type": "string", "description": "NDJSON: a Submission a line."},
        "ProblemDetails": {
            "type": "object",
            "description": "RFC 9457. `errors` are the problems of the return, with ct's own codes and places.",
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "instance": {"type": "string"},
                "code": {"type": "string"},
                "errors": {"type": "array", "items": ref("Problem")},
                "result": ref("Result"),
                "changed": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["type", "title", "status", "detail", "instance", "code", "errors"],
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(status): _answer(route.answers_type, schema) for status, schema in route.answers.items()
    }
    for status in sorted({*_ALWAYS, *route.refuses, *([507] if route.roles < ALL else [])}):
        answers[str(status)] = _answer(PROBLEM_JSON, "ProblemDetails", _REFUSALS[status])
    made: dict[str, Any] = {
        "summary": route.words,
        "operationId": re.sub(r"\W+", "-", f"{route.method.lower()}{route.path}").strip("-"),
        "description": f"For keys with the role {', '.join(sorted(route.roles))}.",
        "parameters": _parameters(route),
        "responses": answers,
    }
    if route.takes is not None:
        content = {kind: {"schema": _body(route.takes, kind)} for kind in route.takes_types}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _body(schema: str, content_type: str) -> Schema:
    return {"type": "string"} if content_type == NDJSON else ref(schema)


def _parameters(route: Route) -> list[dict[str, Any]]:
    parts = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_PARTS[name]}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    query = [{"name": it.name, "in": "query", "description": it.words, "schema": ref(it.kind)} for it in route.query]
    headers = [
        {"name": name, "in": "header", "description": _HEADERS[name][0], "schema": _HEADERS[name][1]}
        for name in route.headers
    ]
    return [*parts, *query, *headers]


def _answer(content_type: str, schema: str | None, words: str = "Done") -> dict[str, Any]:
    headers = {REQUEST_ID: {"schema": {"type": "string"}, "description": "The request's id, as in the server's log."}}
    made: dict[str, Any] = {"description": words, "headers": headers}
    if schema is not None:
        made["content"] = {content_type: {"schema": ref(schema)}}
    return made


_REFUSALS = {
    400: "The request is not well formed",
    401: "A key is needed",
    403: "This key's role may not do this, or this network may not be used",
    404: "Not there, or not for this key",
    408: "The body arrived too slowly",
    409: "The window is not open; or, with Retry-After, the same request is still under way",
    412: "Another version stands",
    413: "The body is too large",
    415: "The body's type is not taken",
    422: "Refused by the rules; `errors` has every problem",
    428: "If-Match or If-None-Match is needed",
    429: "Too many requests; Retry-After says when to come again",
    500: "Something went wrong in the server",
    503: "The register cannot be reached now; Retry-After says when to come again",
    507: "The server's disk is full; Retry-After says when to come again",
}


def _open_operation(words: str) -> dict[str, Any]:
    answers = {
        "200": _answer("application/json", "Health"),
        **{str(it): _answer(PROBLEM_JSON, "ProblemDetails", _REFUSALS[it]) for it in (403, 500, 503, 507)},
    }
    return {"summary": words, "operationId": words.lower().replace(" ", "-"), "security": [], "responses": answers}


def document_text() -> str:
    """The made document, as it is kept."""
    return json.dumps(made_document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    KEPT.write_text(document_text(), encoding="utf-8", newline="\n")
