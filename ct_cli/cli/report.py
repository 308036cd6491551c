"""`ct report …`: pages and sheets for a council or a board."""

from typing import Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app("Pages and sheets for a council or a board: compliance, whom to chase, the coming windows.")

Council = Annotated[str | None, Option("--local-authority", help="Only this council's.")]
Provider = Annotated[str | None, Option(help="Only this provider's, by name or id.")]
Region = Annotated[str | None, Option(help="Only this region's.")]


@command(app, "report compliance")
def compliance(
    desk: Desk,
    out: Annotated[str, Option(metavar="FILE", help="The file: .html, .xlsx, .csv, .ods or .json; - for stdout.")],
    local_authority: Council = None,
    provider: Provider = None,
    region: Region = None,
    first: Annotated[str | None, Option("--from", metavar="YYYY-MM", help="The first month.")] = None,
    last: Annotated[str | None, Option("--to", metavar="YYYY-MM", help="The last month.")] = None,
    public: Annotated[bool, Option("--public", help="To publish: names nobody, leaves out counts under 6.")] = False,
    format_: Annotated[str | None, Option("--format", metavar="FORMAT", help="Where the name does not say.")] = None,
) -> None:
    """Who returned and who did not over the months, who is at risk, the beds, how fresh and how sound the figures."""
    from ct_cli.actions.compliance_reading import ReportAsked
    from ct_cli.actions.write_compliance import write_compliance
    from ct_cli.output.views.write_compliance import view
    from ct_cli.windows.month import Month

    begin, end = (Month.parse(month) if month else None for month in (first, last))
    asked = ReportAsked(local_authority, provider, region, begin, end, public)
    answer = write_compliance(desk.workplace, asked, out, format_)
    if answer.document is not None and not desk.json:
        desk.terminal.document(answer.document)
    else:
        desk.show(answer, view)


@command(app, "report chase")
def chase(
    desk: Desk,
    out: Annotated[str, Option(metavar="FILE", help="The list: .xlsx, .ods or .csv. Notes already in it stay.")],
    previous: Annotated[str | None, Option(metavar="FILE", help="An earlier list, to take the notes from.")] = None,
    local_authority: Council = None,
    provider: Provider = None,
    region: Region = None,
    month: Annotated[str | None, Option(metavar="YYYY-MM", help="Another month than the present one.")] = None,
) -> None:
    """Who to call about returns that are not made, why, and in what order; notes stay from list to list."""
    from pathlib import Path

    from ct_cli.actions.write_chase import ChaseAsked, write_chase
    from ct_cli.output.views.write_chase import view
    from ct_cli.windows.month import Month

    earlier = Path(previous).expanduser() if previous else None
    wanted = Month.parse(month) if month else None
    asked = ChaseAsked(Path(out).expanduser(), earlier, local_authority, provider, region, wanted)
    desk.show(write_chase(desk.workplace, asked), view)


@command(app, "report windows")
def windows(
    desk: Desk,
    format_: Annotated[str, Option("--format", metavar="markdown|html|text", help="For where it goes.")] = "markdown",
    next_: Annotated[str | None, Option("--next", metavar="N", help="The next N; 6 where no months are named.")] = None,
    first: Annotated[str | None, Option("--from", metavar="YYYY-MM", help="A range: its first month.")] = None,
    last: Annotated[str | None, Option("--to", metavar="YYYY-MM", help="A range: its last month.")] = None,
    out: Annotated[str, Option(metavar="FILE", help="The file to write; - for stdout.")] = "-",
) -> None:
    """The coming windows as a council puts them on its page or into its newsletter."""
    from ct_cli.actions.publish_windows import publish_windows
    from ct_cli.output.views.publish_windows import view
    from ct_cli.windows.choice import WindowChoice

    answer = publish_windows(desk.workplace, WindowChoice(next=next_, first=first, last=last), format_, out)
    if answer.document is not None and not desk.json:
        desk.terminal.document(answer.document)
    else:
        desk.show(answer, view)
