"""`ct serve`."""

from typing import Annotated

from typer import Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk
from ct_cli.errors import UsageError

app = new_app()


class ServerMissing(UsageError):
    """ct serve needs parts that are not installed here (no {missing}): pip install 'ct-cli[server]'."""

    code = "server-missing"


@command(app, "serve")
def serve(
    desk: Desk,
    host: Annotated[str, Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[str, Option(metavar="PORT", help="The port, 1 to 65535.")] = "8000",
    database: Annotated[
        str | None, Option(metavar="URL", help="A PostgreSQL database; by default the store of the settings.")
    ] = None,
    read_database: Annotated[
        str | None, Option(metavar="URL", help="A replica of it, for reading while it is away.")
    ] = None,
    workers: Annotated[str, Option(metavar="N", help="Processes that serve side by side.")] = "1",
    tls_cert: Annotated[str | None, Option(metavar="FILE", help="The certificate, for HTTPS without a proxy.")] = None,
    tls_key: Annotated[str | None, Option(metavar="FILE", help="Its private key.")] = None,
    trust_proxy: Annotated[
        list[str] | None, Option(metavar="NETWORK", help="Believe X-Forwarded-For from here; repeat for each.")
    ] = None,
    allow_network: Annotated[
        list[str] | None, Option(metavar="NETWORK", help="Serve only clients from here; repeat for each.")
    ] = None,
    rate: Annotated[
        str, Option(metavar="N", help="Requests a second of one key, at each worker; 0: any number.")
    ] = "100",
    accept_history: Annotated[
        bool,
        Option("--accept-history", help="Take an admin's returns with the times that they tell: to move a register."),
    ] = False,
) -> None:
    """Share this register over HTTP. Serves until it is told to stop (Ctrl-C, or SIGTERM)."""
    from ct_cli.cli.serving import read_options, served_settings

    settings = served_settings(database, read_database)
    options = read_options(
        host, port, workers, tls_cert, tls_key, trust_proxy or (), allow_network or (), rate, accept_history
    )
    try:
        from ct_cli.server.run import serve
    except ModuleNotFoundError as missing:
        raise ServerMissing(missing=missing.name) from None
    scheme = "https" if options.tls_certificate else "http"
    words = f"ct serves at {scheme}://{options.host}:{options.port}; its log follows. Ctrl-C stops it."
    serve(settings, options, lambda: desk.terminal.say(words))
