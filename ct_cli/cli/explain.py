"""`ct explain`."""

from typing import Annotated

from typer import Argument

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "explain")
def explain(
    desk: Desk,
    code: Annotated[str | None, Argument(metavar="CODE", help="A code that ct printed; all without it.")] = None,
) -> None:
    """What a code means, and what to do."""
    from ct_cli.actions.explain_code import explain_code
    from ct_cli.output.views.explain_code import view

    desk.show(explain_code(code), view)
