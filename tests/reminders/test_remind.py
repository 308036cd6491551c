"""`ct remind` at the desk: who is told of what, when, and that it is once."""

import json
import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from ct_cli.backends.outbox import LetterState
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.windows.month import Month
from tests.conftest import Ran
from tests.reminders.conftest import (
    DECEMBER,
    LAST_AFTERNOON,
    LAST_MORNING,
    MISSED,
    OPENING,
    Server,
    World,
    by_mail,
)

Ct = Callable[..., Ran]
SAM, ALEX, OPS = "sam@example.org", "alex@example.org", "ops@example.org"


def send(ct: Ct, *more: str, now: str = OPENING) -> Ran:
    return ct("remind", "--channel", "smtp", *more, now=now)


def got(mail: Server) -> list[tuple[str, EmailMessage]]:
    return [(who, message_from_bytes(content, policy=policy.default)) for who, content in mail.mailbox.taken]  # type: ignore[misc]


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return re.sub("</?span>", "", str(body.get_content()))  # which keep a command's words together


def test_one_message_for_each_person_with_all_that_they_owe(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM, ALEX], "LOC456": [SAM]})
    world.set(by_mail(mail))
    ran = send(ct)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    messages = dict(got(mail))
    assert sorted(messages) == [ALEX, SAM]
    for kind in ("plain", "html"):
        sams, alexs = text_of(messages[SAM], kind), text_of(messages[ALEX], kind)
        assert "Rose House" in sams
        assert "Elm Lodge" in sams
        assert "Elm Lodge" not in alexs
        for words in ("11:59pm on Monday 16 December 2024", "ct submit LOC456 --service care-home --unchanged",
                      "ct nil-return LOC456 --service care-home", "0191 691 3729"):  # fmt: skip
            assert words in sams


def test_the_headers_and_the_calendar_of_a_message(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail))
    send(ct)
    [(_, message)] = got(mail)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<mailto:office@example.org?subject=unsubscribe>"
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", message["Message-ID"])
    assert message["Subject"].startswith("[Rehearsal")
    [attached] = message.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_filename() == "capacity-tracker-2024-12.ics"
    assert "DTEND;TZID=Europe/London:20241217T000000" in attached.get_content()
    assert message.defects == []


def test_a_rung_is_sent_once_and_the_next_one_again(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail))
    for moment in (OPENING, OPENING, "2024-12-11T18:00:00+00:00", LAST_MORNING, LAST_MORNING, LAST_AFTERNOON):
        send(ct, now=moment)
    assert len(mail.mailbox.taken) == 3
    assert len({message["Message-ID"] for _, message in got(mail)}) == 3


def test_a_location_whose_return_was_made_is_never_mentioned(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM], "LOC456": [SAM, ALEX]})
    world.make("LOC456")
    world.set(by_mail(mail))
    send(ct)
    [(who, message)] = got(mail)
    assert who == SAM
    assert "Elm Lodge" not in str(message)


def test_after_missed_runs_only_the_tightest_rung_is_sent(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": ["busy@example.org", SAM]})
    world.set(by_mail(mail))
    send(ct)
    send(ct, now=LAST_AFTERNOON)
    assert mail.mailbox.recipients == [SAM, SAM]
    with SqliteBackend(world.store, rehearsing=True) as backend:
        states = {(it.recipient, it.rung): it.state for it in backend.letters()}
    assert states["busy@example.org", "opening"] is LetterState.SUPERSEDED
    assert states["busy@example.org", "last-afternoon"] is LetterState.PENDING


def test_what_was_missed_is_told_once_with_the_risk_that_it_brings(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail))
    with SqliteBackend(world.store) as backend:
        backend._connection.execute("DELETE FROM entries WHERE month IN (202410, 202411)")
    send(ct, now=LAST_MORNING)
    send(ct, now=MISSED)
    send(ct, now="2024-12-20T09:00:00+00:00")
    [before, after] = [text_of(message) for _, message in got(mail)]
    assert "Rose House missed October and November 2024: missing this one reaches the level for a notice" in before
    assert "Rose House has now missed October, November and December 2024" in after
    assert "ct submit" not in after


