"""Routes that change the register: locations, and who updates Capacity Tracker for them."""

import uuid
from dataclasses import dataclass

from fastapi import Response

from ct_cli import clock
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import AuditLine
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.refusals import UnknownLocation, refuse_dates_wrong_way_round
from ct_cli.returns.identity import parse_location_id
from ct_cli.server.asked import Asked
from ct_cli.server.idempotency import written_once
from ct_cli.server.pages import json_answer
from ct_cli.server.refusals import NotTheForm
from ct_cli.server.route import ADMINS, WRITERS, Route


@dataclass(frozen=True, slots=True)
class UsersGiven:
    """Users to be added, or to be given another name."""

    items: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class UserRemoval:
    """A user to be erased, from one location or from all."""

    email: str
    location_id: str | None = None


async def put_location(asked: Asked) -> Response:
    """Add a location, or put it in the place of the one with its id."""
    given, body = await asked.json(Location)
    if parse_location_id(asked.path("location")) != given.id:
        raise NotTheForm(where="id", reason="it differs from the address's")
    refuse_dates_wrong_way_round(given)

    def save(workplace: Workplace) -> Response:
        workplace.backend.save_locations([given])
        return json_answer(given)

    return await written_once(asked, body, save, [audit(asked, "location-saved", given.id)])


async def put_users(asked: Asked) -> Response:
    """Add users."""
    given, body = await asked.json(UsersGiven)
    places = frozenset(user.location_id for user in given.items)

    def save(workplace: Workplace) -> Response:
        scope = Scope(places, include_closed=True)
        known = {location.id for location in workplace.backend.locations(scope)}
        for missing in sorted(places - known):
            raise UnknownLocation.among(missing, ())
        workplace.backend.save_users(given.items)
        return json_answer({"saved": len(given.items)})

    return await written_once(asked, body, save, [audit(asked, "user-saved", place) for place in sorted(places)])


async def remove_users(asked: Asked) -> Response:
    """Erase a user."""
    given, body = await asked.json(UserRemoval)

    def remove(workplace: Workplace) -> Response:
        return json_answer({"removed": workplace.backend.remove_users(given.email, given.location_id)})

    return await written_once(asked, body, remove, [audit(asked, "user-removed", given.location_id or "")])


def audit(asked: Asked, action: str, location_id: str) -> AuditLine:
    """The audit trail's line of something done now."""
    return AuditLine(uuid.uuid4().hex, clock.now(), asked.key.id, action, location_id, request_id=asked.request_id)


REGISTER_ROUTES = (
    Route(
        "PUT", paths.LOCATIONS + "/{location}", put_location, "Add a location, or put another in its place",
        {200: "Location"}, roles=ADMINS, headers=(paths.IDEMPOTENCY_KEY,), takes="Location",
        refuses=(408, 409, 413, 415, 422),
    ),
    Route(
        "PUT", paths.USERS, put_users, "Add users, or change their names", {200: "Saved"}, roles=WRITERS,
        headers=(paths.IDEMPOTENCY_KEY,), takes="UsersGiven", refuses=(404, 408, 409, 413, 415, 422),
    ),
    Route(
        "POST", paths.USERS_REMOVAL, remove_users, "Erase a user from one location, or from all", {200: "Removed"},
        roles=WRITERS, headers=(paths.IDEMPOTENCY_KEY,), takes="UserRemoval", refuses=(404, 408, 409, 413, 415, 422),
    ),
)  # fmt: skip
