"""The channels as the settings name them, from the command line to the far end."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ct_cli.actions.reminding.channels import Channels
from ct_cli.actions.workplace import Workplace
from ct_cli.reminders.contacts import ContactBook
from ct_cli.reminders.notify import NotifyChannel
from ct_cli.settings import read_settings
from tests.conftest import Ran
from tests.reminders.conftest import OPENING, Server, World
from tests.reminders.http_stand import HttpStand, Reply
from tests.reminders.notify_imitation import KEY, TEMPLATE, NotifyImitation

Ct = Callable[..., Ran]
SAM = "sam@example.org"


def signing_in(server: Server, more: str = "") -> str:
    """Settings that sign in to a server with STARTTLS."""
    return f"""
[smtp]
host = "localhost"
port = {server.port}
ca_file = '{server.certificate}'
user = "office"
timeout = 2
{more}
[reminders]
from = "office@example.org"
"""


@pytest.mark.parametrize("source", ["environment", "file", "command"])
def test_the_password_comes_from_the_environment_a_file_or_a_command(
    ct: Ct, world: World, starttls: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    kept = tmp_path / "a secret"
    kept.write_text("s3cret\n", encoding="utf-8")
    command = f'"{sys.executable}" -c "print(open(r\'{kept}\').read())"'
    more = {"environment": "", "file": f"password_file = '{kept}'", "command": f"password_command = '''{command}'''"}
    if source == "environment":
        monkeypatch.setenv("CT_SMTP_PASSWORD", "s3cret")
    world.fill({"LOC123": [SAM]})
    world.set(signing_in(starttls, more[source]))
    ran = ct("remind", "--channel", "smtp", now=OPENING)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert starttls.mailbox.recipients == [SAM]


def test_a_password_that_is_wrong_stands_nowhere(
    ct: Ct, world: World, starttls: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_SMTP_PASSWORD", "wr0ng")
    world.fill({"LOC123": [SAM]})
    world.set(signing_in(starttls))
    ran = ct("remind", "--channel", "smtp", "-v", now=OPENING)
    assert ran.status == 6
    assert "does not let office in" in ran.out
    log = ct("remind", "log", "--json").out
    assert "wr0ng" not in ran.out + ran.err + log + ct("config", "list").out


@pytest.fixture
def teams() -> Iterator[HttpStand]:
    stand = HttpStand(lambda _: Reply(202))
    yield stand
    stand.stop()


def test_a_providers_webhook_is_told_as_a_person_is(ct: Ct, world: World, teams: HttpStand) -> None:
    world.fill({"LOC123": []})
    world.set(f"""
[reminders.webhooks]
office = "{teams.url}/s3cret"
[reminders.providers]
"Rose Care Ltd" = ["webhook:office"]
""")
    ran = ct("remind", "--channel", "webhook", "-v", now=OPENING)
    assert (ran.status, "Sent 1 reminder" in ran.out) == (0, True)
    [request] = teams.requests
    subject, text = request.body["attachments"][0]["content"]["body"]
    assert subject["text"].endswith("1 return for Capacity Tracker due by 11:59pm on Monday 16 December 2024")
    assert "Rose House (LOC123)" in text["text"]
    log = ct("remind", "log").out
    assert "webhook:office" in log
    assert "s3cret" not in log + ran.out


def test_notify_keeps_to_3000_a_minute_unless_it_is_told_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_NOTIFY_KEY", KEY)
    for more, expected in (("", 3000), ("per_minute = 60\n", 60)):
        world.set(f'[notify]\ntemplate = "{TEMPLATE}"\n{more}[reminders]\nchannel = "notify"\n')
        now = datetime(2024, 12, 9, tzinfo=UTC)
        channels = Channels(Workplace(read_settings(), now), ContactBook(), None, print, lambda: now)  # noqa: B023
        channel = channels.for_recipient(SAM)
        assert isinstance(channel, NotifyChannel)
        assert (channel.waits, channel._pace.per_minute) == (True, expected)
        channels.close()


def test_notify_says_the_close_in_words_for_it_takes_no_calendar(ct: Ct, world: World, tmp_path: Path) -> None:
    api = NotifyImitation()
    key = tmp_path / "key"
    key.write_text(KEY, encoding="utf-8")
    world.fill({"LOC123": [SAM]})
    world.set(f"[notify]\nurl = '{api.http.url}'\ntemplate = '{TEMPLATE}'\nkey_file = '{key}'\n")
    ran = ct("remind", "--channel", "notify", "--json", now=OPENING)
    api.http.stop()
    assert json.loads(ran.out)["data"]["sent"] == 1
    [sent] = api.sent
    assert sent["personalisation"].keys() == {"subject", "body"}
    assert "The window closes at 11:59pm on Monday 16 December 2024." in sent["personalisation"]["body"]
