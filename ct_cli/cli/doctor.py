"""`ct doctor`."""

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "doctor")
def doctor(desk: Desk) -> None:
    """What is wrong on this computer, and how to mend it. Changes nothing; status 2 if something is bad."""
    from ct_cli.actions.examine_installation import examine_installation
    from ct_cli.actions.examining.machine import TerminalSeen
    from ct_cli.output.views.examine_installation import view

    terminal = desk.terminal
    seen = TerminalSeen(terminal.shows, terminal.encoding, terminal.unicode)
    desk.show(examine_installation(seen), view)
