"""Reminders by GOV.UK Notify, through its own client (the extra `notify`). The only file that meets it.

Its limits and answers: https://docs.notifications.service.gov.uk/python.html (3,000 messages a minute; 400 for what is
wrong with a message, 403 for a key, 429 for a limit, 500 to send again). The template there holds ((subject)) and
((body)). A file goes as a link, and only csv, doc, docx, jpeg, jpg, json, odt, pdf, png, rtf, txt and xlsx do: a
calendar file is refused, so none goes along, and the body says the close in words. Whether an address exists turns out
later: `came_back` asks.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ct_cli.errors import SettingRefused, UsageError
from ct_cli.reminders.channel import SENT, Channel, Fate, Sending, nothing
from ct_cli.reminders.message import Message
from ct_cli.reminders.pace import Pace

if TYPE_CHECKING:
    from notifications_python_client.errors import HTTPError

TIMEOUT_SECONDS = 30
A_PAGE, MOST_PAGES = 250, 40
"""Of the messages that could not be delivered, the latest 10,000 are looked at. Notify knows those of seven days."""
_CAME_BACK = {
    "permanent-failure": "Notify could not deliver it: there is no such address",
    "temporary-failure": "Notify could not deliver it: the mailbox is full, or the message was taken for spam",
    "technical-failure": "Notify could not deliver it: its provider failed",
}
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(rf".*{_UUID}-{_UUID}", re.IGNORECASE)


class NotifyMissing(UsageError):
    """GOV.UK Notify's client is not installed: pip install 'ct-cli[notify]'."""

    code = "notify-missing"


class NotifyChannel(Channel):
    """GOV.UK Notify."""

    name = "notify"
    tells_later = True

    def __init__(self, key: str, template: str, url: str, pace: Pace, timeout: float = TIMEOUT_SECONDS) -> None:
        """Raises NotifyMissing, SettingRefused."""
        if not _KEY.fullmatch(key):
            reason = "a key is a name and two UUIDs, as Notify shows it when it is made"
            raise SettingRefused(key="notify.key", given="(hidden)", origin="its secret", reason=reason)
        try:
            from notifications_python_client.notifications import NotificationsAPIClient
        except ModuleNotFoundError:
            raise NotifyMissing from None
        make_client: Any = NotificationsAPIClient  # it has no types
        self._client = make_client(key, base_url=url, timeout=timeout)
        self._template, self._pace = template, pace

    @property
    def waits(self) -> bool:
        return bool(self._pace.per_minute)

    def ready(self) -> None:
        self._pace.wait()

    def send(self, message: Message, meanwhile: Callable[[], None] = nothing) -> Sending:  # noqa: ARG002 - its client waits
        from notifications_python_client.errors import APIError, HTTPError

        try:
            self._client.send_email_notification(
                email_address=message.recipient,
                template_id=self._template,
                personalisation={"subject": message.subject, "body": message.text},
                reference=message.reference,
            )
        except HTTPError as error:
            return self._failed(error, message)
        except APIError as error:  # An answer that is not JSON, after the message was given over.
            return self._looked_up(message, f"Notify's answer made no sense ({error.status_code})")
        return SENT

    def came_back(self) -> Mapping[str, str]:
        from notifications_python_client.errors import APIError

        found: dict[str, str] = {}
        last = None
        try:
            for _ in range(MOST_PAGES):
                answer = self._client.get_all_notifications(template_type="email", status="failed", older_than=last)
                page = answer["notifications"]
                for it in page:
                    if it.get("reference"):
                        found[it["reference"]] = _CAME_BACK.get(it["status"], f"Notify: {it['status']}")
                if len(page) < A_PAGE:
                    break
                last = page[-1]["id"]
        except APIError:
            return found  # It is asked again by the next run.
        return found

    def _failed(self, error: "HTTPError", message: Message) -> Sending:
        if error.response is None:
            if _never_reached(error.__cause__):
                return Sending(Fate.LATER, "Notify cannot be reached", channel_down=True)
            return self._looked_up(message, "Notify took it and gave no answer")
        words = f"Notify answered {error.status_code} ({_kinds(error)})"
        match int(error.status_code):
            case 400 if _about_recipient(error):
                return Sending(Fate.REFUSED, words)
            case 400 | 401 | 403 | 404 | 429:
                return Sending(Fate.LATER, words, channel_down=True)
            case _:
                return Sending(Fate.LATER, words)

    def _looked_up(self, message: Message, words: str) -> Sending:
        """Notify can be asked by our reference whether it has a message; that it has none proves little so soon."""
        from notifications_python_client.errors import APIError

        try:
            found = self._client.get_all_notifications(template_type="email", reference=message.reference)
        except APIError:
            return Sending(Fate.UNKNOWN, words)  # It cannot be asked either: what became of it stays unknown.
        return SENT if found.get("notifications") else Sending(Fate.UNKNOWN, words)


def _never_reached(cause: BaseException | None) -> bool:
    """Whether no connection came about, so that nothing can have been given over."""
    import requests

    if isinstance(cause, (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _errors(error: "HTTPError") -> list[dict[str, str]]:
    said = error.message
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _kinds(error: "HTTPError") -> str:
    """The kinds of error alone: the messages may repeat an address."""
    return ", ".join(str(each.get("error", "")) for each in _errors(error)) or "no reason given"


def _about_recipient(error: "HTTPError") -> bool:
    words = " ".join(str(each.get("message", "")) for each in _errors(error))
    return "email_address" in words or "team-only" in words or "recipients" in words
