"""`ct verify`."""

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()


@command(app, "verify")
def verify(desk: Desk) -> None:
    """Check that nothing in the ledger was altered since it was recorded.

    Every entry's hash is computed anew, and every chain followed to its end. Ends with status 3 where an entry was
    altered, taken out or put in, and names the first such entry of each location and service. What a store on this
    computer notes of the last returns, to be quick, is held against the entries too.
    """
    from ct_cli.actions.verify_ledger import verify_ledger
    from ct_cli.output.views.verify_ledger import view

    desk.show(verify_ledger(desk.workplace), view)
