"""Reminders to a Teams or Slack webhook. Its address is a secret: whoever has it can write there.

Forms: Slack's `{"text": …}` (https://api.slack.com/messaging/webhooks); for Teams an Adaptive Card in a message
(https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using), which its
workflows take as well.
"""

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from ct_cli.reminders.channel import SENT, Channel, Fate, Sending, nothing
from ct_cli.reminders.contacts import WEBHOOK
from ct_cli.reminders.message import Message

MOST_CHARACTERS = 15_000
"""Teams takes 28 kB in all; a character may take more than one byte."""
TIMEOUT_SECONDS = 30


class WebhookChannel(Channel):
    """Webhooks by name."""

    name = "webhook"

    def __init__(self, addresses: Mapping[str, str], timeout: float = TIMEOUT_SECONDS) -> None:
        self._addresses, self._timeout = addresses, timeout

    def send(self, message: Message, meanwhile: Callable[[], None] = nothing) -> Sending:  # noqa: ARG002 - few at a time
        address = urlsplit(self._addresses[message.recipient.removeprefix(WEBHOOK)])
        body = json.dumps(_payload(message, address.hostname or "")).encode("ascii")
        connection = self._connection(address)
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        try:
            connection.request("POST", target, body, {"Content-Type": "application/json"})
        except OSError as error:  # Not all of it was written, so it cannot have been taken.
            connection.close()
            return Sending(Fate.LATER, f"the webhook cannot be reached ({_short(error)})")
        try:
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return Sending(Fate.UNKNOWN, f"the webhook took it and gave no answer ({_short(error)})")
        finally:
            connection.close()
        return _fate(answer.status)

    def _connection(self, address: SplitResult) -> http.client.HTTPConnection:
        host = address.hostname or ""
        if address.scheme == "https":
            return http.client.HTTPSConnection(
                host, address.port, timeout=self._timeout, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, address.port, timeout=self._timeout)


def _payload(message: Message, host: str) -> dict[str, object]:
    text = message.text
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS].rpartition("\n")[0] + "\n… and more: `ct status --outstanding` shows it all."
    if host.endswith("slack.com"):
        return {"text": f"*{message.subject}*\n{text}"}
    blocks = [
        {"type": "TextBlock", "text": message.subject, "weight": "Bolder", "size": "Medium", "wrap": True},
        # A card runs lines together unless two line ends part them.
        {"type": "TextBlock", "text": text.replace("\n", "\n\n"), "wrap": True},
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": blocks,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _fate(status: int) -> Sending:
    if 200 <= status < 300:
        return SENT
    words = f"the webhook answered {status}"
    return Sending(Fate.LATER if status in {408, 425, 429} or status >= 500 else Fate.REFUSED, words)


def _short(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__
