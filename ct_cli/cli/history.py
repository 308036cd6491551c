"""`ct history`."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "history")
def history(
    desk: Desk,
    location: Annotated[str, Argument(metavar="LOCATION", help="The location's id, such as LOC123.")],
    service: Annotated[str | None, Option(metavar="SERVICE", help="Only one service, such as care-home.")] = None,
) -> None:
    """Show everything recorded for a location: every version of every month, with its receipt."""
    from ct_cli.actions.show_history import show_history
    from ct_cli.output.views.show_history import view
    from ct_cli.returns.identity import parse_service

    desk.show(show_history(desk.workplace, location, parse_service(service) if service else None), view)
