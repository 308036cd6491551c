"""`ct keys list` as a page."""

from collections.abc import Iterator
from datetime import datetime

from ct_cli.actions.api_keys import KeyShown, KeysListed
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line


def view(answer: KeysListed) -> Iterator[Block]:
    """A row a key."""
    if not answer.keys:
        yield line("There are no keys yet: ct keys create NAME --role provider --for PROVIDER")
        return
    titles = ("Id", "Name", "Role", "For", "Created", "Last used", "State")
    yield Table(tuple(Column(title) for title in titles), [_row(key) for key in answer.keys])


def _row(key: KeyShown) -> tuple[str | Text, ...]:
    last = _day(key.last_used_at) if key.last_used_at else "never"
    return key.id, key.name, key.role.value, key.belongs_to, _day(key.created_at), last, _state(key)


def _state(key: KeyShown) -> Text:
    if key.revoked_at:
        return Text(f"revoked on {_day(key.revoked_at)}", Tone.QUIET)
    if key.expires_at and not key.usable:
        return Text(f"expired on {_day(key.expires_at)}", Tone.WARNING)
    return Text(f"good until {_day(key.expires_at)}" if key.expires_at else "good", Tone.GOOD)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
