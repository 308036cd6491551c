"""A real mail server that misbehaves when asked to, a register to remind of, and messages to send."""

import asyncio
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.reminders.message import Attachment, Message
from ct_cli.reminders.mime import Sender
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month

CARE_HOME, HOME_CARE = Service.CARE_HOME, Service.HOME_CARE
DECEMBER = Month(2024, 12)
SENDER = Sender("office@example.org", "Reminders", "reply@example.org", "<mailto:stop@example.org>")
OPENING = "2024-12-09T09:05:00+00:00"
LAST_MORNING = "2024-12-16T09:05:00+00:00"
LAST_AFTERNOON = "2024-12-16T14:05:00+00:00"
MISSED = "2024-12-17T09:05:00+00:00"


@dataclass
class Mailbox:
    """What the server took, and how it is to behave: by what stands before the @ of a recipient."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    slow: float = 0.0
    closing_after: int | None = None
    """After so many recipients it closes the connection, once."""

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.taken]

    async def handle_EHLO(self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        if not getattr(session, "counted", False):
            self.connections += 1
            session.counted = True
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        kind = address.partition("@")[0].partition("-")[0]
        if kind == "closing" or (self.closing_after is not None and self.closing_after == 0):
            self.closing_after = None
            if kind == "closing":
                server.push_later = asyncio.get_event_loop().call_later(0.05, server.transport.close)
                return "421 closing the channel"
            server.transport.abort()
            return "421 gone"
        if self.closing_after is not None:
            self.closing_after -= 1
        if kind == "gone":
            return f"550 5.1.1 <{address}> no such user"
        if kind == "busy":
            return "450 4.2.1 try again later"
        if kind == "relay":
            return f"554 5.7.1 <{address}>: Relay access denied"
        if kind == "limit":
            return "451 4.7.1 too many messages: slow down"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        address = envelope.rcpt_tos[0]
        kind = address.partition("@")[0].partition("-")[0]
        await asyncio.sleep(self.slow)
        if kind == "spam":
            return "554 5.7.1 refused as spam"
        if kind == "full":
            return "452 4.2.2 mailbox full"
        self.taken.append((address, envelope.content))
        if kind == "hangup":
            server.transport.abort()
        elif kind == "mute":
            await asyncio.sleep(30)
        return "250 OK"


@dataclass
class Server:
    """A server that runs."""

    port: int
    mailbox: Mailbox
    stop: Callable[[], None]
    certificate: Path | None = None


def serve(**given: Any) -> Server:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=0, ready_timeout=20, **given)
    # Port 0 is not known to the controller's own check that the server is up, so it is started by hand.
    controller._factory_invoker = lambda: SMTP(mailbox, **controller.SMTP_kwargs)  # type: ignore[method-assign]
    loop = controller.loop
    server = loop.run_until_complete(
        loop.create_server(controller._factory_invoker, "127.0.0.1", 0, ssl=controller.ssl_context)
    )
    import threading

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def stop() -> None:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)

    return Server(server.sockets[0].getsockname()[1], mailbox, stop)


@pytest.fixture
def mail() -> Iterator[Server]:
    """A mail server without TLS."""
    server = serve()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that nobody signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert,
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.fixture
def starttls(certificate: tuple[Path, Path]) -> Iterator[Server]:
    """A mail server with STARTTLS that wants a password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, auth: Any) -> AuthResult:
        return AuthResult(success=(auth.login, auth.password) == (b"office", b"s3cret"), handled=False)

    server = serve(tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticator)
    server.certificate = certificate[0]
    yield server
    server.stop()


def message(recipient: str = "sam@example.org", **given: Any) -> Message:
    """A message as the writer makes them."""
    usual: dict[str, Any] = {
        "name": "Sam", "subject": "Last day: Rose House", "text": "Hello Sam,\n.a line with a dot\nBye\n",
        "html": "<p>Hello Sam</p>\n", "reference": "ab" * 16,
        "calendar": Attachment("close.ics", b"BEGIN:VCALENDAR\r\n"),
    }  # fmt: skip
    return Message(recipient, **{**usual, **given})


@dataclass
class World:
    """A register in the home's own store, and the settings that reminders need."""

    home: Path
    store: Path
    settings: Path

    def set(self, text: str) -> None:
        self.settings.write_text(text, encoding="utf-8")

    def fill(self, locations: dict[str, list[str]], *, months: int = 24, **details: Any) -> None:
        """Care homes by id, with their users. Each has made every return of so many months before December 2024."""
        with SqliteBackend(self.store) as backend:
            names = {"LOC123": "Rose House", "LOC456": "Elm Lodge"}
            given = {"services": (CARE_HOME,), "local_authority": "Kent", "provider": "Rose Care Ltd", **details}
            backend.save_locations(Location(id, **{"name": names.get(id, f"House {id}"), **given}) for id in locations)
            backend.save_users(User(id, email, "") for id, emails in locations.items() for email in emails)
            backend.record([made(id, DECEMBER + -back) for id in locations for back in range(1, months + 1)])

    def make(self, *ids: str, month: Month = DECEMBER) -> None:
        """Record a month's return for locations."""
        with SqliteBackend(self.store) as backend:
            backend.record([made(id, month) for id in ids])


def made(location_id: str, month: Month = DECEMBER) -> Submission:
    """A return that was made in time."""
    from datetime import UTC, datetime

    said = CheckedReturn(location_id, CARE_HOME, month, ReturnKind.FULL, "care-home-2024-04-26", {"occupied": 1})
    received = datetime(month.year, month.number, 9, 10, tzinfo=UTC)
    return Submission(said, received, True, False, Source.RECORDED_HERE, "the office")


@pytest.fixture
def world(home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty register and no settings."""
    monkeypatch.setenv("CT_STORE", str(home / "ct.sqlite3"))
    monkeypatch.setenv("CT_CONFIG", str(home / "config.toml"))
    return World(home, home / "ct.sqlite3", home / "config.toml")


def by_mail(server: Server, more: str = "") -> str:
    """Settings that send by a server; `more` is put before them."""
    return f"""{more}
[smtp]
host = "127.0.0.1"
port = {server.port}
security = "none"
timeout = 2

[reminders]
from = "office@example.org"
"""


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Until the condition holds; fails where it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.002)
