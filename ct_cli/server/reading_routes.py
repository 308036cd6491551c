"""Routes for windows, receipts, locations and users, to be read by anybody with a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fastapi import Response

from ct_cli import __version__, clock
from ct_cli.actions.find_location import find_location
from ct_cli.actions.show_windows import WindowShown, show_windows
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import Role
from ct_cli.backends.contract import Entry
from ct_cli.backends.ledger import month_key
from ct_cli.register.location import Scope
from ct_cli.register.versions import version_of, version_of_users
from ct_cli.returns.identity import parse_location_id, parse_service
from ct_cli.server.answers import etag_of
from ct_cli.server.asked import Asked
from ct_cli.server.pages import PAGING, cursor_of, json_answer, limit_of, next_cursor
from ct_cli.server.refusals import NoSuchPage, QueryRefused
from ct_cli.server.route import Parameter, Route
from ct_cli.windows.choice import WindowChoice
from ct_cli.windows.month import Month

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About:
    """This server, and the key that asks."""

    version: str
    api: str
    now: datetime
    key_id: str
    key_name: str
    role: Role
    belongs_to: str
    expires_at: datetime | None


async def about(asked: Asked) -> Response:
    """Which server this is, its clock, and what the key may do."""
    key = asked.key
    found = About(
        __version__, paths.API, clock.now(), key.id, key.name, key.role, key.belongs_to, key.expires_at
    )  # fmt: skip
    return json_answer(found)


async def windows(asked: Asked) -> Response:
    """Reporting windows."""
    first, last = asked.query("first", month_of), asked.query("last", month_of)
    if (first is None) != (last is None):
        raise QueryRefused(name="first" if first is None else "last", reason="first and last go together")
    choice = WindowChoice(first=str(first), last=str(last)) if first and last else None
    return json_answer({"items": await asked.run(lambda workplace: show_windows(workplace, choice).windows)})


async def window(asked: Asked) -> Response:
    """One month's window."""
    month = Month.parse(asked.path("month"))

    def one(workplace: Workplace) -> WindowShown:
        found = show_windows(workplace, WindowChoice(month=str(month))).windows
        if not found:
            raise NoSuchPage
        return found[0]

    return json_answer(await asked.run(one))


async def receipt(asked: Asked) -> Response:
    """The entry of a receipt."""
    digits = asked.path("receipt").lower()
    if not (6 <= len(digits) <= 16 and set(digits) <= set("0123456789abcdef")):
        raise NoSuchPage

    def find(workplace: Workplace) -> Entry:
        found = workplace.backend.receipts(digits)
        if len(found) != 1:
            raise NoSuchPage
        return found[0]

    entry = await asked.run(find)
    return json_answer(entry, headers={"ETag": etag_of(entry)})


async def entries_of_month(asked: Asked) -> Response:
    """Every version of a month's return."""
    entries = await asked.run(lambda workplace: _of_month(workplace, asked))
    return json_answer({"items": entries})


async def entry_of_month(asked: Asked) -> Response:
    """The version of a month's return that stands."""
    entries = await asked.run(lambda workplace: _of_month(workplace, asked))
    return json_answer(entries[-1], headers={"ETag": etag_of(entries[-1])})


def _of_month(workplace: Workplace, asked: Asked) -> list[Entry]:
    location_id = parse_location_id(asked.path("location"))
    service, month = parse_service(asked.path("service")), Month.parse(asked.path("month"))
    survey = asked.query("survey", text_of) or ""
    find_location(workplace, location_id)
    wanted = (location_id, service, survey, month)
    every = [it for it in workplace.backend.history(location_id, service) if month_key(it) == wanted]
    found = [it for it in every if workplace.rehearsing or not it.rehearsal]
    if not found:
        raise NoSuchPage
    return found


