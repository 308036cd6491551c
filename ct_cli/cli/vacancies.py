"""`ct vacancies`."""

from typing import Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "vacancies")
def vacancies(
    desk: Desk,
    bed_type: Annotated[str | None, Option(metavar="TYPE", help="Such as dementia-nursing.")] = None,
    local_authority: Annotated[str | None, Option(help="Only in this council's area.")] = None,
    region: Annotated[str | None, Option(help="Only in this region.")] = None,
    provider: Annotated[str | None, Option(help="Only this provider's, by name or id.")] = None,
    service: Annotated[str | None, Option(help="care-home or home-care.")] = None,
    least: Annotated[int, Option("--min", min=0, metavar="N", help="So many beds, or hours of care, at least.")] = 1,
    updated_within: Annotated[str | None, Option(metavar="PERIOD", help="Such as 48h, 7d or 2w.")] = None,
    near: Annotated[str | None, Option(metavar="POSTCODE", help="With miles from here, the nearest first.")] = None,
    open_only: Annotated[bool, Option("--open", help="Leave out those closed to admissions.")] = False,
) -> None:
    """Who has a bed or hours of care to offer, and how fresh that word is."""
    from ct_cli.actions.find_vacancies import VacanciesAsked, find_vacancies, parse_bed_type, parse_period
    from ct_cli.output.views.find_vacancies import view
    from ct_cli.returns.identity import parse_service

    asked = VacanciesAsked(
        parse_bed_type(bed_type) if bed_type else None,
        local_authority,
        region,
        provider,
        parse_service(service) if service else None,
        least,
        parse_period(updated_within) if updated_within else None,
        near,
        open_only,
    )
    desk.show(find_vacancies(desk.workplace, asked), view)
