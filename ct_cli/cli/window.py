"""`ct window`."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

if TYPE_CHECKING:
    from ct_cli.windows.choice import WindowChoice

app = new_app()


@command(app, "window")
def window(
    desk: Desk,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="The window of one month.")] = None,
    next_: Annotated[str | None, Option("--next", metavar="N", help="The next N, the open one included.")] = None,
    first: Annotated[str | None, Option("--from", metavar="YYYY-MM", help="A range: its first month.")] = None,
    last: Annotated[str | None, Option("--to", metavar="YYYY-MM", help="A range: its last month.")] = None,
    year: Annotated[str | None, Option(metavar="YYYY", help="The twelve of a year.")] = None,
    ics: Annotated[
        str | None,
        Option(metavar="FILE", help="Write a calendar file (- for stdout); the next 12 where no months are named."),
    ] = None,
    publish: Annotated[
        str | None, Option(metavar="markdown|html|text", help="As a council puts it on its page or in its newsletter.")
    ] = None,
    check: Annotated[bool, Option("--check", help="End with status 7 unless one of them is open.")] = False,
) -> None:
    """When the reporting window opens and closes, and how it stands now."""
    from ct_cli.windows.choice import WindowChoice

    choice = WindowChoice(month=month, next=next_, first=first, last=last, year=year)
    if publish is not None:
        _publish(desk, choice, publish, others=check or ics is not None)
    elif ics is None:
        _show(desk, choice, check)
    else:
        _export(desk, choice, ics, check)


def _show(desk: Desk, choice: "WindowChoice", check: bool) -> None:
    from ct_cli.actions.show_windows import show_windows
    from ct_cli.output.views.show_windows import view

    desk.show(show_windows(desk.workplace, choice, check=check), view)


def _publish(desk: Desk, choice: "WindowChoice", format_: str, *, others: bool) -> None:
    from ct_cli.actions.publish_windows import publish_windows
    from ct_cli.errors import UsageError
    from ct_cli.output.views.publish_windows import view

    if others:
        raise UsageError(words="--publish cannot be used with --check or --ics: run ct window once for each.")
    answer = publish_windows(desk.workplace, choice, format_)
    if answer.document is not None and not desk.json:
        desk.terminal.document(answer.document)
    else:
        desk.show(answer, view)


def _export(desk: Desk, choice: "WindowChoice", ics: str, check: bool) -> None:
    from pathlib import Path

    from ct_cli.actions.export_windows import export_windows
    from ct_cli.errors import UsageError
    from ct_cli.output.views.export_windows import view

    if check:
        raise UsageError(words="--check and --ics cannot be used together: run ct window once for each.")
    if not ics:
        raise UsageError(words="--ics needs the name of a file, or - for stdout.")
    answer = export_windows(desk.workplace, choice, None if ics == "-" else Path(ics).expanduser())
    if answer.calendar is not None and not desk.json:
        desk.terminal.document(answer.calendar)
    else:
        desk.show(answer, view)
