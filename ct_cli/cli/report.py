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
        desk.terminal.data(answer.document)
    else:
        desk.show(answer, view)
