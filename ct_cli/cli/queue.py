"""`ct queue`: returns that wait here for a server that could not be reached."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app("Returns that wait on this computer for a server that could not be reached.")


@command(app, "queue list")
def list_all(desk: Desk) -> None:
    """What is not yet sent and by when it has to be, and what the server did not take: why, and what differs."""
    from ct_cli.actions.list_queue import list_queue
    from ct_cli.output.views.list_queue import view

    desk.show(list_queue(desk.workplace), view)


@command(app, "queue send")
def send(
    desk: Desk,
    overwrite: Annotated[
        list[str] | None,
        Option("--overwrite", metavar="ID", help="Replace the newer return with yours; repeat for each."),
    ] = None,
) -> None:
    """Send what waits, now. Every other command that asks the server does so too."""
    from ct_cli.actions.send_queue import send_queue
    from ct_cli.output.views.send_queue import view

    desk.show(send_queue(desk.workplace, overwrite or ()), view)


@command(app, "queue drop")
def drop(
    desk: Desk,
    ids: Annotated[list[str] | None, Argument(metavar="ID", help="IDs from `ct queue list`.")] = None,
    refused: Annotated[bool, Option("--refused", help="Drop all that the server refused.")] = False,
) -> None:
    """Take returns out of the queue. What was not yet sent is then never sent."""
    from ct_cli.actions.drop_queued import drop_queued
    from ct_cli.output.views.drop_queued import view

    desk.show(drop_queued(desk.workplace, ids or (), refused=refused), view)
