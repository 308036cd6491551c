"""`ct locations show` as a page."""

from collections.abc import Iterator

from ct_cli.actions.show_location import LocationShown
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import LABELS, detail_in_words
from ct_cli.register.location import User


def view(answer: LocationShown) -> Iterator[Block]:
    """Every detail that is known, then the users."""
    location = answer.location
    state = "closed" if location.ended_on else "open"
    yield line(Text(f"{location.id} {location.name}", Tone.STRONG), f" ({state})")
    known = [(label, getattr(location, field)) for field, label in LABELS.items() if field != "name"]
    rows = [
        (label, detail_in_words(field, value))
        for (label, value), field in zip(known, [f for f in LABELS if f != "name"], strict=True)
        if value not in (None, "")
    ]
    yield Table((Column("Detail"), Column("")), rows)
    yield line()
    if answer.users:
        yield Table((Column("User"), Column("Name or role")), [(user.email, user.name) for user in answer.users])
    yield from _few(location.id, answer.users, location.ended_on is None)


def _few(location_id: str, users: tuple[User, ...], is_open: bool) -> Iterator[Block]:
    if is_open and len(users) < 2:
        words = "Nobody is registered for it" if not users else "Only one person is registered for it"
        yield line(
            Text(f"{words}; more than one is recommended:", Tone.WARNING), f" ct users add {location_id} --email …"
        )
