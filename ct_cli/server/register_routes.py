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
from ct_cli.register.versions import RegisterChanged, version_of, version_of_none
from ct_cli.returns.identity import parse_location_id
from ct_cli.server.asked import Asked
from ct_cli.server.idempotency import written_once
from ct_cli.server.pages import json_answer
from ct_cli.server.refusals import HeaderRefused, NotTheForm
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
    versions = versions_wanted(asked)
    any_version = versions is None and asked.header(paths.IF_MATCH) is not None
    if asked.header("If-None-Match") is not None:
        versions = [version_of_none(given.id)]
    if parse_location_id(asked.path("location")) != given.id:
        raise NotTheForm(where="id", reason="it differs from the address's")
    refuse_dates_wrong_way_round(given)

    def save(workplace: Workplace) -> Response:
        if any_version and not workplace.backend.locations(Scope(frozenset({given.id}), include_closed=True)):
            raise RegisterChanged.of([given.id])
        workplace.backend.save_locations([given], expected=None if versions is None else {given.id: versions})
        return json_answer(given, headers={"ETag": f'"{version_of(given)}"'})

    return await written_once(asked, body, save, [audit(asked, "location-saved", given.id)])


async def put_users(asked: Asked) -> Response:
    """Add users."""
    given, body = await asked.json(UsersGiven)
    places = frozenset(user.location_id for user in given.items)
    versions = versions_wanted(asked)

    def save(workplace: Workplace) -> Response:
        scope = Scope(places, include_closed=True)
        known = {location.id for location in workplace.backend.locations(scope)}
        for missing in sorted(places - known):
            raise UnknownLocation.among(missing, ())
        expected = None if versions is None else dict.fromkeys(places, versions)
        workplace.backend.save_users(given.items, expected=expected)
        return json_answer({"saved": len(given.items)})

    return await written_once(asked, body, save, [audit(asked, "user-saved", place) for place in sorted(places)])


async def remove_users(asked: Asked) -> Response:
    """Erase a user."""
    given, body = await asked.json(UserRemoval)

    def remove(workplace: Workplace) -> Response:
        return json_answer({"removed": workplace.backend.remove_users(given.email, given.location_id)})

    return await written_once(asked, body, remove, [audit(asked, "user-removed", given.location_id or "")])


def versions_wanted(asked: Asked) -> list[str] | None:
    """The versions that `If-Match` names, of which what stands must have one; None where it does not matter, or may be
    any (*). Raises HeaderRefused."""
    if_match, if_none_match = asked.header(paths.IF_MATCH), asked.header("If-None-Match")
    if if_none_match is not None and (if_none_match.strip() != "*" or if_match is not None):
        raise HeaderRefused(name="If-None-Match", reason="only * is taken here, and not beside If-Match")
    if if_match is None or if_match.strip() == "*":
        return None
    found = [tag.strip() for tag in if_match.split(",")]
    if not all(len(tag) > 2 and tag[0] == tag[-1] == '"' for tag in found):
        raise HeaderRefused(name=paths.IF_MATCH, reason="only ETags in quotation marks are taken here")
    return [tag[1:-1] for tag in found]


def audit(asked: Asked, action: str, location_id: str) -> AuditLine:
    """The audit trail's line of something done now."""
    return AuditLine(uuid.uuid4().hex, clock.now(), asked.key.id, action, location_id, request_id=asked.request_id)


REGISTER_ROUTES = (
    Route(
        "PUT", paths.LOCATIONS + "/{location}", put_location, "Add a location, or put another in its place",
        {200: "Location"}, roles=ADMINS, headers=(paths.IDEMPOTENCY_KEY, paths.IF_MATCH, "If-None-Match"),
        takes="Location", refuses=(408, 409, 412, 413, 415, 422),
    ),
    Route(
        "PUT", paths.USERS, put_users, "Add users, or change their names", {200: "Saved"}, roles=WRITERS,
        headers=(paths.IDEMPOTENCY_KEY, paths.IF_MATCH), takes="UsersGiven",
        refuses=(404, 408, 409, 412, 413, 415, 422),
    ),
    Route(
        "POST", paths.USERS_REMOVAL, remove_users, "Erase a user from one location, or from all", {200: "Removed"},
        roles=WRITERS, headers=(paths.IDEMPOTENCY_KEY,), takes="UserRemoval", refuses=(404, 408, 409, 413, 415, 422),
    ),
)  # fmt: skip
