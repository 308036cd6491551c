"""Routes by which one return comes in: the same way in as `ct submit`."""

from hashlib import sha256

from fastapi import Response

from ct_cli.backends import api_paths as paths
from ct_cli.returns.identity import parse_location_id, parse_service
from ct_cli.server.asked import Asked
from ct_cli.server.given_return import GivenReturn
from ct_cli.server.letterbox import Letter
from ct_cli.server.refusals import HeaderRefused, NotTheForm, PreconditionNeeded
from ct_cli.server.route import WRITERS, Parameter, Route
from ct_cli.windows.month import Month


async def post(asked: Asked) -> Response:
    """Take a return in."""
    given, body = await asked.json(GivenReturn)
    return await _take_in(asked, given, body, None)


async def put(asked: Asked) -> Response:
    """Take in the correction of the version that If-Match names, or with If-None-Match the first one."""
    given, body = await asked.json(GivenReturn)
    if_match = _precondition(asked)
    named = (parse_location_id(asked.path("location")), parse_service(asked.path("service")))
    if (parse_location_id(given.location_id), given.service, given.month) != (*named, Month.parse(asked.path("month"))):
        raise NotTheForm(where="location_id, service and month", reason="they differ from those of the address")
    return await _take_in(asked, given, body, if_match)


async def _take_in(asked: Asked, given: GivenReturn, body: bytes, if_match: tuple[str, ...] | None) -> Response:
    said = given.as_return()
    letter = Letter(
        said,
        asked.key,
        asked.request_id,
        asked.received_at,
        asked.yes("dry_run"),
        asked.yes("outside_window"),
        None if asked.yes("dry_run") else asked.idempotent(sha256(body).hexdigest()),
        if_match,
    )
    answer = await asked.service.letterbox.put(letter)
    return Response(answer.body, answer.status, answer.headers, answer.content_type)


def _precondition(asked: Asked) -> tuple[str, ...]:
    if_match, if_none_match = asked.header("If-Match"), asked.header("If-None-Match")
    if if_match is not None and if_none_match is None:
        return tuple(tag.strip() for tag in if_match.split(","))
    if if_none_match is None:
        raise PreconditionNeeded
    if if_none_match.strip() != "*" or if_match is not None:
        raise HeaderRefused(name="If-None-Match", reason="only * is taken here, and not beside If-Match")
    return ()


ON_WHAT_TERMS = (
    Parameter("dry_run", "YesOrNo", "Only say what would become of it; nothing is recorded."),
    Parameter("outside_window", "YesOrNo", "Record it also where its window is shut; it then fulfils nothing."),
)

ATOMIC = Parameter("atomic", "YesOrNo", "Record all of them (10,000 at most), or none.")

RETURNS_ROUTES = (
    Route(
        "POST", paths.RETURNS, post, "Take a return in, by every rule, with the server's own time of receipt",
        {200: "Result", 201: "Result"}, roles=WRITERS, query=ON_WHAT_TERMS, headers=(paths.IDEMPOTENCY_KEY,),
        takes="Return", refuses=(408, 409, 412, 413, 415, 422),
    ),
    Route(
        "PUT", paths.RETURNS + "/{location}/{service}/{month}", put,
        "Correct the version that If-Match names or, with If-None-Match: *, make the first",
        {200: "Result", 201: "Result"}, roles=WRITERS, query=ON_WHAT_TERMS,
        headers=(paths.IDEMPOTENCY_KEY, "If-Match", "If-None-Match"), takes="Return",
        refuses=(404, 408, 409, 412, 413, 415, 422, 428),
    ),
)  # fmt: skip
