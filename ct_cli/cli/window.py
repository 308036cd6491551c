"""`ct window`."""

from typing import Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "window")
def window(
    desk: Desk,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="The window of one month.")] = None,
    check: Annotated[bool, Option("--check", help="End with status 7 unless it is open.")] = False,
) -> None:
    """When the reporting window opens and closes, and how it stands now."""
    from ct_cli.actions.show_windows import show_windows
    from ct_cli.output.views.show_windows import view
    from ct_cli.windows.month import Month

    months = [Month.parse(month)] if month else None
    desk.show(show_windows(desk.workplace, months, check=check), view)
