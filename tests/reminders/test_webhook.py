"""What is peculiar to webhooks: Teams' and Slack's forms, and what an answer means."""

import json
from collections.abc import Callable, Iterator

import pytest

from ct_cli.reminders.channel import Fate
from ct_cli.reminders.webhook import WebhookChannel, _payload
from tests.reminders.conftest import message
from tests.reminders.http_stand import HttpStand, Reply


@pytest.fixture
def answering() -> Iterator[Callable[[int], HttpStand]]:
    running: list[HttpStand] = []

    def start(status: int) -> HttpStand:
        running.append(HttpStand(lambda _: Reply(status, headers={"Location": "/elsewhere"})))
        return running[-1]

    yield start
    for stand in running:
        stand.stop()


@pytest.mark.parametrize(
    ("status", "fate"),
    [(200, Fate.SENT), (202, Fate.SENT), (302, Fate.REFUSED), (404, Fate.REFUSED), (410, Fate.REFUSED),
     (408, Fate.LATER), (429, Fate.LATER), (500, Fate.LATER), (503, Fate.LATER)],
)  # fmt: skip
def test_what_a_webhook_answers(answering: Callable[[int], HttpStand], status: int, fate: Fate) -> None:
    stand = answering(status)
    out = WebhookChannel({"office": f"{stand.url}/hook"}, timeout=2)
    assert out.send(message("webhook:office")).fate is fate
    assert [it.path for it in stand.requests] == ["/hook"], "it is not followed to another place"


def test_teams_gets_a_card_that_is_not_too_large(answering: Callable[[int], HttpStand]) -> None:
    stand = answering(202)
    text = "".join(f"line {number} of a long message\n" for number in range(2_000))
    WebhookChannel({"office": f"{stand.url}/hook"}).send(message("webhook:office", text=text))
    body = stand.requests[0].body
    card = body["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    assert card["body"][0]["text"] == "Last day: Rose House"
    assert len(json.dumps(body)) < 28_000
    assert "ct status --outstanding" in card["body"][1]["text"]


def test_slack_gets_one_text() -> None:
    body = _payload(message(text="Bye\n"), "hooks.slack.com")
    assert body == {"text": "*Last day: Rose House*\nBye\n"}
