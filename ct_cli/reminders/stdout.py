"""Reminders on standard output, for another program to carry on. It refuses nothing, and can only go away."""

from collections.abc import Callable

from ct_cli.reminders.channel import SENT, Channel, Fate, Sending, nothing
from ct_cli.reminders.message import Message


class StdoutChannel(Channel):
    """Each message in turn: To, Subject, an empty line, the text, and a line of a form feed."""

    name = "stdout"

    def __init__(self, write: Callable[[str], None]) -> None:
        """`write` returns when the text has left this program, and raises OSError where it may not have."""
        self._write = write

    def send(self, message: Message, meanwhile: Callable[[], None] = nothing) -> Sending:  # noqa: ARG002 - it never waits
        try:
            self._write(f"To: {message.recipient}\nSubject: {message.subject}\n\n{message.text}\f\n")
        except OSError as error:  # Some of it may have been read.
            words = f"standard output took no more ({(error.strerror or type(error).__name__).lower()})"
            return Sending(Fate.UNKNOWN, words, channel_down=True)
        return SENT