def test_returns_are_grouped_by_urgency_the_nearest_to_a_penalty_first(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM], "LOC456": [SAM], "LOC789": [SAM]})
    world.set(by_mail(mail))
    with SqliteBackend(world.store) as backend:
        backend._connection.execute("DELETE FROM entries WHERE location_id = 'LOC789' AND month IN (202410, 202411)")
        backend._connection.execute("DELETE FROM entries WHERE location_id = 'LOC456' AND month = 202411")
    send(ct)
    [(_, message)] = got(mail)
    for kind in ("plain", "html"):
        text = text_of(message, kind)
        places = [
            text.index(words) for words in ("MOST URGENT", "(LOC789)", "AT RISK", "(LOC456)", "ALSO TO", "(LOC123)")
        ]
        assert places == sorted(places)


def test_a_public_body_is_told_of_what_it_owes_and_of_no_penalty(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]}, public_body=True)
    world.set(by_mail(mail))
    with SqliteBackend(world.store) as backend:
        backend._connection.execute("DELETE FROM entries WHERE month IN (202410, 202411)")
    send(ct)
    [(_, message)] = got(mail)
    assert "notice" not in text_of(message)


def test_a_temporary_failure_is_tried_again_with_growing_pauses(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": ["busy@example.org"]})
    world.set(by_mail(mail))
    assert send(ct).status == 0
    pauses = {"09:06": 1, "09:11": 2, "09:12": 2, "09:20": 2, "09:22": 3}
    for at, attempts in pauses.items():
        send(ct, now=f"2024-12-09T{at}:00+00:00")
        with SqliteBackend(world.store, rehearsing=True) as backend:
            assert [it.attempts for it in backend.letters()] == [attempts], at
    assert mail.mailbox.taken == []


def test_a_letter_to_be_tried_again_is_let_go_once_all_in_it_is_made_though_other_things_are_owed(
    ct: Ct, world: World, mail: Server
) -> None:
    world.fill({"LOC123": ["busy@example.org"]})
    world.set(by_mail(mail))
    send(ct)
    world.make("LOC123")
    world.fill({"LOC456": ["busy@example.org"]})
    send(ct, now="2024-12-09T09:30:00+00:00")
    with SqliteBackend(world.store, rehearsing=True) as backend:
        found = [(it.part, it.state, it.attempts) for it in backend.letters()]
    assert found == [(0, LetterState.SUPERSEDED, 1), (1, LetterState.PENDING, 1)]


def test_who_is_away_or_opted_out_passes_to_the_next(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM], "LOC456": [ALEX]})
    world.set(by_mail(mail) + f'[reminders.providers]\n"Rose Care Ltd" = ["{OPS}"]\n')
    ct("remind", "away", SAM, "--from", "2024-12-01", "--to", "2024-12-09", now=OPENING)
    ct("remind", "opt-out", ALEX, now=OPENING)
    dry = ct("remind", "--dry-run", now=OPENING)
    assert re.search(rf"{SAM}\s+LOC123\s+away", dry.out)
    assert re.search(rf"{ALEX}\s+LOC456\s+wants no reminders", dry.out)
    send(ct)
    assert mail.mailbox.recipients == [OPS]
    send(ct, now="2024-12-12T09:05:00+00:00")
    assert mail.mailbox.recipients[1:] == [OPS, SAM]


def test_providers_are_told_as_well_from_their_rung_on(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail) + f'providers_from = "last-day"\n[reminders.providers]\n"Rose Care Ltd" = "{OPS}"\n')
    send(ct)
    assert mail.mailbox.recipients == [SAM]
    send(ct, now=LAST_MORNING)
    assert sorted(mail.mailbox.recipients[1:]) == [OPS, SAM]


def test_a_location_with_nobody_to_tell_is_reported_once_on_a_rung(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": []})
    world.set(by_mail(mail))
    first = send(ct)
    assert first.status == 4
    assert "Nobody can be told about LOC123" in first.out
    assert (send(ct).status, send(ct).out) == (0, "")
    assert "nobody" in ct("remind", "log").out
    assert send(ct, now=LAST_MORNING).status == 4


def test_a_council_gets_a_digest_that_names_only_what_is_outstanding(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [], "LOC456": [SAM, ALEX]})
    world.make("LOC456")
    world.set(by_mail(mail) + '[reminders.councils]\nkent = "asc@example.org"\nLeeds = "leeds@example.org"\n')
    send(ct, now="2024-12-09T09:35:00+00:00")
    [(who, message)] = got(mail)
    assert who == "asc@example.org"
    assert "1 of 2 returns made (50.0%), 1 outstanding." in text_of(message)
    assert "Rose House" in text_of(message)
    assert "Elm Lodge" not in str(message)
    for moment in ("2024-12-12T09:35:00+00:00", "2024-12-16T09:35:00+00:00", "2024-12-16T14:00:00+00:00"):
        send(ct, now=moment)
    assert [who for who, _ in got(mail)] == ["asc@example.org"] * 3, "mid-window, and on the last day once"
    send(ct, now="2024-12-17T09:35:00+00:00")
    assert "closed at 11:59pm on Monday 16 December 2024" in text_of(got(mail)[-1][1])


