"""`ct status`."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

if TYPE_CHECKING:
    from ct_cli.actions.show_status import StatusAsked

app = new_app()


@command(app, "status")
def status(
    desk: Desk,
    location: Annotated[list[str] | None, Argument(metavar="LOC", help="Only these locations.")] = None,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="Another month than the present one.")] = None,
    provider: Annotated[str | None, Option(help="Only this provider's, by name or id.")] = None,
    local_authority: Annotated[str | None, Option(help="Only this council's.")] = None,
    outstanding: Annotated[bool, Option("--outstanding", help="Only what is owed and not made.")] = False,
    at_risk: Annotated[bool, Option("--at-risk", help="Only where a penalty is near.")] = False,
    matrix: Annotated[int | None, Option(min=1, max=60, metavar="N", help="A grid of the last N months.")] = None,
    summary: Annotated[bool, Option("--summary", help="Counts and response rates only.")] = False,
    collection: Annotated[str | None, Option(metavar="ID", help="Who has answered a voluntary survey.")] = None,
    region: Annotated[str | None, Option(help="Only in this region.")] = None,
    service: Annotated[str | None, Option(help="Only this service: care-home, home-care.")] = None,
    newly_at_risk: Annotated[bool, Option("--newly-at-risk", help="Only where the last window raised it.")] = False,
    few_users: Annotated[bool, Option("--few-users", help="Only with fewer than two users.")] = False,
    never: Annotated[bool, Option("--never", help="Only where no return is known at all.")] = False,
    unchanged: Annotated[bool, Option("--unchanged-long", help="Only where staff stayed the same too long.")] = False,
    check: Annotated[bool, Option("--check", help="End with status 4 if anything is outstanding.")] = False,
) -> None:
    """What is owed, done and missed; the risk of a penalty; what missing this one would do."""
    from ct_cli.actions.show_status import StatusAsked, show_status
    from ct_cli.returns.identity import parse_location_id, parse_service
    from ct_cli.windows.month import Month

    ids = tuple(map(parse_location_id, location or ()))
    wanted = Month.parse(month) if month else None
    kind = parse_service(service) if service else None
    asked = StatusAsked(
        ids, wanted, provider, local_authority, outstanding, at_risk, matrix, summary, check, region, kind,
        newly_at_risk, few_users, never, unchanged,
    )  # fmt: skip
    if collection:
        _show_survey(desk, asked, collection)
    else:
        from ct_cli.output.views.show_status import view

        desk.show(show_status(desk.workplace, asked), view)


def _show_survey(desk: Desk, asked: "StatusAsked", collection: str) -> None:
    from ct_cli.actions.show_survey_status import show_survey_status
    from ct_cli.output.views.show_survey_status import view

    desk.show(show_survey_status(desk.workplace, asked, collection), view)
