"""`ct logout`."""

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.cli.login import Url

app = new_app()


@command(app, "logout")
def logout(desk: Desk, url: Url = None) -> None:
    """Take this computer's key to a server away. The key itself stays good until it is revoked there."""
    from ct_cli.actions.log_out import log_out
    from ct_cli.output.views.log_out import view

    desk.show(log_out(url), view)
