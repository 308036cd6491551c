"""`ct remind resume` as a page."""

from collections.abc import Iterator

from ct_cli.actions.resume_reminders import RemindersResumed
from ct_cli.output.blocks import Block, line


def view(answer: RemindersResumed) -> Iterator[Block]:
    """What `ct remind` does from now on."""
    if answer.were_held:
        yield line("`ct remind` sends what is due again. Someone may get a reminder that went out before the restore.")
    else:
        yield line("Reminders were not held: `ct remind` sends what is due.")
