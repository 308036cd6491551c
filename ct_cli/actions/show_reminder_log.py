"""Every reminder, its state and why: what went out, what did not, what is held."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.reminding.letters import LetterShown, shown
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import LetterState
from ct_cli.backends.registry import has_own_outbox, open_outbox
from ct_cli.windows.month import Month


@dataclass(frozen=True)
class ReminderLog(Answer):
    """Letters, the oldest first."""

    month: Month | None
    counts: dict[str, int]
    """How many are in each state."""
    letters: tuple[LetterShown, ...]
    of_this_computer: bool
    """Whether it tells only what this computer sent: through a server's API each keeps its own."""


def show_reminder_log(
    workplace: Workplace, month: Month | None = None, states: Sequence[LetterState] = (), recipient: str | None = None
) -> ReminderLog:
    """The letters of a month or all, in some states or all, to one recipient or all."""
    outbox = open_outbox(workplace.settings, workplace.backend)
    letters = [
        shown(letter)
        for letter in outbox.letters(month=month, states=states or None)
        if recipient is None or letter.recipient == recipient.lower()
    ]
    counts = Counter(letter.state.value for letter in letters)
    return ReminderLog(month, dict(sorted(counts.items())), tuple(letters), not has_own_outbox(workplace.backend))
