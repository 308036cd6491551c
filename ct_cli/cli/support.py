"""`ct support`."""

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "support")
def support(desk: Desk) -> None:
    """Who to call, for what, and whether they answer now."""
    from ct_cli.actions.show_support import show_support
    from ct_cli.output.views.show_support import view

    desk.show(show_support(desk.workplace), view)