@pytest.mark.parametrize(
    "moment", ["2024-12-08T12:00:00+00:00", "2024-12-09T07:29:00+00:00", "2024-12-09T19:00:00+00:00"]
)
def test_nothing_is_sent_in_quiet_hours_or_on_a_weekend(ct: Ct, world: World, mail: Server, moment: str) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail, '[bank_holidays]\n"2024-12-11" = "A test"\n'))
    assert send(ct, "-v", now=moment).status == 0
    assert mail.mailbox.taken == []


def test_the_last_rung_of_the_window_that_good_friday_moves(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.make("LOC123", month=Month(2028, 3))
    world.set(by_mail(mail))
    for moment in ("2028-04-13T15:00:00+01:00", "2028-04-14T10:00:00+01:00", "2028-04-17T15:00:00+01:00"):
        send(ct, now=moment)
    assert len(mail.mailbox.taken) == 1, "the 13th is the last working day but one; Good Friday and Easter are quiet"
    send(ct, now="2028-04-18T09:05:00+01:00")
    [_, (_, last)] = got(mail)
    assert "Last day:" in last["Subject"]
    assert "11:59pm on Tuesday 18 April 2028" in text_of(last)
    assert "Good Friday" in text_of(last)


def test_a_run_that_dies_after_a_claim_holds_the_message_and_retry_unknown_sends_it(
    ct: Ct, world: World, mail: Server
) -> None:
    world.fill({"LOC123": ["mute@example.org"], "LOC456": [SAM]})
    world.set(by_mail(mail))
    ran = send(ct)
    assert ran.status == 4
    assert "--retry-unknown" in ran.out
    assert send(ct).out == ""
    assert "unknown" in ct("remind", "log").out
    assert sorted(mail.mailbox.recipients) == ["mute@example.org", SAM]
    send(ct, "--retry-unknown")
    first, second = [message["Message-ID"] for who, message in got(mail) if who.startswith("mute")]
    assert first == second, "so that a reader's mail program can see that it is the same"


def test_a_server_that_is_away_ends_with_the_networks_status_and_keeps_everything(
    ct: Ct, world: World, mail: Server
) -> None:
    world.fill({"LOC123": [SAM], "LOC456": [ALEX]})
    world.set(by_mail(mail))
    mail.stop()
    ran = send(ct)
    assert ran.status == 6
    assert "cannot be reached" in ran.out
    with SqliteBackend(world.store, rehearsing=True) as backend:
        assert {it.state for it in backend.letters()} == {LetterState.PENDING}


def test_a_rehearsal_does_not_use_up_the_real_reminders(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail))
    assert ct("remind", now=OPENING).status == 2
    assert mail.mailbox.taken == []
    send(ct)
    with SqliteBackend(world.store) as backend:
        assert all(it.rehearsal for it in backend.letters(month=DECEMBER))


