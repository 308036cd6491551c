"""`ct keys …`: who may use this register over HTTP."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app("Keys to this register's HTTP API (see ct serve): create, list, revoke; and what was done with them.")


@command(app, "keys create")
def create(
    desk: Desk,
    name: Annotated[str, Argument(metavar="NAME", help='What it is for, such as "Rose Care, monthly upload".')],
    role: Annotated[str, Option(metavar="ROLE", help="provider, local_authority or admin.")],
    belongs_to: Annotated[
        str, Option("--for", metavar="WHO", help="The provider's name or id, or the council, that it reaches.")
    ] = "",
    days: Annotated[str | None, Option(metavar="DAYS", help="How long it is good; by default until revoked.")] = None,
) -> None:
    """Make a key and show it, this once. Only its digest is kept."""
    from ct_cli.actions.api_keys import make_key, parse_days, parse_role
    from ct_cli.output.views.make_key import view
    from ct_cli.register.details import parse_text

    made = make_key(desk.workplace, parse_text(name, "Name"), parse_role(role), belongs_to, parse_days(days))
    desk.show(made, view)


@command(app, "keys list")
def list_(desk: Desk) -> None:
    """Every key: what it reaches, when it was last used, whether it is still good."""
    from ct_cli.actions.api_keys import list_keys
    from ct_cli.output.views.list_keys import view

    desk.show(list_keys(desk.workplace), view)


@command(app, "keys revoke")
def revoke(
    desk: Desk, key: Annotated[str, Argument(metavar="ID", help="The key's id, as ct keys list shows it.")]
) -> None:
    """Make a key useless, for good; every server heeds it within seconds."""
    from ct_cli.actions.api_keys import revoke_key
    from ct_cli.output.views.revoke_key import view

    desk.show(revoke_key(desk.workplace, key), view)


@command(app, "keys trail")
def trail(
    desk: Desk,
    location: Annotated[str | None, Argument(metavar="[LOC]", help="Only what was done about one location.")] = None,
    since: Annotated[str | None, Option(metavar="YYYY-MM-DD", help="Only from this day on.")] = None,
) -> None:
    """Who did what to which return through the API, when, and with which key."""
    from ct_cli.actions.show_audit_trail import show_audit_trail
    from ct_cli.output.views.show_audit_trail import view
    from ct_cli.register.details import parse_given_day
    from ct_cli.returns.identity import parse_location_id

    wanted = parse_location_id(location) if location else None
    desk.show(show_audit_trail(desk.workplace, wanted, parse_given_day(since) if since else None), view)
