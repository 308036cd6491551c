"""Teams, Slack and GOV.UK Notify, each imitated over a real socket: what became of each message is told as it is."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ct_cli.errors import SettingRefused
from ct_cli.reminders.channel import Fate
from ct_cli.reminders.notify import NotifyChannel
from ct_cli.reminders.pace import Pace
from ct_cli.reminders.webhook import WebhookChannel
from tests.reminders.conftest import message

KEY = "test-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
DELIVERED = "simulate-delivered@notifications.service.gov.uk"


class Api:
    """A server that answers as it is told to: a status, or "hangup"."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, Any] | None, str]] = []
        self.answers: dict[str, object] = {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.requests.append(("POST", self.path, body, self.headers.get("Authorization", "")))
                self.answer(api.answers.get(body.get("email_address", ""), api.answers.get(self.path, 201)))

            def do_GET(self) -> None:
                api.requests.append(("GET", self.path, None, self.headers.get("Authorization", "")))
                self.answer(api.answers.get("GET", 200))

            def answer(self, said: object) -> None:
                if said == "hangup":
                    self.connection.close()
                    return
                status, body = (
                    said if isinstance(said, tuple) else (said, {"id": "740e5834-3a29-46b4-9a6f-16142fde533a"})
                )
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def api() -> Iterator[Api]:
    running = Api()
    yield running
    running.stop()


def errors(status: int, kind: str, words: str) -> tuple[int, object]:
    return status, {"status_code": status, "errors": [{"error": kind, "message": words}]}


def notify(api: Api) -> NotifyChannel:
    return NotifyChannel(KEY, "template", api.url, Pace(0), timeout=2)


def test_notify_gets_the_message_signed_with_its_own_reference(api: Api) -> None:
    assert notify(api).send(message(DELIVERED)).fate is Fate.SENT
    [(_, path, body, authorization)] = api.requests
    assert path == "/v2/notifications/email"
    assert body is not None
    assert (body["email_address"], body["template_id"], body["reference"]) == (DELIVERED, "template", "ab" * 16)
    assert body["personalisation"]["subject"] == "Last day: Rose House"
    claims = json.loads(base64.urlsafe_b64decode(authorization.split(".")[1] + "=="))
    assert claims["iss"] == "26785a09-ab16-4eb0-8407-a37497a57506"


@pytest.mark.parametrize(
    ("answer", "fate", "down"),
    [
        (errors(400, "ValidationError", "email_address Not a valid email address"), Fate.REFUSED, False),
        (errors(400, "BadRequestError", "Can't send to this recipient using a team-only API key"), Fate.REFUSED, False),
        (errors(400, "BadRequestError", "Missing personalisation: body"), Fate.LATER, True),
        (errors(403, "AuthError", "Invalid token: API key not found"), Fate.LATER, True),
        (errors(429, "RateLimitError", "Exceeded rate limit of 3000 requests per 60 seconds"), Fate.LATER, True),
        (errors(500, "Exception", "Internal server error"), Fate.LATER, False),
    ],
)
def test_what_notify_refuses(api: Api, answer: object, fate: Fate, down: bool) -> None:
    api.answers["sam@example.org"] = answer
    told = notify(api).send(message())
    assert (told.fate, told.channel_down) == (fate, down)
    assert "sam@" not in told.words
    assert notify(api).send(message(DELIVERED)).fate is Fate.SENT


@pytest.mark.parametrize(("known", "fate"), [([], Fate.UNKNOWN), ([{"id": "1"}], Fate.SENT)])
def test_where_notifys_answer_is_lost_it_is_asked_by_reference(api: Api, known: list[object], fate: Fate) -> None:
    api.answers["sam@example.org"] = "hangup"
    api.answers["GET"] = (200, {"notifications": known})
    assert notify(api).send(message()).fate is fate
    assert f"reference={'ab' * 16}" in api.requests[-1][1]


def test_notify_that_cannot_be_reached_keeps_the_message(api: Api) -> None:
    out = notify(api)
    api.stop()
    told = out.send(message())
    assert (told.fate, told.channel_down) == (Fate.LATER, True)


def test_a_key_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingRefused) as refused:
        NotifyChannel("s3cret", "template", "https://example.org", Pace(0))
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "fate"),
    [(200, Fate.SENT), (202, Fate.SENT), (404, Fate.REFUSED), (302, Fate.REFUSED), (429, Fate.LATER),
     (503, Fate.LATER), ("hangup", Fate.UNKNOWN)],
)  # fmt: skip
def test_what_a_webhook_answers(api: Api, answer: object, fate: Fate) -> None:
    api.answers["/hook/s3cret"] = answer
    told = WebhookChannel({"office": f"{api.url}/hook/s3cret"}, timeout=2).send(message("webhook:office"))
    assert told.fate is fate
    assert "s3cret" not in told.words


def test_teams_gets_a_card_that_is_not_too_large(api: Api) -> None:
    text = "".join(f"line {number} of a long message\n" for number in range(2_000))
    WebhookChannel({"office": f"{api.url}/hook"}).send(message("webhook:office", text=text))
    body = api.requests[0][2]
    assert body is not None
    card = body["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    assert card["body"][0]["text"] == "Last day: Rose House"
    assert len(json.dumps(body)) < 28_000
    assert "ct status --outstanding" in card["body"][1]["text"]


def test_a_webhook_that_cannot_be_reached_keeps_the_message(api: Api) -> None:
    api.stop()
    told = WebhookChannel({"office": f"{api.url}/hook"}, timeout=1).send(message("webhook:office"))
    assert told.fate is Fate.LATER
