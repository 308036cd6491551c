"""The channels that the settings name, ready to send; refused in words where something is missing."""

from collections.abc import Callable, Mapping
from datetime import datetime

from ct_cli.actions.workplace import Workplace
from ct_cli.errors import UsageError
from ct_cli.register.details import DetailRefused, parse_email, parse_text
from ct_cli.reminders.channel import Channel, ChannelNotSet
from ct_cli.reminders.channel_name import ChannelName
from ct_cli.reminders.contacts import WEBHOOK, ContactBook
from ct_cli.reminders.mime import Sender as MailSender
from ct_cli.reminders.pace import Pace
from ct_cli.settings import Settings
from ct_cli.settings_secret import read_secret


class NoChannel(UsageError):
    """ct does not know how to send reminders. By a mail server: `ct config set smtp.host mail.example.org` and
    `ct config set reminders.from office@example.org`; or `ct config set reminders.channel notify`. To webhooks
    alone: --channel webhook. To look at them first: `ct remind --preview`."""

    code = "no-channel"


class Channels:
    """The channels of one run. Closed by `close`."""

    def __init__(
        self,
        workplace: Workplace,
        book: ContactBook,
        named: ChannelName | None,
        write: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        """Raises NoChannel, ChannelNotSet, SettingRefused, SecretUnreadable."""
        settings = workplace.settings
        self.only_webhooks = named is ChannelName.WEBHOOK
        self._all_to_one = named is ChannelName.STDOUT
        self._email = None if self.only_webhooks else _email_channel(settings, named, write, now)
        self._webhook = _webhook_channel(book) if book.webhooks else None

    def for_recipient(self, recipient: str) -> Channel:
        """The channel for an address; only for those that `takes` says yes to."""
        webhook = recipient.startswith(WEBHOOK) and not self._all_to_one
        channel = self._webhook if webhook else self._email
        if channel is None:
            raise NoChannel
        return channel

    def takes(self, recipient: str) -> bool:
        """Whether there is a channel for an address in this run."""
        return recipient.startswith(WEBHOOK) or not self.only_webhooks

    @property
    def tells_later(self) -> bool:
        """Whether `came_back` may know of something."""
        return self._email is not None and self._email.tells_later

    def came_back(self) -> Mapping[str, str]:
        """What a channel took lately and then could not deliver: a message's reference, and why."""
        return self._email.came_back() if self._email is not None else {}

    def close(self) -> None:
        """Let go of connections."""
        for channel in (self._email, self._webhook):
            if channel is not None:
                channel.close()


def stop_words(settings: Settings) -> str:
    """How to get no more reminders: a sentence; empty where no address is set."""
    where = (
        settings.text("reminders.unsubscribe") or settings.text("reminders.reply_to") or settings.text("reminders.from")
    )
    if not where:
        return ""
    return (
        f"To get no more of these: {where}"
        if where.startswith("https://")
        else f"To get no more of these, write to {where}."
    )


def _email_channel(
    settings: Settings, named: ChannelName | None, write: Callable[[str], None], now: Callable[[], datetime]
) -> Channel:
    chosen = named or settings.text("reminders.channel") or ("smtp" if settings.text("smtp.host") else None)
    match chosen:
        case "stdout":
            from ct_cli.reminders.stdout import StdoutChannel

            return StdoutChannel(write)
        case "smtp":
            return _smtp(settings, now)
        case "notify":
            return _notify(settings)
    raise NoChannel


def _smtp(settings: Settings, now: Callable[[], datetime]) -> Channel:
    from ct_cli.reminders.smtp import MailServer, SmtpChannel

    host = settings.text("smtp.host")
    if not host:
        raise _missing("smtp", "smtp.host", "mail.example.org")
    user = settings.text("smtp.user") or ""
    password = read_secret(settings, "smtp.password") if user else ""
    if password is None:
        remedy = "Put it into CT_SMTP_PASSWORD, or `ct config set smtp.password_file FILE` or smtp.password_command."
        raise ChannelNotSet(channel="smtp", missing="smtp.password", remedy=remedy)
    server = MailServer(
        host,
        settings.number("smtp.port"),
        settings.text("smtp.security") or "starttls",
        user,
        password,
        settings.file("smtp.ca_file"),
        float(settings.number("smtp.timeout")),
    )
    return SmtpChannel(server, _mail_sender(settings), Pace(settings.number("smtp.per_minute")), now)


def _mail_sender(settings: Settings) -> MailSender:
    address = _address(settings, "reminders.from")
    if not address:
        raise _missing("smtp", "reminders.from", "office@example.org")
    reply_to = _address(settings, "reminders.reply_to") or address
    stop = settings.text("reminders.unsubscribe") or reply_to
    if stop.startswith("https://"):
        unsubscribe = f"<{''.join(stop.split())}>"
    else:
        mailbox = _address(settings, "reminders.unsubscribe") or reply_to
        unsubscribe = f"<mailto:{mailbox}?subject=unsubscribe>"
    return MailSender(address, parse_text(settings.text("reminders.from_name") or "", "Name"), reply_to, unsubscribe)


def _address(settings: Settings, key: str) -> str:
    text = settings.text(key)
    if not text:
        return ""
    try:
        return parse_email(text)
    except DetailRefused as error:
        from ct_cli.errors import SettingRefused

        value = settings.value(key)
        reason = str(error.facts["reason"])
        raise SettingRefused(key=key, given=text, origin=value.place, reason=reason) from None


def _notify(settings: Settings) -> Channel:
    from ct_cli.reminders.notify import NotifyChannel

    key, template = read_secret(settings, "notify.key"), settings.text("notify.template")
    if not key:
        remedy = "Put it into CT_NOTIFY_KEY, or `ct config set notify.key_file FILE` or notify.key_command."
        raise ChannelNotSet(channel="notify", missing="notify.key", remedy=remedy)
    if not template:
        raise _missing("notify", "notify.template", "ID")
    url = settings.text("notify.url") or ""
    return NotifyChannel(key, template, url, Pace(settings.number("notify.per_minute")))


def _webhook_channel(book: ContactBook) -> Channel:
    from ct_cli.reminders.webhook import WebhookChannel

    return WebhookChannel(book.webhooks)


def _missing(channel: str, key: str, example: str) -> ChannelNotSet:
    return ChannelNotSet(channel=channel, missing=key, remedy=f"`ct config set {key} {example}`.")
