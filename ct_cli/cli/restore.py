"""`ct restore`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "restore")
def restore(
    desk: Desk,
    file: Annotated[Path, Argument(metavar="FILE", help="A file that `ct backup` made, or a copy of a store.")],
    dry_run: Annotated[bool, Option("--dry-run", help="Say what would be lost; change nothing.")] = False,
    discard_newer: Annotated[
        bool, Option("--discard-newer", help="Restore even if receipts of the present store are lost by it.")
    ] = False,
    even_if_altered: Annotated[
        bool, Option("--even-if-altered", help="Restore even if the backup's ledger was altered.")
    ] = False,
    files: Annotated[
        Path | None, Option(metavar="DIR", help="Only write the backup's settings and other files here.")
    ] = None,
) -> None:
    """Put a backup back in the place of the store.

    It is checked first, and nothing is changed where receipts would be lost, or while another program has the store
    open. Keys that were revoked since stay revoked, nobody who was erased comes back, and no reminder goes out twice.
    What was in the store before is kept beside it.
    """
    from ct_cli.actions.restore_store import restore_store, take_files_out
    from ct_cli.output.views.restore_store import files_view, view

    file = file.expanduser()
    if files is not None:
        desk.show(take_files_out(file, files.expanduser()), files_view)
        return
    answer = restore_store(
        desk.workplace, file, dry_run=dry_run, discard_newer=discard_newer, even_if_altered=even_if_altered
    )
    desk.show(answer, view)
