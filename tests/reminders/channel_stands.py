"""Where each channel's messages go, over a real socket or pipe, told by a recipient's name to misbehave.

A recipient is good, or has one of these done to their message: gone (refused for good), busy (refused for now), limit
(told to slow down), hangup (taken, and the answer lost), mute (taken, and never answered).
"""

import contextlib
import os
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any, TextIO
from urllib.parse import urlsplit

from ct_cli.output.terminal import Terminal
from ct_cli.reminders.channel import Channel
from ct_cli.reminders.notify import NotifyChannel
from ct_cli.reminders.pace import Pace
from ct_cli.reminders.smtp import MailServer, SmtpChannel
from ct_cli.reminders.stdout import StdoutChannel
from ct_cli.reminders.webhook import WebhookChannel
from tests.reminders.conftest import SENDER, serve
from tests.reminders.http_stand import HANGS_UP, MUTE, HttpStand, Reply, Request
from tests.reminders.notify_imitation import KEY, SECRET, TEMPLATE, NotifyImitation

TIMEOUT = 0.7
PEOPLE = ("sam", "alex", "robin", "kim", "jo")
"""Whose messages are taken."""


@dataclass(frozen=True)
class Delivered:
    """One message as it came out at the other end."""

    recipient: str
    subject: str
    text: str


class Stand(ABC):
    """The far end of one channel."""

    secrets: tuple[str, ...] = ()
    """What must not be told."""
    paced = False
    """Whether it keeps to so many messages a minute."""
    one_connection = False
    """Whether it says that it sends all on one connection."""
    does = frozenset({"gone", "busy", "limit", "hangup", "mute"})
    """What can be done to a message here."""

    @abstractmethod
    def channel(self, per_minute: int = 0) -> Channel:
        """A new channel that leads here."""

    @abstractmethod
    def delivered(self) -> list[Delivered]:
        """Every message that came here, in order. The channel is closed before."""

    @abstractmethod
    def stop(self) -> None:
        """Be there no more. May be called twice."""

    def recipient(self, name: str) -> str:
        """Somebody of that name, as this channel addresses them."""
        return f"{name}@example.org"

    def before(self, kind: str) -> None:  # noqa: B027 - most have nothing to make ready
        """Make ready for what is to be done to the next message, where its recipient does not say it."""

    @property
    def connections(self) -> int:
        """How often it was connected to."""
        return 0


class SmtpStand(Stand):
    """A mail server."""

    paced = one_connection = True

    def __init__(self) -> None:
        self._server = serve()
        self._running = True

    def channel(self, per_minute: int = 0) -> Channel:
        server = MailServer("127.0.0.1", self._server.port, "none", timeout=TIMEOUT)
        return SmtpChannel(server, SENDER, Pace(per_minute), lambda: datetime(2024, 12, 9, 9, 0, tzinfo=UTC))

    def delivered(self) -> list[Delivered]:
        found = []
        for recipient, content in self._server.mailbox.taken:
            read = message_from_bytes(content, policy=policy.default)
            body = read.get_body(("plain",))
            assert body is not None
            found.append(Delivered(recipient, str(read["Subject"]), str(body.get_content()).replace("\r\n", "\n")))
        return found

    def stop(self) -> None:
        if self._running:
            self._running = False
            self._server.stop()

    @property
    def connections(self) -> int:
        return self._server.mailbox.connections


class NotifyStand(Stand):
    """GOV.UK Notify."""

    secrets = (SECRET, KEY)
    paced = one_connection = True

    def __init__(self) -> None:
        self.api = NotifyImitation()
        self.api.forgetful = True

    def channel(self, per_minute: int = 0) -> Channel:
        return NotifyChannel(KEY, TEMPLATE, self.api.http.url, Pace(per_minute), TIMEOUT)

    def delivered(self) -> list[Delivered]:
        said = [(it["email_address"], it["personalisation"]) for it in self.api.sent]
        return [Delivered(address, words["subject"], words["body"]) for address, words in said]

    def stop(self) -> None:
        self.api.http.stop()

    @property
    def connections(self) -> int:
        return self.api.http.connections


_REPLIES = {"gone": Reply(404), "busy": Reply(503), "limit": Reply(429), "hangup": HANGS_UP, "mute": MUTE}


class WebhookStand(Stand):
    """Webhooks of Teams, one for each recipient; the address of each is a secret."""

    secrets = ("s3cret-path", "s3cret-query")

    def __init__(self) -> None:
        self._http = HttpStand(self._answer)
        self._got: list[Delivered] = []

    def _answer(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        name = parts.path.rpartition("/")[2]
        reply = _REPLIES.get(name.partition("-")[0], Reply(202))
        if not reply.status >= 400:
            self._got.append(Delivered(self.recipient(name), *_of_card(request.body)))
        return reply

    def channel(self, per_minute: int = 0) -> Channel:
        names = [*_REPLIES, *PEOPLE]
        addresses = {name: f"{self._http.url}/s3cret-path/{name}?sig=s3cret-query" for name in names}
        return WebhookChannel(addresses, TIMEOUT)

    def recipient(self, name: str) -> str:
        return f"webhook:{name}"

    def delivered(self) -> list[Delivered]:
        return self._got

    def stop(self) -> None:
        self._http.stop()


def _of_card(body: dict[str, Any]) -> tuple[str, str]:
    subject, text = body["attachments"][0]["content"]["body"]
    return subject["text"], text["text"].replace("\n\n", "\n")


class StdoutStand(Stand):
    """Another program's end of a pipe, to which the standard output leads. It refuses nothing; it can go away."""

    does = frozenset({"hangup"})

    def __init__(self) -> None:
        end, write = os.pipe()  # which holds what a test writes until it is read
        self._end = open(end, encoding="utf-8", newline="")  # noqa: PTH123, SIM115 - a pipe
        self._stream = open(write, "w", encoding="utf-8", newline="")  # noqa: PTH123, SIM115 - a pipe
        self._content = ""
        self._usual: TextIO | None = None

    def channel(self, per_minute: int = 0) -> Channel:
        self._usual, sys.stdout = sys.stdout, self._stream  # here: between fixture and test pytest sets its own
        return StdoutChannel(Terminal().carry)

    def before(self, kind: str) -> None:
        if kind == "hangup":
            self._end.close()

    def delivered(self) -> list[Delivered]:
        self._finish()
        if not self._end.closed:
            self._content += self._end.read()
        found = []
        for part in self._content.split("\f\n")[:-1]:
            head, _, text = part.partition("\n\n")
            recipient, subject = (line.partition(": ")[2] for line in head.split("\n"))
            found.append(Delivered(recipient, subject, text))
        return found

    def stop(self) -> None:
        self._finish()
        self._end.close()

    def _finish(self) -> None:
        if self._usual is not None:
            sys.stdout, self._usual = self._usual, None
        with contextlib.suppress(OSError):  # Where the reader went away, what is left cannot be written any more.
            self._stream.close()
