"""`ct remind away`, `back` and `opt-out` as a page."""

from collections.abc import Iterator

from ct_cli.actions.note_contact import ContactNoted
from ct_cli.output.as_text import day
from ct_cli.output.blocks import Block, line


def view(answer: ContactNoted) -> Iterator[Block]:
    """How the person stands now."""
    if answer.opted_out:
        yield line(f"{answer.email} gets no reminders; others are told in their place.")
    elif answer.away_from is not None:
        until = f"to {day(answer.away_to)}" if answer.away_to else f"on, until `ct remind back {answer.email}`"
        yield line(f"{answer.email} is away from {day(answer.away_from)} {until}; others are told meanwhile.")
    else:
        yield line(f"{answer.email} gets reminders.")
    if answer.of_this_computer:
        yield line(
            "This is noted on this computer alone: note it on the one that sends the reminders (`backend` is http)."
        )
    if not answer.locations:
        yield line("No location has this address as a user: `ct users list` shows those there are.")
