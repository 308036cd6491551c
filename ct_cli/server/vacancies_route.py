"""The route for free beds and hours of care."""

from fastapi import Response

from ct_cli.actions.find_vacancies import VacanciesAsked, VacanciesFound, find_vacancies
from ct_cli.actions.status.scope import NobodyInScope
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.returns.identity import parse_service
from ct_cli.returns.rules.beds import BED_TYPES
from ct_cli.server.asked import Asked
from ct_cli.server.pages import PAGING, json_answer, limit_of
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
    limit = limit_of(asked)

    def find(workplace: Workplace) -> VacanciesFound | None:
        try:
            return find_vacancies(workplace, what)
        except NobodyInScope:  # A filter that fits nobody finds nothing: the same for what is another's.
            return None

    found = await asked.run(find)
    return json_answer({"items": found.vacancies[:limit] if found else ()})


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
               Parameter("open", "YesOrNo", "Leave out those that are closed to admissions."), PAGING[0]),
    ),
)  # fmt: skip
