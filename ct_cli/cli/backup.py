"""`ct backup`."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "backup")
def backup(
    desk: Desk,
    file: Annotated[str, Argument(metavar="FILE", help="Where to; {date} in its name stands for today.")],
    keep: Annotated[
        int | None, Option(min=1, metavar="N", help="Keep the last N made with this {date}; remove older ones.")
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace FILE if it is there.")] = False,
    even_if_altered: Annotated[
        bool, Option("--even-if-altered", help="Keep the copy even if `ct verify` finds fault with the ledger.")
    ] = False,
) -> None:
    """Back up the store, your settings, and returns not yet sent, to one file.

    Other programs can go on using the store. The copy is checked entry by entry before it takes its name. It is a file
    that only you can read; passwords and keys are not in it. `ct restore FILE` puts it back.
    """
    from ct_cli.actions.back_up import back_up
    from ct_cli.output.views.back_up import view

    answer = back_up(desk.workplace, file, keep=keep, overwrite=overwrite, even_if_altered=even_if_altered)
    desk.show(answer, view)