def test_who_was_erased_is_gone_from_the_log(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail))
    send(ct)
    ct("users", "remove", SAM)
    assert "sam@" not in ct("remind", "log").out


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('[reminders.ladder]\nearly = "on Tuesday"\n', "working days left"),
        ('[reminders.ladder]\n"Two words" = "opening 09:00"\n', "letters a-z"),
        ('[reminders]\nquiet = "19-7"\n', "19:00-07:30"),
        ('[reminders]\nproviders_from = "never"\n', "one of opening"),
        ('[reminders.providers]\nRose = "nobody"\n', "no @"),
        ('[reminders.providers]\nRose = "webhook:office"\n', "reminders.webhooks"),
        ('[reminders.webhooks]\noffice = "http://hooks.example.org/s3cret"\n', "https://"),
        ('[reminders]\ntemplates = "nowhere"\n', "no such folder"),
        ('[smtp]\nhost = "mail.example.org"\n', "reminders.from"),
        ("", "smtp.host"),
        ('[smtp]\nhost = "h"\nuser = "u"\n[reminders]\nfrom = "a@example.org"\n', "smtp.password"),
        ('[smtp]\nhost = "h"\nuser = "u"\npassword_file = "none"\n[reminders]\nfrom = "a@example.org"\n', "none"),
        ('[smtp]\nhost = "h"\n[reminders]\nfrom = "a@example.org\\nBcc: x@example.org"\n', "reminders.from"),
    ],
)
def test_a_setting_that_is_wrong_is_refused_before_anything_is_sent(
    ct: Ct, world: World, settings: str, words: str
) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(settings)
    ran = send(ct)
    assert ran.status == 2
    assert words in ran.err
    assert "s3cret" not in ran.err
    with SqliteBackend(world.store) as backend:
        assert list(backend.letters()) == []


def test_a_ladder_of_ones_own(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM]})
    world.set(by_mail(mail) + '[reminders.ladder]\nopening = "off"\nfour = "4 working days left 08:00"\n')
    send(ct)
    assert mail.mailbox.taken == []
    send(ct, now="2024-12-11T08:05:00+00:00")
    assert mail.mailbox.recipients == [SAM]


def test_ones_own_templates_are_checked_and_used(ct: Ct, world: World, mail: Server, tmp_path: Path) -> None:
    world.fill({"LOC123": [SAM]}, provider="Rose & Sons <Ltd>")
    assert ct("remind", "--copy-templates", str(tmp_path / "own")).status == 0
    item = tmp_path / "own" / "item.html"
    world.set(by_mail(mail) + f"templates = '{tmp_path / 'own'}'\n")
    item.write_text("<p>$name of $provider owes $service, $$5</p>\n", encoding="utf-8")
    send(ct)
    assert "Rose House of Rose &amp; Sons &lt;Ltd&gt; owes care home, $5" in text_of(got(mail)[0][1], "html")
    for wrong, words in (
        ("$nosuch $service", "no field $nosuch"),
        ("$service 5$ ", "line 1"),
        ("none", "lacks $service"),
    ):
        item.write_text(wrong, encoding="utf-8")
        refused = send(ct, now=LAST_MORNING)
        assert refused.status == 2
        assert words in refused.err
    assert len(mail.mailbox.taken) == 1


def test_the_preview_shows_the_next_messages_and_sends_nothing(ct: Ct, world: World, tmp_path: Path) -> None:
    world.fill({"LOC123": [SAM]})
    shown = ct("remind", "--preview", now="2024-12-08T12:00:00+00:00")
    assert "To: sam@example.org" in shown.out
    assert "As at 9:00am on Monday 9 December 2024" in shown.out
    ct("remind", "--preview", "--out", str(tmp_path / "p"), now="2024-12-08T12:00:00+00:00")
    [page] = list((tmp_path / "p").iterdir())
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "No reminders are noted" in ct("remind", "log").out


def test_json_has_everything(ct: Ct, world: World, mail: Server) -> None:
    world.fill({"LOC123": [SAM, "gone@example.org"]})
    world.set(by_mail(mail))
    plan = json.loads(ct("remind", "--dry-run", "--json", now=OPENING).out)["data"]
    assert [it["recipient"] for it in plan["would_send"]] == ["gone@example.org", SAM]
    sent = json.loads(send(ct, "--json").out)["data"]
    assert (sent["sent"], [it["recipient"] for it in sent["failed"]]) == (2, ["gone@example.org"])
    assert sent["told_instead"] == {"gone@example.org": [SAM]}
    assert sent["next"]["name"] == "three-days"
    log = json.loads(ct("remind", "log", "--json", "--state", "sent").out)["data"]
    assert [(it["recipient"], it["instead_of"]) for it in log["letters"]] == [(SAM, []), (SAM, ["gone@example.org"])]


def test_the_channel_stdout_prints_each_message_once(ct: Ct, world: World) -> None:
    world.fill({"LOC123": [SAM], "LOC456": [ALEX]})
    first = ct("remind", "--channel", "stdout", now=OPENING)
    assert first.out.count("To: ") == 2
    assert ct("remind", "--channel", "stdout", now=OPENING).out == ""
