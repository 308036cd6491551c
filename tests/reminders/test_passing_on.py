"""An address that refuses for good: whoever runs ct hears of it, and each location's next contact is told, once."""

import json
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.reminders.contacts import ContactBook, Reachable, WhyNot
from ct_cli.reminders.passing_on import next_contact
from tests.conftest import Ran
from tests.reminders.conftest import CARE_HOME, LAST_MORNING, MISSED, OPENING, Server, World, by_mail
from tests.reminders.notify_imitation import KEY, PERMANENT_FAILURE, TEMPLATE, TEMPORARY_FAILURE, NotifyImitation

Ct = Callable[..., Ran]
GONE, SAM, ALEX, OPS = "gone@example.org", "sam@example.org", "alex@example.org", "ops@example.org"
PROVIDER = f'[reminders.providers]\n"Rose Care Ltd" = "{OPS}"\n'


def send(ct: Ct, *more: str, now: str = OPENING) -> Ran:
    return ct("remind", "--channel", "smtp", *more, now=now)


def got(mail: Server) -> list[tuple[str, str, str]]:
    """Recipient, subject and text of each message, its lines run together."""
    found = []
    for who, content in mail.mailbox.taken:
        read = message_from_bytes(content, policy=policy.default)
        body = read.get_body(("plain",))
        assert body is not None
        found.append((who, str(read["Subject"]), " ".join(str(body.get_content()).split())))
    return found


def test_another_user_of_the_location_is_told_in_the_same_run_and_only_once_in_the_month(
    ct: Ct, world: World, mail: Server
) -> None:
    world.fill({"LOC123": [GONE, SAM], "LOC456": [SAM]})
    world.set(by_mail(mail))
    ran = send(ct)
    assert ran.status == 4
    assert f"Not told: {GONE}, about LOC123: 550" in ran.out
    assert f"Told in their place: {SAM}." in ran.out
    [(_, first, reminder), (who, subject, text)] = got(mail)
    assert (who, "could not be reached" in first) == (SAM, False)
    assert GONE not in reminder
    assert "A contact could not be reached." in subject
    assert f"{GONE} could not be told about Rose House (LOC123)" in text
    assert f"ct users remove {GONE}, then ct users add LOC123 --email" in text
    assert "ct submit LOC123" in text
    assert "Elm Lodge" not in text, "it is told of what the address was to be told of"
    again = send(ct)
    assert (again.status, again.out) == (0, "")
    assert send(ct, now=LAST_MORNING).status == 4, "the address is tried on each rung, and reported"
    assert len(got(mail)) == 3
    assert "could not be reached" not in got(mail)[-1][1]


def test_where_no_user_is_left_the_providers_contact_gets_the_reminder_and_why(
    ct: Ct, world: World, mail: Server
) -> None:
    world.fill({"LOC123": [GONE]})
    world.set(by_mail(mail) + 'providers_from = "off"\n' + PROVIDER)
    ran = send(ct)
    assert (ran.status, "550" in ran.out) == (4, True)
    [(who, subject, text)] = got(mail)
    assert who == OPS
    assert "A contact could not be reached." in subject
    assert "You are told as the next contact." in text
    assert (send(ct).out, len(got(mail))) == ("", 1)
    send(ct, now=MISSED)
    [_, (_, _, missed)] = got(mail)
    assert f"{GONE} could not be told about Rose House (LOC123)" in missed
    assert "no return is known" in missed


def test_the_log_says_who_was_told_in_whose_place_and_why(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [GONE]})
    world.set(by_mail(mail) + PROVIDER)
    send(ct)
    log = ct("remind", "log").out
    assert re.search(rf" {GONE} +LOC123 +failed .* 550 5\.1\.1", log)
    assert re.search(rf" {OPS} +LOC123 +sent .* next contact: {GONE} refused", log)


def test_each_location_has_its_own_next_contact(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [GONE, SAM], "LOC456": [GONE, ALEX], "LOC789": [GONE]})
    world.set(by_mail(mail) + PROVIDER)
    send(ct)
    told = {who: text for who, subject, text in got(mail) if "could not be reached" in subject}
    assert sorted(told) == [ALEX, OPS, SAM]
    assert "(LOC456)" not in told[SAM]
    assert "(LOC123)" not in told[ALEX]
    assert f"{GONE} could not be told about House LOC789 (LOC789):" in told[OPS]


def test_where_the_next_contact_refuses_too_the_one_after_is_told_in_the_same_run(
    ct: Ct, world: World, mail: Server
) -> None:
    world.fill({"LOC123": [GONE]})
    world.set(by_mail(mail) + f'[reminders.providers]\n"Rose Care Ltd" = ["gone-too@example.org", "{OPS}"]\n')
    ran = send(ct)
    assert ran.out.count("Not told:") == 2
    texts = [text for who, _, text in got(mail) if who == OPS]
    assert any(f"{GONE} could not be told" in text for text in texts)
    assert any("gone-too@example.org could not be told" in text for text in texts)
    assert any("a provider's contact, and is put right in ct's settings" in text for text in texts)
    assert send(ct).out == ""


