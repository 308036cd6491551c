"""The route for free beds and hours of care."""

from fastapi import Response

from ct_cli.actions.find_vacancies import VacanciesAsked, VacanciesFound, Vacancy, find_vacancies
from ct_cli.actions.status.scope import NobodyInScope
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.returns.identity import parse_service
from ct_cli.returns.rules.beds import BED_TYPES
from ct_cli.server.asked import Asked
from ct_cli.server.pages import PAGING, json_answer, limit_of, next_cursor, parse_cursor
from ct_cli.server.reading_routes import text_of
from ct_cli.server.route import Parameter, Route


async def vacancies(asked: Asked) -> Response:
    """Who has a bed or hours to offer."""
    what = VacanciesAsked(
        bed_type=asked.query("bed_type", _bed_type),
        local_authority=asked.query("local_authority", text_of),
        region=asked.query("region", text_of),
        provider=asked.query("provider", text_of),
        service=asked.query("service", parse_service),
        open_only=asked.yes("open"),
    )
    after, limit = asked.query("cursor", _position), limit_of(asked)

    def find(workplace: Workplace) -> VacanciesFound | None:
        try:
            return find_vacancies(workplace, what)
        except NobodyInScope:  # A filter that fits nobody finds nothing: the same for what is another's.
            return None

    found = await asked.run(find)
    items = [it for it in found.vacancies if after is None or _place(it) > after] if found else []
    last = items[limit - 1] if len(items) > limit else None
    return json_answer({"items": items[:limit], "next": next_cursor(_cursor_at(last) if last else None)})


_Place = tuple[bool, int, str, str]


def _place(it: Vacancy) -> _Place:
    """Where it is in the order of the answer: open ones first, then the freshest. Holds also while others change."""
    return (it.open is False, -_microseconds(it), it.location_id, it.service)


def _microseconds(it: Vacancy) -> int:
    return round(it.updated_at.timestamp() * 1e6)


def _cursor_at(it: Vacancy) -> tuple[str, ...]:
    closed = "closed" if it.open is False else "open"
    return (closed, str(_microseconds(it)), it.location_id, it.service.value)


def _position(text: str) -> _Place:
    state, updated, location_id, service = parse_cursor(text, 4)
    if not (updated.isascii() and updated.isdigit() and len(updated) < 20):
        raise ValueError
    return (state == "closed", -int(updated), location_id, service)


def _bed_type(text: str) -> str:
    if text not in BED_TYPES:
        raise ValueError
    return text


VACANCIES_ROUTES = (
    Route(
        "GET", paths.VACANCIES, vacancies, "Free beds and hours of care: those that are open first, then the freshest",
        {200: "Vacancies"},
        query=(Parameter("bed_type", "BedType", "One type of bed; care homes only, then."),
               Parameter("local_authority", "Name", "A council's area."), Parameter("region", "Name", "A region."),
               Parameter("provider", "Name", "A provider's name or id."),
               Parameter("service", "Service", "One service."),
               Parameter("open", "YesOrNo", "Leave out those that are closed to admissions."), *PAGING),
    ),
)  # fmt: skip
