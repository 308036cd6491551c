"""`ct receipt`."""

from typing import Annotated

from typer import Argument

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "receipt")
def receipt(
    desk: Desk,
    receipt: Annotated[str, Argument(metavar="ID", help="A receipt, or its first 6 digits or more.")],
) -> None:
    """Show a receipt: what was sent, when, and whether it met the month's window."""
    from ct_cli.actions.show_receipt import show_receipt
    from ct_cli.output.views.show_receipt import view

    desk.show(show_receipt(desk.workplace, receipt), view)
