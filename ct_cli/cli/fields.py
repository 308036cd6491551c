"""`ct fields`."""

from typing import Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "fields")
def fields(
    desk: Desk,
    service: Annotated[str | None, Option(metavar="SERVICE", help="One service, such as care-home.")] = None,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="A month other than the present one.")] = None,
    collection: Annotated[str | None, Option(metavar="ID", help="A voluntary survey instead.")] = None,
    in_full: Annotated[bool, Option("--all", help="List the vacancies by bed type one by one, too.")] = False,
) -> None:
    """What is asked of a service for a month, and where that is known from."""
    from ct_cli.actions.show_fields import show_fields
    from ct_cli.output.views.show_fields import view
    from ct_cli.returns.identity import parse_service
    from ct_cli.windows.month import Month

    asked_of = parse_service(service) if service else None
    when = Month.parse(month) if month else None
    desk.show(show_fields(desk.workplace, asked_of, when, collection, in_full=in_full), view)
