"""A message to one person, ready for any channel."""

import hashlib
from dataclasses import dataclass

from ct_cli.backends.outbox import Letter


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content: bytes
    """Of type text/calendar, in UTF-8."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one person is told. A channel puts it in its own form."""

    recipient: str
    """An email address, or webhook:NAME."""
    name: str
    subject: str
    """One line."""
    text: str
    html: str
    reference: str
    """32 hexadecimal digits that are the same however often this letter is tried: the Message-ID's first part."""
    calendar: Attachment | None = None


def reference_of(letter: Letter) -> str:
    """The reference of a letter's message: by its key alone, so that a second copy can be seen for one."""
    key = (letter.recipient, str(letter.month), letter.rung, str(letter.part), str(letter.rehearsal))
    return hashlib.sha256("\n".join(key).encode()).hexdigest()[:32]
