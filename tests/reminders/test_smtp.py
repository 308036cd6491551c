"""A mail server that misbehaves: what became of each message is told as it is, and what is not known as unknown."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from ct_cli.reminders.channel import Fate
from ct_cli.reminders.pace import Pace
from ct_cli.reminders.smtp import MailServer, PasswordInTheClear, SmtpChannel
from tests.reminders.conftest import SENDER, Server, message, serve


def now() -> datetime:
    return datetime(2024, 12, 9, 9, 0, tzinfo=UTC)


def channel(server: Server, **given: object) -> SmtpChannel:
    usual = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 1.0}
    return SmtpChannel(MailServer(**{**usual, **given}), SENDER, Pace(0), now)  # type: ignore[arg-type]


def test_a_message_has_its_own_id_and_its_calendar(mail: Server) -> None:
    with channel(mail) as out:
        out.send(message())
    read = message_from_bytes(mail.mailbox.taken[0][1], policy=policy.default)
    assert read["Message-ID"] == f"<{'ab' * 16}@example.org>"
    assert [it.get_content_type() for it in read.iter_attachments()] == ["text/calendar"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("recipient", "fate", "words"),
    [
        ("gone@example.org", Fate.REFUSED, "550"),
        ("busy@example.org", Fate.LATER, "450"),
        ("closing@example.org", Fate.LATER, "421"),
        ("spam@example.org", Fate.REFUSED, "554"),
        ("full@example.org", Fate.LATER, "452"),
    ],
)
def test_what_the_server_says_is_told_and_the_next_message_still_goes_out(
    mail: Server, recipient: str, fate: Fate, words: str
) -> None:
    with channel(mail) as out:
        told = out.send(message(recipient))
        assert (told.fate, told.channel_down) == (fate, False)
        assert told.words.startswith(words)
        assert out.send(message("sam@example.org")).fate is Fate.SENT
    assert mail.mailbox.recipients == ["sam@example.org"]


def test_a_server_that_carries_nothing_on_gives_up_no_recipient(mail: Server) -> None:
    with channel(mail) as out:
        told = out.send(message("relay@example.org"))
    assert (told.fate, told.channel_down) == (Fate.LATER, True)
    assert "Relay access denied" in told.words


@pytest.mark.parametrize("made_way", [False, True])
def test_a_connection_that_was_closed_meanwhile_is_opened_again_and_nothing_is_sent_twice(
    mail: Server, made_way: bool
) -> None:
    mail.mailbox.closing_after = 2
    with channel(mail) as out:
        for number in range(4):
            if made_way:
                out.ready()
            assert out.send(message(f"sam{number}@example.org")).fate is Fate.SENT
    assert mail.mailbox.recipients == [f"sam{n}@example.org" for n in range(4)]
    assert mail.mailbox.connections == 2


def test_a_slow_server_is_waited_for(mail: Server) -> None:
    mail.mailbox.slow = 0.3
    with channel(mail) as out:
        assert out.send(message()).fate is Fate.SENT


def test_other_work_is_done_while_the_server_takes_its_time_over_a_message(mail: Server) -> None:
    mail.mailbox.slow = 0.2
    taken: list[int] = []
    with channel(mail) as out:
        assert out.send(message(), lambda: taken.append(len(mail.mailbox.taken))).fate is Fate.SENT
        assert out.send(message("gone@example.org"), lambda: taken.append(-1)).fate is Fate.REFUSED
    assert taken == [0], "once, before the answer; and where nothing was given over there is no answer to wait for"


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []
        threading.Thread(target=lambda: held.append(listening.accept()[0]), daemon=True).start()
        yield listening.getsockname()[1]


def test_a_server_that_accepts_and_never_answers_is_given_up(silent_port: int) -> None:
    out = SmtpChannel(MailServer("127.0.0.1", silent_port, "none", timeout=0.5), SENDER, Pace(0), now)
    told = out.send(message())
    assert (told.fate, told.channel_down) == (Fate.LATER, True)


def test_starttls_and_a_password(starttls: Server) -> None:
    given = {"host": "localhost", "security": "starttls", "user": "office", "password": "s3cret"}
    with channel(starttls, **given, ca_file=starttls.certificate) as out:
        assert out.send(message()).fate is Fate.SENT


def test_a_certificate_that_nobody_signed_is_not_trusted(starttls: Server) -> None:
    with channel(starttls, host="localhost", security="starttls", user="office", password="s3cret") as out:
        told = out.send(message())
    assert (told.fate, told.channel_down) == (Fate.LATER, True)
    assert "certificate" in told.words
    assert starttls.mailbox.taken == []


def test_a_certificate_for_another_name_is_not_trusted(starttls: Server) -> None:
    with channel(starttls, security="starttls", ca_file=starttls.certificate) as out:
        assert "certificate" in out.send(message()).words


def test_a_wrong_password_is_told_without_it(starttls: Server) -> None:
    given = {"host": "localhost", "security": "starttls", "user": "office", "password": "wr0ng"}
    with channel(starttls, **given, ca_file=starttls.certificate) as out:
        told = out.send(message())
    assert (told.fate, told.channel_down) == (Fate.LATER, True)
    assert "does not let office in" in told.words
    assert "wr0ng" not in told.words + repr(MailServer("h", 1, "tls", "u", "wr0ng"))


def test_a_server_without_starttls_gets_nothing_in_the_clear(mail: Server) -> None:
    with channel(mail, security="starttls") as out:
        assert "STARTTLS" in out.send(message()).words
    assert mail.mailbox.taken == []


def test_tls_from_the_first_byte(certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server = serve(ssl_context=context)
    with channel(server, host="localhost", security="tls", ca_file=certificate[0]) as out:
        assert out.send(message()).fate is Fate.SENT
    server.stop()


def test_a_password_is_not_sent_in_the_clear_over_a_network(mail: Server) -> None:
    with pytest.raises(PasswordInTheClear):
        channel(mail, host="mail.example.org", user="office", password="s3cret")
