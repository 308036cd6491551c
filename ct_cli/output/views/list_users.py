"""`ct users list` as a page."""

from collections.abc import Iterator

from ct_cli.actions.list_users import LocationUsers, UsersListed
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import count


def view(answer: UsersListed) -> Iterator[Block]:
    """A row a user, and one for each location that has none."""
    if not answer.locations:
        yield line("There is nothing to list. `ct locations list` shows the locations.")
        return
    columns = (Column("Location"), Column("Name"), Column("User"), Column("Name or role"))
    yield Table(columns, [row for location in answer.locations for row in _rows(location)])
    if answer.without_users or answer.with_one_user:
        yield line()
        yield line(Text(f"{_few(answer)}; more than one is recommended:", Tone.WARNING), " ct users add LOC --email …")


def _few(answer: UsersListed) -> str:
    none, one = answer.without_users, answer.with_one_user
    parts = [
        f"{count(none, 'location has', 'locations have')} no user" if none else "",
        f"{count(one, 'location has', 'locations have')} only one" if one else "",
    ]
    return ", ".join(part for part in parts if part)


def _rows(location: LocationUsers) -> Iterator[tuple[str | Text, ...]]:
    if not location.users:
        yield location.location_id, location.name, Text("nobody", Tone.WARNING), ""
    for user in location.users:
        only = Text(f"{user.email} (the only one)", Tone.WARNING)
        yield location.location_id, location.name, only if len(location.users) == 1 else user.email, user.name
