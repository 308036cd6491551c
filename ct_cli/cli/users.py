"""`ct users …`: who updates Capacity Tracker for which location."""

from typing import Annotated

from typer import Argument, Option

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app("Who updates Capacity Tracker for which location, and is reminded: add, list, remove.")


@command(app, "users add")
def add(
    desk: Desk,
    locs: Annotated[list[str], Argument(metavar="LOC", help="The locations that the person updates.")],
    email: Annotated[str, Option(help="Where reminders go.")],
    name: Annotated[str, Option(help='Name or role, such as "Deputy manager".')] = "",
) -> None:
    """Note a person who updates Capacity Tracker for one location or more."""
    from ct_cli.actions.add_user import add_user
    from ct_cli.output.views.add_user import view
    from ct_cli.register.details import parse_email, parse_text

    desk.show(add_user(desk.workplace, locs, parse_email(email), parse_text(name, "Name")), view)


@command(app, "users list")
def list_(
    desk: Desk,
    locs: Annotated[list[str] | None, Argument(metavar="LOC", help="Only these locations.")] = None,
    few: Annotated[bool, Option("--few", help="Only locations with fewer than two users.")] = False,
) -> None:
    """The users of each location, those with none or one pointed out."""
    from ct_cli.actions.list_users import list_users
    from ct_cli.output.views.list_users import view

    desk.show(list_users(desk.workplace, locs or (), few=few), view)


@command(app, "users remove")
def remove(
    desk: Desk,
    email: Annotated[str, Argument(metavar="EMAIL", help="Whom to erase.")],
    loc: Annotated[str | None, Argument(metavar="LOC", help="Only from this location; else from all.")] = None,
) -> None:
    """Erase a person: nothing of them is kept."""
    from ct_cli.actions.remove_user import remove_user
    from ct_cli.output.views.remove_user import view
    from ct_cli.register.details import parse_email

    desk.show(remove_user(desk.workplace, parse_email(email), loc), view)
