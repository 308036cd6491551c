"""Send reminders again after a restore."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.registry import open_outbox


@dataclass(frozen=True)
class RemindersResumed(Answer):
    """Whether reminders were held."""

    were_held: bool


def resume_reminders(workplace: Workplace) -> RemindersResumed:
    """Let `ct remind` send again. Raises StoreUnusable."""
    return RemindersResumed(open_outbox(workplace.settings, workplace.backend).release())
