"""The promises of ct_cli/reminders/channel.py, which every channel keeps: against a real mail server, GOV.UK Notify's
API and webhooks over real sockets, and a pipe with a real reader. What is peculiar to one is in its own file."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ct_cli.reminders.channel import Fate, Sending
from ct_cli.reminders.channel_name import ChannelName
from ct_cli.reminders.message import Message
from tests.reminders.channel_stands import (
    PEOPLE,
    Delivered,
    NotifyStand,
    SmtpStand,
    Stand,
    StdoutStand,
    WebhookStand,
)
from tests.reminders.conftest import message

KINDS: dict[str, type[Stand]] = {
    "smtp": SmtpStand,
    "notify": NotifyStand,
    "webhook": WebhookStand,
    "stdout": StdoutStand,
}
TEXT = "Hello Sam,\n.a line with a dot\nBye\n"
DONE = [(name, kind) for name, stand in KINDS.items() for kind in sorted(stand.does)]


def to(stand: Stand, who: str, **given: Any) -> Message:
    """A message of its own to somebody of a name."""
    return message(stand.recipient(who), **{"reference": hashlib.sha256(who.encode()).hexdigest()[:32], **given})


@pytest.fixture
def make() -> Iterator[Callable[[str], Stand]]:
    running: list[Stand] = []

    def start(name: str) -> Stand:
        running.append(KINDS[name]())
        return running[-1]

    yield start
    for stand in running:
        stand.stop()


@pytest.fixture(params=KINDS)
def stand(request: pytest.FixtureRequest, make: Callable[[str], Stand]) -> Stand:
    return make(request.param)


def test_the_suite_is_run_on_every_channel() -> None:
    assert set(KINDS) == set(ChannelName)


def test_each_message_is_delivered_once_and_whole(stand: Stand) -> None:
    people = [stand.recipient(name) for name in PEOPLE]
    with stand.channel() as out:
        assert [out.send(to(stand, name, text=TEXT)) for name in PEOPLE] == [Sending(Fate.SENT)] * len(people)
    assert stand.delivered() == [Delivered(person, "Last day: Rose House", TEXT) for person in people]


def test_every_character_arrives(stand: Stand) -> None:
    subject, text = "Tŷ Rhosyn – £5 ✓ 介護 🏠", "Bwthyn Tŷ Rhosyn’s “close”: £313 – 介護 🏠\n100% = 1/1 \\ $x\n"
    with stand.channel() as out:
        assert out.send(to(stand, "sam", name="Siân Ó’Neill 🏠", subject=subject, text=text)).fate == "sent"
    [delivered] = stand.delivered()
    assert (delivered.subject, delivered.text) == (subject, text)


def test_a_message_that_was_made_ready_goes_only_in_its_own_place(stand: Stand) -> None:
    sam, alex = to(stand, "sam", text="Hello Sam\n"), to(stand, "alex", text="Hello Alex\n")
    busy: list[str] = []
    with stand.channel() as out:
        out.prepare(alex)
        for each in (sam, alex):
            assert out.send(each, lambda who=each.recipient: busy.append(who)).fate is Fate.SENT  # type: ignore[misc]
            out.prepare(sam)
    assert [(it.recipient, it.text) for it in stand.delivered()] == [
        (stand.recipient("sam"), "Hello Sam\n"),
        (stand.recipient("alex"), "Hello Alex\n"),
    ]
    assert len(busy) == len(set(busy)), "other work is done once at most while an answer is waited for"


def test_nothing_goes_out_by_making_way_for_a_message(stand: Stand) -> None:
    with stand.channel() as out:
        for person in ("sam", "alex"):
            out.send(to(stand, person))
            out.ready()
            out.ready()
        assert len(stand.delivered()) == 2
    assert [it.recipient for it in stand.delivered()] == [stand.recipient("sam"), stand.recipient("alex")]


FATES = {
    "gone": (Fate.REFUSED, 0),
    "busy": (Fate.LATER, 0),
    "limit": (Fate.LATER, 0),
    "hangup": (Fate.UNKNOWN, 1),
    "mute": (Fate.UNKNOWN, 1),
}
"""What each thing that can be done to a message is told as, and how often at most the message arrives by it."""


@pytest.mark.parametrize(("name", "kind"), DONE)
def test_what_became_of_a_message_is_told_as_it_is_and_the_next_one_still_goes_out(
    make: Callable[[str], Stand], name: str, kind: str
) -> None:
    stand = make(name)
    with stand.channel() as out:
        assert out.send(to(stand, "alex")).fate is Fate.SENT
        stand.before(kind)
        told = out.send(to(stand, kind))
        after = out.send(to(stand, "sam"))
    fate, most = FATES[kind]
    assert told.fate is fate
    assert told.words
    came = [it.recipient for it in stand.delivered()]
    assert came.count(stand.recipient(kind)) <= most, "what is not known is never sent again by itself"
    if after.fate is Fate.SENT:
        assert came.count(stand.recipient("sam")) == 1
    else:
        assert told.channel_down, "only where nothing more can go this way"


@pytest.mark.parametrize(("name", "kind"), [*DONE, *((name, "away") for name in KINDS if name != "stdout")])
def test_nothing_secret_and_nothing_of_the_message_stands_in_what_is_told(
    make: Callable[[str], Stand], caplog: pytest.LogCaptureFixture, name: str, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    stand = make(name)
    stand.before(kind)
    if kind == "away":
        stand.stop()
    with stand.channel() as out:
        told = out.send(to(stand, kind if kind != "away" else "sam"))
        shown = f"{told.words} {told!r} {out!r}"
    assert told.words
    assert "\n" not in told.words
    logged = " ".join(it.getMessage() for it in caplog.records if not it.name.startswith("mail"))  # the server's own
    for secret in (*stand.secrets, "Rose House", "Hello Sam"):
        assert secret not in shown
        assert secret not in logged


@pytest.mark.parametrize("name", [name for name in KINDS if name != "stdout"])
def test_where_nobody_is_there_the_message_keeps(make: Callable[[str], Stand], name: str) -> None:
    stand = make(name)
    stand.stop()
    with stand.channel() as out:
        told = out.send(to(stand, "sam"))
    assert told.fate is Fate.LATER
    assert "cannot be reached" in told.words
    assert told.channel_down is (name != "webhook"), "of webhooks, each is another place"


@pytest.mark.parametrize("name", [name for name, stand in KINDS.items() if stand.one_connection])
def test_all_go_on_one_connection_also_after_a_refusal(make: Callable[[str], Stand], name: str) -> None:
    stand = make(name)
    with stand.channel() as out:
        for person in ("sam", "gone", "alex", "busy", "robin"):
            out.send(to(stand, person))
    assert len(stand.delivered()) == 3
    assert stand.connections == 1


def test_a_limit_of_so_many_a_minute_is_kept_where_there_is_one(stand: Stand) -> None:
    with stand.channel(per_minute=600) as out:
        assert out.waits is stand.paced
        began = time.monotonic()
        for person in PEOPLE[:4]:
            out.ready()
            out.send(to(stand, person))
        took = time.monotonic() - began
    assert not stand.paced or 0.3 <= took < 3
    assert len(stand.delivered()) == 4


def test_closing_twice_does_no_harm(stand: Stand) -> None:
    out = stand.channel()
    out.send(to(stand, "sam"))
    out.close()
    out.close()
    assert len(stand.delivered()) == 1
