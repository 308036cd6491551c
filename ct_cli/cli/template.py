"""`ct template`."""

from typing import Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "template")
def template(
    desk: Desk,
    month: Annotated[
        str | None, Option(metavar="YYYY-MM", help="The month; by default the open or next window's.")
    ] = None,
    service: Annotated[str | None, Option(metavar="SERVICE", help="Only this service: care-home, home-care.")] = None,
    provider: Annotated[str | None, Option(help="Only this provider's locations, by name or id.")] = None,
    local_authority: Annotated[str | None, Option(help="Only this council's.")] = None,
    out: Annotated[
        str | None, Option(metavar="FILE", help="A .xlsx, .ods or .csv; by default returns-YYYY-MM.xlsx here.")
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Take the place of a file that is there.")] = False,
) -> None:
    """Write a file of every return still owed, filled with the last values, to fill in and submit."""
    from pathlib import Path

    from ct_cli.actions.write_template import TemplateWanted, write_template
    from ct_cli.output.views.write_template import view
    from ct_cli.returns.identity import parse_service
    from ct_cli.windows.month import Month

    wanted = TemplateWanted(
        month=Month.parse(month) if month else None,
        provider=provider,
        local_authority=local_authority,
        service=parse_service(service) if service else None,
        file=Path(out).expanduser() if out else None,
        overwrite=overwrite,
    )
    desk.show(write_template(desk.workplace, wanted), view)
