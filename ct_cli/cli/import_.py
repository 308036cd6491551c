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
    api: Annotated[bool, Option("--api", help="From its export API, with the key that the settings hold.")] = False,
    format: Annotated[FileFormat | None, Option("--format", help="What kind of file it is, if ct cannot tell.")] = None,
) -> None:
    """What Capacity Tracker shows as updated inside a window counts as made, marked as seen there."""
    from ct_cli.actions import import_capacity_tracker as action
    from ct_cli.output.views.import_capacity_tracker import view

    if bool(file) is api:
        raise UsageError(words="Name the files to take in, such as Capacity Tracker's CSV download, or say --api.")
    if file:
        answer = action.import_capacity_tracker(desk.workplace, file, format)
    else:
        with desk.terminal.counting("items of the export read") as count:
            answer = action.import_capacity_tracker_api(desk.workplace, count)
    desk.show(answer, view)
