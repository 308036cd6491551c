"""`ct locations show` as a page."""

from collections.abc import Iterator

from ct_cli.actions.show_location import LocationShown
from ct_cli.clock import LONDON
from ct_cli.output.as_text import day
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import LABELS, detail_in_words
from ct_cli.register.location import User
from ct_cli.register.sighting import Sighting


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
    yield from map(_seen, answer.sightings)
    yield from _few(location.id, answer.users, location.ended_on is None)


def _seen(it: Sighting) -> Block:
    """Capacity Tracker's last word on a service, beside what the register has."""
    parts = [] if it.updated_at is None else [f"last updated on {day(it.updated_at.astimezone(LONDON))}"]
    parts += [f"admissions: {it.admission_status}"] if it.admission_status else []
    parts += [f"{it.user_count} users by its monthly report"] if it.user_count is not None else []
    parts += [f"not done: {', '.join(month.in_words() for month in it.not_done)}"] if it.not_done else []
    unsaid = ", ".join(month.in_words() for month in it.one_of_several)
    parts += [f"done at the location, without saying for which service: {unsaid}"] if unsaid else []
    return line(f"Capacity Tracker, {it.service.in_words}: {'; '.join(parts) or 'nothing said'}.")


def _few(location_id: str, users: tuple[User, ...], is_open: bool) -> Iterator[Block]:
    if is_open and len(users) < 2:
        words = "Nobody is registered for it" if not users else "Only one person is registered for it"
        yield line(
            Text(f"{words}; more than one is recommended:", Tone.WARNING), f" ct users add {location_id} --email …"
        )
