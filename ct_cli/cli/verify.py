"""`ct verify`."""

import sys
from pathlib import Path
from typing import Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "verify")
def verify(
    desk: Desk,
    against: Annotated[
        list[str] | None,
        Option(metavar="FILE", help="Look for every receipt in a backup, or in a list of receipts; - for stdin."),
    ] = None,
) -> None:
    """Check that nothing in the ledger was altered since it was recorded.

    Every entry's hash is computed anew, and every chain followed to its end. Ends with status 3 where an entry was
    altered, taken out or put in, and names the first such entry of each location and service. What a store on this
    computer notes of the last returns, to be quick, is held against the entries too.

    With --against it also names the receipts that were once given out and that the ledger no longer has: those in a
    backup, or in a text, CSV or JSON file, such as what `ct submit` printed.
    """
    from ct_cli.actions.verify_ledger import verify_ledger
    from ct_cli.output.views.verify_ledger import view
    from ct_cli.stores.verification import read_receipts

    named = [
        read_receipts(Path("standard input"), sys.stdin.buffer.read())
        if file == "-"
        else read_receipts(Path(file).expanduser())
        for file in against or ()
    ]
    desk.show(verify_ledger(desk.workplace, named), view)
