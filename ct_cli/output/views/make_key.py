"""`ct keys create` as a page."""

from collections.abc import Iterator

from ct_cli.actions.api_keys import KeyMade
from ct_cli.backends.access import Role
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.key_words import reach
from ct_cli.output.views.location_words import count


def view(answer: KeyMade) -> Iterator[Block]:
    """The key, on a line of its own, and what it is good for."""
    yield line(Text(answer.key, Tone.STRONG))
    yield line()
    yield line("This is shown once and kept nowhere: put it in a password manager now, and into no email.")
    until = f"until {answer.expires_at:%d %B %Y, %H:%M}" if answer.expires_at else "until it is revoked"
    yield line(f"Key {answer.id} ({answer.name}) {reach(answer.role, answer.belongs_to)}. It is good {until}.")
    if not answer.locations and answer.role is not Role.ADMIN:
        words = (
            f"No location of this register belongs to {answer.belongs_to}: is it spelt as `ct locations list` has it?"
        )
        yield line(Text(words, Tone.WARNING))
    else:
        yield line(f"It reaches {count(answer.locations, 'location', 'locations')} now.")
    yield line(f"To make it useless: ct keys revoke {answer.id}")
