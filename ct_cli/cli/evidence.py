"""`ct evidence`."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "evidence")
def evidence(
    desk: Desk,
    location: Annotated[str, Argument(metavar="LOC", help="The location.")],
    out: Annotated[str, Option(metavar="FILE", help="The file to write, .html or .csv; - for stdout.")],
    first: Annotated[str | None, Option("--from", metavar="YYYY-MM", help="The first month.")] = None,
    last: Annotated[str | None, Option("--to", metavar="YYYY-MM", help="The last month.")] = None,
    format_: Annotated[str | None, Option("--format", metavar="html|csv", help="Where the name does not say.")] = None,
) -> None:
    """A page that proves what was sent and when, for representations to NHSBSA."""
    from ct_cli.actions.write_evidence import write_evidence
    from ct_cli.output.views.write_evidence import view
    from ct_cli.windows.month import Month

    begin, end = (Month.parse(month) if month else None for month in (first, last))
    answer = write_evidence(desk.workplace, location, out, begin, end, format_)
    if answer.document is not None and not desk.json:
        desk.terminal.document(answer.document)
    else:
        desk.show(answer, view)