async def locations(asked: Asked) -> Response:
    """Locations by id."""
    after, limit = cursor_of(asked, 1), limit_of(asked)
    scope = Scope(
        provider=asked.query("provider", text_of),
        local_authority=asked.query("local_authority", text_of),
        region=asked.query("region", text_of),
        service=asked.query("service", parse_service),
        include_closed=asked.yes("closed"),
    )

    # One more than a page and, for where the page before ended is read again, another.
    wanted = (scope, after[0] if after else "", limit + 2)
    found = await asked.run(lambda workplace: workplace.backend.locations_from(*wanted))
    items, last = _page([it for it in found if after is None or it.id != after[0]], limit)
    return json_answer({"items": items, "next": next_cursor((last.id,) if last else None)})


async def location(asked: Asked) -> Response:
    """One location."""
    found = await asked.run(lambda workplace: find_location(workplace, asked.path("location")))
    return json_answer(found, headers={"ETag": f'"{version_of(found)}"'})


async def users(asked: Asked) -> Response:
    """The users of locations."""
    after, limit = cursor_of(asked, 2), limit_of(asked)
    location_id = asked.query("location_id", parse_location_id)
    scope = Scope(frozenset({location_id}) if location_id else None, include_closed=True)

    wanted = (scope, (after[0], after[1]) if after else ("", ""), limit + 2)
    found = await asked.run(lambda workplace: workplace.backend.users_from(*wanted))
    items, last = _page([it for it in found if after is None or (it.location_id, it.email) != after], limit)
    headers = {}
    if location_id is not None and after is None and last is None:
        headers["ETag"] = f'"{version_of_users(location_id, items)}"'
    return json_answer(
        {"items": items, "next": next_cursor((last.location_id, last.email) if last else None)}, 200, headers
    )


def _page(found: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """A page of what was found, and its last where more follow."""
    return found[:limit], found[limit - 1] if len(found) > limit else None


def month_of(text: str) -> Month:
    """The month that is written as 2024-12. Raises what `Month.parse` raises."""
    return Month.parse(text)


def text_of(text: str) -> str:
    """A name in a query. Raises ValueError."""
    if not (text.isprintable() and len(text) <= 200):
        raise ValueError
    return text


_SURVEY = (Parameter("survey", "Name", "A voluntary survey's id; the monthly return where it is not given."),)
_RETURN = paths.RETURNS + "/{location}/{service}/{month}"

READING_ROUTES = (
    Route("GET", paths.ABOUT, about, "Which server this is, its clock, and what the key may do", {200: "About"}),
    Route(
        "GET", paths.WINDOWS, windows, "Reporting windows: the one that is open or opens next, or a range",
        {200: "Windows"},
        query=(Parameter("first", "Month", "The first month of a range."),
               Parameter("last", "Month", "Its last month.")), refuses=(422,),
    ),
    Route("GET", paths.WINDOWS + "/{month}", window, "One month's window", {200: "Window"}, refuses=(404, 422)),
    Route("GET", _RETURN, entry_of_month, "The version of a month's return that stands", {200: "Entry"},
          query=_SURVEY, refuses=(404, 422)),
    Route("GET", _RETURN + "/history", entries_of_month, "Every version of a month's return", {200: "Entries"},
          query=_SURVEY, refuses=(404, 422)),
    Route("GET", paths.RECEIPTS + "/{receipt}", receipt, "The entry of a receipt, by 6 to 16 of its digits",
          {200: "Entry"}, refuses=(404,)),
    Route(
        "GET", paths.LOCATIONS, locations, "Locations, by id", {200: "Locations"},
        query=(Parameter("provider", "Name", "A provider's name or id."),
               Parameter("local_authority", "Name", "A council's area."), Parameter("region", "Name", "A region."),
               Parameter("service", "Service", "A service that they are registered for."),
               Parameter("closed", "YesOrNo", "Whether those that are closed are told as well."), *PAGING),
    ),
    Route("GET", paths.LOCATIONS + "/{location}", location, "One location", {200: "Location"}, refuses=(404, 422)),
    Route(
        "GET", paths.USERS, users, "Who updates Capacity Tracker for which location", {200: "Users"},
        query=(Parameter("location_id", "LocationId", "One location."), *PAGING),
    ),
)  # fmt: skip
