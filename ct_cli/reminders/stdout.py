"""Reminders on standard output, for another program to carry on."""

from collections.abc import Callable

from ct_cli.reminders.channel import SENT, Channel, Sending
from ct_cli.reminders.message import Message


class StdoutChannel(Channel):
    """Each message in turn: To, Subject, an empty line, the text, and a line of a form feed."""

    name = "stdout"

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def send(self, message: Message) -> Sending:
        self._write(f"To: {message.recipient}\nSubject: {message.subject}\n\n{message.text}\f\n")
        return SENT
