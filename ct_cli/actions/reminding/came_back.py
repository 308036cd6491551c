"""Letters that a channel took, and then could not deliver: GOV.UK Notify knows so only after it has tried."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ct_cli.actions.reminding.channels import Channels
from ct_cli.backends.outbox import Change, Letter, LetterState, Outbox
from ct_cli.reminders.channel_name import ChannelName
from ct_cli.reminders.message import reference_of


def fail_what_came_back(outbox: Outbox, channels: Channels, letters: Sequence[Letter], now: datetime) -> list[Letter]:
    """Write down which of the letters came back; those."""
    taken = [it for it in letters if it.state is LetterState.SENT and it.channel == ChannelName.NOTIFY]
    if not taken:
        return []
    why = channels.came_back()
    changes = [
        Change(it, replace(it, state=LetterState.FAILED, reason=why[reference], changed_at=now))
        for it in taken
        if (reference := reference_of(it)) in why
    ]
    done = outbox.change(changes)
    return [change.after for change, was in zip(changes, done, strict=True) if was]
