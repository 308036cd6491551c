"""What is peculiar to GOV.UK Notify: its key, its errors, and its memory of what it was given."""

import json
from collections.abc import Iterator

import pytest

from ct_cli.errors import SettingRefused
from ct_cli.reminders.channel import Fate
from ct_cli.reminders.notify import NotifyChannel
from ct_cli.reminders.pace import Pace
from tests.reminders.conftest import message
from tests.reminders.http_stand import Reply
from tests.reminders.notify_imitation import KEY, SMOKE_TEST, TEMPLATE, NotifyImitation, problem

SAM = "sam@example.org"


@pytest.fixture
def api() -> Iterator[NotifyImitation]:
    running = NotifyImitation()
    yield running
    running.http.stop()


def notify(api: NotifyImitation, key: str = KEY, template: str = TEMPLATE) -> NotifyChannel:
    return NotifyChannel(key, template, api.http.url, Pace(0), timeout=2)


def test_a_smoke_test_address_is_sent_to_with_a_test_key_and_our_own_reference(api: NotifyImitation) -> None:
    assert notify(api).send(message(SMOKE_TEST)).fate is Fate.SENT
    [body] = api.sent
    assert (body["email_address"], body["template_id"], body["reference"]) == (SMOKE_TEST, TEMPLATE, "ab" * 16)


def test_a_key_that_notify_does_not_know_lets_nothing_through(api: NotifyImitation) -> None:
    told = notify(api, KEY[:-1] + "1").send(message())
    assert (told.fate, told.channel_down) == (Fate.LATER, True)
    assert "403 (AuthError)" in told.words


def test_a_template_that_is_none_lets_nothing_through(api: NotifyImitation) -> None:
    told = notify(api, template="none").send(message())
    assert (told.fate, told.channel_down) == (Fate.LATER, True)


@pytest.mark.parametrize(
    ("answer", "fate", "down"),
    [
        (
            problem(400, "BadRequestError", "Can't send to this recipient using a team-only API key"),
            Fate.REFUSED,
            False,
        ),
        (
            problem(
                400,
                "BadRequestError",
                "Can't send to this recipient when service is in trial mode - see https://www.notifications.service.gov.uk/trial-mode",
            ),
            Fate.LATER,
            True,
        ),
        (problem(400, "BadRequestError", "Missing personalisation: body"), Fate.LATER, True),
        (problem(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds"), Fate.LATER, True),
        (problem(429, "TooManyRequestsError", "Exceeded send limits (50) for today"), Fate.LATER, True),
    ],
)
def test_what_notify_refuses(api: NotifyImitation, answer: Reply, fate: Fate, down: bool) -> None:
    api.replies[SAM] = answer
    told = notify(api).send(message())
    assert (told.fate, told.channel_down) == (fate, down)
    assert json.dumps(answer.body).count(told.words.partition("(")[2].rstrip(")")) == 1, "the kind of error is named"
    assert notify(api).send(message(SMOKE_TEST)).fate is Fate.SENT


def test_where_the_answer_makes_no_sense_it_is_asked_after(api: NotifyImitation) -> None:
    api.replies[SAM] = Reply(201, b"<html>a proxy's page</html>")
    told = notify(api).send(message())
    assert (told.fate, told.words) == (Fate.UNKNOWN, "Notify's answer made no sense (201)")


@pytest.mark.parametrize(("forgetful", "fate"), [(True, Fate.UNKNOWN), (False, Fate.SENT)])
def test_where_notifys_answer_is_lost_it_is_asked_by_reference(
    api: NotifyImitation, forgetful: bool, fate: Fate
) -> None:
    api.forgetful = forgetful
    assert notify(api).send(message("hangup@example.org")).fate is fate
    assert f"reference={'ab' * 16}" in api.http.requests[-1].path
    assert [it.method for it in api.http.requests] == ["POST", "GET"], "and it is not sent again"


def test_a_key_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingRefused) as refused:
        NotifyChannel("s3cret", TEMPLATE, "https://example.org", Pace(0))
    assert "s3cret" not in str(refused.value)
