"""`ct remind --preview` as a page: the messages as people would read them."""

from collections.abc import Iterator

from ct_cli.actions.preview_reminders import RemindersPreviewed
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Text, Tone, line

RULE = "-" * 72


def view(answer: RemindersPreviewed) -> Iterator[Block]:
    """Each message in turn."""
    if not answer.number:
        yield line("There is nobody to tell of anything: `ct remind --dry-run` says why.")
        return
    yield line(f"Nothing is sent. As at {moment_in_words(answer.as_at)}, {answer.number:,} in all:")
    for message in answer.messages:
        yield line()
        if message.file is not None:
            yield line(Text(f"To: {message.recipient}", Tone.STRONG))
            yield line(f"  {message.subject}")
            yield line(f"  {message.file}")
            continue
        yield line(Text(RULE, Tone.QUIET))
        yield line(Text(f"To: {message.recipient}", Tone.STRONG))
        yield line(Text(f"Subject: {message.subject}", Tone.STRONG))
        if message.attached:
            yield line(f"Attached: {message.attached}")
        yield line()
        for text in message.text.rstrip("\n").split("\n"):
            yield line(text)
    if len(answer.messages) < answer.number:
        yield line()
        yield line(f"And {answer.number - len(answer.messages):,} more: --preview --out DIR writes them all.")
