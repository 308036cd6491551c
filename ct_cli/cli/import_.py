"""`ct import …`: what other programs know."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.errors import UsageError
from ct_cli.returns.reading.sheet import FileFormat

app = new_app("What Capacity Tracker itself says was updated.")


@command(app, "import capacity-tracker")
def capacity_tracker(
    desk: Desk,
    file: Annotated[
        list[str] | None, Argument(metavar="FILE", help="Its export's JSON, its downloads, its monthly report; or -.")
    ] = None,
    format: Annotated[FileFormat | None, Option("--format", help="What kind of file it is, if ct cannot tell.")] = None,
) -> None:
    """What Capacity Tracker shows as updated inside a window counts as made, marked as seen there."""
    from ct_cli.actions.import_capacity_tracker import import_capacity_tracker
    from ct_cli.output.views.import_capacity_tracker import view

    if not file:
        raise UsageError(words="Name the files to take in, such as Capacity Tracker's CSV download.")
    desk.show(import_capacity_tracker(desk.workplace, file, format), view)