def test_who_is_away_or_wants_no_reminders_is_passed_over(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [ALEX, GONE, SAM]})
    world.set(by_mail(mail) + PROVIDER)
    ct("remind", "away", ALEX, "--from", "2024-12-01", now=OPENING)
    ct("remind", "opt-out", SAM, now=OPENING)
    send(ct)
    assert [who for who, _, _ in got(mail)] == [OPS]


def test_where_nobody_is_next_the_location_is_reported_as_having_nobody_to_tell(
    ct: Ct, world: World, mail: Server
) -> None:
    world.fill({"LOC123": [GONE]})
    world.set(by_mail(mail))
    ran = send(ct)
    assert ran.status == 4
    assert "Nobody can be told about LOC123" in ran.out
    assert "Told in their place" not in ran.out
    [row] = [line for line in ct("remind", "log").out.splitlines() if " nobody " in line]
    assert f"{GONE} refused, and there is no next contact" in row
    assert "nobody can be told" in row
    assert send(ct).out == ""


def test_a_dry_run_says_who_would_be_told_in_whose_place(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [GONE]})
    world.set(by_mail(mail))
    send(ct)
    world.set(by_mail(mail) + PROVIDER)
    dry = ct("remind", "--dry-run", now=OPENING).out
    assert f"{GONE} could not be reached" in next(line for line in dry.splitlines() if line.startswith(OPS))


def test_an_address_that_was_erased_stands_in_nobodys_letter(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [GONE, SAM]})
    world.set(by_mail(mail))
    send(ct)
    ct("users", "remove", GONE)
    with SqliteBackend(world.store) as backend:
        letters = backend.letters()
    assert [it.instead_of for it in letters if it.recipient == SAM] == [(), ("erased",)]
    assert GONE not in repr(letters)


def test_the_next_contact_is_the_first_who_can_be_told_of_the_users_and_then_of_the_providers_contacts() -> None:
    home = Location("LOC123", "Rose House", (CARE_HOME,), provider="Rose Care Ltd")
    users = [User("LOC123", ALEX, ""), User("LOC123", GONE, ""), User("LOC123", SAM, "")]
    book = ContactBook(providers={"rose care ltd": (OPS, "board@example.org")})
    refusing = {GONE: WhyNot.FAILED}
    for why_not, expected in (
        ({}, ALEX),
        ({ALEX: WhyNot.AWAY}, SAM),
        ({ALEX: WhyNot.AWAY, SAM: WhyNot.OPTED_OUT}, OPS),
        ({ALEX: WhyNot.AWAY, SAM: WhyNot.FAILED, OPS: WhyNot.AWAY}, "board@example.org"),
        ({ALEX: WhyNot.AWAY, SAM: WhyNot.FAILED, OPS: WhyNot.AWAY, "board@example.org": WhyNot.FAILED}, None),
    ):
        assert next_contact(home, users, Reachable(book, refusing | why_not)) == expected


@pytest.fixture
def notify() -> Iterator[NotifyImitation]:
    api = NotifyImitation()
    yield api
    api.http.stop()


@pytest.mark.parametrize(
    ("address", "words"), [(PERMANENT_FAILURE, "there is no such address"), (TEMPORARY_FAILURE, "the mailbox is full")]
)
def test_what_notify_could_not_deliver_is_known_by_the_next_run_which_tells_the_next_contact(
    ct: Ct, world: World, notify: NotifyImitation, monkeypatch: pytest.MonkeyPatch, address: str, words: str
) -> None:
    monkeypatch.setenv("CT_NOTIFY_KEY", KEY)
    world.fill({"LOC123": [address]})
    world.set(f'{PROVIDER}[notify]\nurl = "{notify.http.url}"\ntemplate = "{TEMPLATE}"\n')
    first = ct("remind", "--channel", "notify", now=OPENING)
    assert (first.status, first.out) == (0, "")
    assert [it["email_address"] for it in notify.sent] == [address]
    second = ct("remind", "--channel", "notify", now="2024-12-09T09:20:00+00:00")
    assert second.status == 4
    assert words in second.out
    assert f"Told in their place: {OPS}." in second.out
    assert [it["email_address"] for it in notify.sent] == [address, OPS]
    assert f"{address} could not be told" in notify.sent[1]["personalisation"]["body"]
    third = ct("remind", "--channel", "notify", "--json", now="2024-12-09T09:35:00+00:00")
    assert (third.status, json.loads(third.out)["data"]["sent"]) == (0, 0)


def test_all_pages_of_what_notify_could_not_deliver_are_read(notify: NotifyImitation) -> None:
    from ct_cli.reminders.notify import NotifyChannel
    from ct_cli.reminders.pace import Pace

    notify.taken = [
        {"id": f"id{number}", "reference": f"ref{number}", "type": "email", "status": "permanent-failure"}
        for number in range(600)
    ]
    out = NotifyChannel(KEY, TEMPLATE, notify.http.url, Pace(0))
    assert out.came_back().keys() == {f"ref{number}" for number in range(600)}
    notify.http.stop()
    assert NotifyChannel(KEY, TEMPLATE, notify.http.url, Pace(0)).came_back() == {}, "it is asked again another time"
