"""Routes by which another ct writes its locations and what it saw of Capacity Tracker."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fastapi import Response

from ct_cli.backends import api_paths as paths
from ct_cli.backends.wire import read
from ct_cli.register.location import Location
from ct_cli.register.sighting import Sighting
from ct_cli.server.asked import Asked, as_json, read_lines
from ct_cli.server.idempotency import written_once
from ct_cli.server.pages import json_answer
from ct_cli.server.register_routes import audit
from ct_cli.server.route import ADMINS, Parameter, Route

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ConditionalLocation:
    """A location, to be saved only where the one that stands has one of these versions."""

    location: Location
    if_match: tuple[str, ...]


async def locations(asked: Asked) -> Response:
    """Save locations, all or none."""
    most, expected = asked.service.options.limits.register_rows, None
    if asked.yes("conditional"):
        conditional, digest = await _lines(asked, ConditionalLocation, most)
        found = [it.location for it in conditional]
        expected = {it.location.id: it.if_match for it in conditional}
    else:
        found, digest = await _lines(asked, Location, most)
    changed = [audit(asked, "location-saved", it.id) for it in found]

    def save(workplace: Any) -> Response:
        workplace.backend.save_locations(found, expected=expected)
        return json_answer({"saved": len(found)})

    return await written_once(asked, digest, save, changed)


async def sightings(asked: Asked) -> Response:
    """Save what Capacity Tracker was seen to say, all or none."""
    found, digest = await _lines(asked, Sighting, asked.service.options.limits.register_rows)

    def save(workplace: Any) -> Response:
        workplace.backend.save_sightings(found)
        return json_answer({"saved": len(found)})

    seen = [replace(audit(asked, "sighting-saved", it.location_id), service=it.service.value) for it in found]
    return await written_once(asked, digest, save, seen)


async def _lines(asked: Asked, kind: type[T], most: int) -> tuple[list[T], bytes]:
    """The values of a body of NDJSON, and its digest. Raises NotThisType, BodyTooLarge, NotJson, NotTheForm."""
    asked.must_be(paths.NDJSON)
    body, digest = await asked.upload(most)
    each = await asked.service.bulk.run(
        lambda _: read_lines(body, most, lambda line: read(kind, as_json(line), strict=True)), asked.key.id
    )
    return each, digest.encode()


CONDITIONAL = Parameter(
    "conditional",
    "YesOrNo",
    "Each line is an object of a `location` and `if_match`, versions of which it must have one.",
)

LEDGER_ROUTES = (
    Route(
        "POST", paths.LEDGER_LOCATIONS, locations, "Save many locations, all or none", {200: "Saved"}, roles=ADMINS,
        query=(CONDITIONAL,), headers=(paths.IDEMPOTENCY_KEY,), takes="LocationLines", takes_types=(paths.NDJSON,),
        refuses=(408, 409, 412, 413, 415, 422),
    ),
    Route(
        "POST", paths.LEDGER_SIGHTINGS, sightings, "Save what Capacity Tracker was seen to say", {200: "Saved"},
        roles=ADMINS, headers=(paths.IDEMPOTENCY_KEY,), takes="SightingLines", takes_types=(paths.NDJSON,),
        refuses=(408, 409, 413, 415, 422),
    ),
)  # fmt: skip
