"""Reminders by a mail server: one connection for all of them, and no doubt about what became of each.

A message counts as given over only once the last byte of it is written. What fails before that is known not to have
gone out; an answer that is lost after it is UNKNOWN (RFC 5321, 4.5.3.2.6 warns of just that).
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ct_cli.errors import UsageError
from ct_cli.reminders.channel import SENT, Channel, Fate, Sending, nothing
from ct_cli.reminders.message import Message
from ct_cli.reminders.mime import Sender, as_email, dotted
from ct_cli.reminders.pace import Pace

_NOT_LET_IN = {530, 534, 535, 538}
"""RFC 4954: sign in first, or otherwise. Not the recipient's fault, so the message keeps."""


class PasswordInTheClear(UsageError):
    """The password would go to {host} for all to read: `ct config set smtp.security starttls`, or unset smtp.user."""

    code = "password-in-the-clear"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and how."""

    host: str
    port: int
    security: str
    """starttls, tls or none."""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout: float = 30.0
    """Seconds to wait for each answer."""


class _Refusal(Exception):
    """The server answered, and not with yes."""

    def __init__(self, code: int, reply: bytes, step: str) -> None:
        self.code, self.step = code, step
        self.words = " ".join(reply.decode("utf-8", "replace").split())[:200]
        super().__init__(code)

    @property
    def not_the_recipients(self) -> bool:
        """Whether it is ct that is not let in, so that every recipient would fare alike and none is to be given up."""
        # A server that carries nothing on for this sender says so of each recipient: "554 5.7.1 Relay access denied".
        relay = self.step == "RCPT" and self.code >= 500 and "relay" in self.words.lower()
        return self.code in _NOT_LET_IN or relay or (self.step == "MAIL" and self.code >= 500)


class SmtpChannel(Channel):
    """A mail server."""

    name = "smtp"

    def __init__(self, server: MailServer, sender: Sender, pace: Pace, now: Callable[[], datetime]) -> None:
        """Raises PasswordInTheClear."""
        if server.user and server.security == "none" and server.host not in {"localhost", "127.0.0.1", "::1"}:
            raise PasswordInTheClear(host=server.host)
        self._server, self._sender, self._pace, self._now = server, sender, pace, now
        self._connection: smtplib.SMTP | None = None
        self._begun = False
        """Whether MAIL was said for the next message, and not answered yet. It is the same for all."""
        self._prepared: tuple[Message, bytes] | None = None

    @property
    def waits(self) -> bool:
        return bool(self._pace.per_minute)

    def ready(self) -> None:
        self._pace.wait()
        # The server makes ready for a message while the outbox is written; nothing of it goes out by that.
        if self._connection is not None and not self._begun:
            try:
                self._begin(self._connection)
            except (smtplib.SMTPException, OSError):
                self._drop()  # The message goes on another.

    def prepare(self, message: Message) -> None:
        self._prepared = message, self._form(message)

    def send(self, message: Message, meanwhile: Callable[[], None] = nothing) -> Sending:
        content = self._content(message)
        fresh = self._connection is None
        tried = self._try(message.recipient, content, meanwhile)
        # A connection that stood open for a while may have been closed at the other end: once more, on a new one.
        if tried is None and not fresh:
            tried = self._try(message.recipient, content, meanwhile)
        return tried or Sending(Fate.LATER, "the mail server closed the connection", channel_down=True)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if self._begun:
                    connection.getreply()
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()  # All is settled already: a goodbye that fails changes nothing.

    def _content(self, message: Message) -> bytes:
        prepared, self._prepared = self._prepared, None
        return prepared[1] if prepared is not None and prepared[0] is message else self._form(message)

    def _form(self, message: Message) -> bytes:
        return dotted(as_email(message, self._sender, self._now()))

    def _try(self, recipient: str, content: bytes, meanwhile: Callable[[], None]) -> Sending | None:
        """What became of it; None where the connection broke before the message was given over."""
        try:
            connection = self._connection or self._connect()
        except (smtplib.SMTPException, OSError) as error:
            return Sending(Fate.LATER, self._why_not_connected(error), channel_down=True)
        self._connection = connection
        try:
            self._give_over(connection, recipient, content)
        except _Refusal as refusal:
            return self._refused(connection, refusal)
        except (smtplib.SMTPException, OSError):
            self._drop()
            return None
        meanwhile()
        try:
            code, reply = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Sending(Fate.UNKNOWN, f"the mail server took it and gave no answer ({_short(error)})")
        return SENT if code == 250 else self._refused(connection, _Refusal(code, reply, "DATA"))

    def _give_over(self, connection: smtplib.SMTP, recipient: str, content: bytes) -> None:
        if not self._begun:
            self._begin(connection)
        self._begun = False
        _expect(connection.getreply(), {250}, "MAIL")
        _expect(connection.docmd("RCPT", f"TO:<{recipient}>"), {250, 251}, "RCPT")
        _expect(connection.docmd("DATA"), {354}, "DATA")
        connection.send(content)

    def _begin(self, connection: smtplib.SMTP) -> None:
        # Both addresses were parsed before: for smtplib to parse them again takes as long as to write the message.
        connection.putcmd("MAIL", f"FROM:<{self._sender.address}>")
        self._begun = True

    def _refused(self, connection: smtplib.SMTP, refusal: _Refusal) -> Sending:
        words = f"{refusal.code} {refusal.words}"
        if refusal.code == 421:  # "closing the channel": nothing more can be said on this connection.
            self._drop()
            return Sending(Fate.LATER, words)
        try:
            connection.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()  # The refusal stands whatever became of the connection; the next message opens another.
        if refusal.not_the_recipients:
            return Sending(Fate.LATER, words, channel_down=True)
        return Sending(Fate.REFUSED if refusal.code >= 500 else Fate.LATER, words)

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        # To read the certificates that are trusted takes longer than to send twenty messages (measured).
        context = None if server.security == "none" else self._trusting()
        connection: smtplib.SMTP
        if server.security == "tls":
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            connection.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                connection.starttls(context=context)
                connection.ehlo_or_helo_if_needed()
            if server.user:
                connection.login(server.user, server.password)
        except (smtplib.SMTPException, OSError):
            connection.close()
            raise
        return connection

    def _trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._server.ca_file is not None:
            context.load_verify_locations(self._server.ca_file)
        return context

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._begun = False

    def _why_not_connected(self, error: Exception) -> str:
        place = f"{self._server.host}:{self._server.port}"
        match error:
            case ssl.SSLCertVerificationError():
                return f"{place} shows a certificate that is not to be trusted ({error.verify_message})"
            case smtplib.SMTPAuthenticationError():
                return f"{place} does not let {self._server.user} in ({error.smtp_code})"
            case smtplib.SMTPNotSupportedError():
                return f"{place} offers no STARTTLS or no way to sign in: see smtp.security"
            case _:
                return f"{place} cannot be reached ({_short(error)})"


def _expect(answer: tuple[int, bytes], good: set[int], step: str) -> None:
    code, reply = answer
    if code == -1:  # what smtplib makes of a line that no server should send
        raise smtplib.SMTPServerDisconnected("no sense in its answer")
    if code not in good:
        raise _Refusal(code, reply, step)


def _short(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return (str(error.args[-1]) if error.args else type(error).__name__).lower()[:200]
