"""`ct login`."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app()

Url = Annotated[
    str | None, Argument(metavar="URL", help="The server, as in https://ct.example.org; by default the settings'.")
]


@command(app, "login")
def login(
    desk: Desk,
    url: Url = None,
    keyring: Annotated[bool, Option("--keyring", help="Keep the key in the system's keyring, not in a file.")] = False,
) -> None:
    """Keep this computer's key to a server. It is asked for, or read from standard input; it is never an argument."""
    from ct_cli.actions.log_in import log_in, server_meant
    from ct_cli.output.views.log_in import view

    address = server_meant(url)
    given = desk.terminal.ask_secretly(f"Key for {address.url} (not shown): ")
    desk.show(log_in(address, given, in_keyring=keyring), view)
