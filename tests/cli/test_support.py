"""`ct support`: who answers when, and what users add."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Ct = Callable[..., "Ran"]  # noqa: F821 - conftest's


def _contacts(ct: Ct, now: str) -> dict[str, dict]:
    return {each["key"]: each for each in json.loads(ct("support", "--json", now=now).out)["data"]["contacts"]}


@pytest.mark.parametrize(
    ("now", "necs", "cqc", "nhsbsa"),
    [
        ("2024-12-10T07:59:59+00:00", False, False, False),
        ("2024-12-10T08:00:00+00:00", True, False, False),
        ("2024-12-10T08:30:00+00:00", True, True, True),
        ("2024-12-10T16:30:00+00:00", True, True, False),
        ("2024-12-10T16:59:59.999999+00:00", True, True, False),
        ("2024-12-10T17:00:00+00:00", False, True, False),
        ("2024-12-14T12:00:00+00:00", False, False, False),
        ("2024-07-10T07:00:00Z", True, False, False),
        ("2028-04-14T12:00:00+01:00", False, False, None),
        ("2028-04-14T20:00:00+01:00", False, False, False),
    ],
)
def test_each_is_open_by_its_own_hours_and_what_it_says_of_public_holidays(
    ct: Ct, now: str, necs: bool, cqc: bool, nhsbsa: bool | None
) -> None:
    contacts = _contacts(ct, now)

    assert [contacts[key]["open_now"] for key in ("necs", "cqc", "nhsbsa")] == [necs, cqc, nhsbsa]


def test_the_next_opening_steps_over_easter(ct: Ct) -> None:
    contacts = _contacts(ct, "2028-04-13T18:00:00+01:00")

    assert contacts["necs"]["next_opening"] == "2028-04-18T08:00:00+01:00"
    assert contacts["nhsbsa"]["next_opening"] == "2028-04-18T08:30:00+01:00"


def test_an_unsaid_public_holiday_is_said_to_be_unsure(ct: Ct) -> None:
    ran = ct("support", now="2028-04-14T12:00:00+01:00")

    assert "NHSBSA enforcement team: perhaps closed (today is Good Friday)" in ran.out
    assert "NECS support centre: closed now (today is Good Friday)" in ran.out


def test_what_to_call_for_is_told_and_that_abroad_does_not_work(ct: Ct) -> None:
    ran = ct("support", now="2024-12-10T12:00:00+00:00")

    assert ran.status == 0
    assert "NECS support centre: open now, until 5:00pm" in ran.out
    for told in ("0191 691 3729", "03000 616161", "0300 330 2088", "https://capacitytracker.com/register"):
        assert told in ran.out
    assert "cannot be reached from outside the UK" in ran.out


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = home / "config.toml"
    monkeypatch.setenv("CT_CONFIG", str(path))
    return path


def test_contacts_training_and_links_of_ones_own_are_shown(ct: Ct, settings: Path) -> None:
    settings.write_text(
        '[support.contacts]\nlocal-champion = "Rose House office, 01632 960123"\n'
        '[support.contacts.lead]\nname = "Regional lead"\nfor = "questions of policy"\nemail = "lead@example.org"\n'
        'days = "Tue-Wed"\nopens = "10:00"\ncloses = "12:00"\npublic_holidays = "open"\n'
        '[support.training]\n2024-12-20 = "Webinar"\n2024-11-30 = "Past"\n2024-12-10 = "Today"\n'
        '[support.links]\nGuidance = "https://example.org/guidance"\n',
        encoding="utf-8",
    )

    data = json.loads(ct("support", "--json", now="2024-12-10T09:00:00+00:00").out)["data"]

    own = {each["key"]: each for each in data["contacts"] if each["own"]}
    assert own["local-champion"]["name"] == "Local champion"
    assert own["local-champion"]["note"] == "Rose House office, 01632 960123"
    assert own["lead"]["next_opening"] == "2024-12-10T10:00:00+00:00"
    assert [each["on"] for each in data["training"]] == ["2024-12-10", "2024-12-20"]
    assert data["links"][-1] == {"name": "Guidance", "address": "https://example.org/guidance", "own": True}
    page = ct("support", now="2024-12-10T09:00:00+00:00").out
    assert "Friday 20 December 2024: Webinar" in page
    assert "Answers Tue to Wed, 10:00am to 12:00pm, public holidays too" in page


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[support.contacts]\nlead = 3", "write one line of text"),
        ('[support.contacts]\nlead = " "', "write one line of text"),
        ('[support.contacts.lead]\nphone = "1"', "every contact has a name"),
        ('[support.contacts.lead]\nname = "X"', "how is one to reach them"),
        ('[support.contacts.lead]\nname = "X"\ntelephone = "1"', "a contact has name, for, phone"),
        ('[support.contacts.lead]\nname = "X"\nphone = 1632960123', "put it in quotes"),
        ('[support.contacts.lead]\nname = "X"\nemail = "x.example.org"', "has an @"),
        ('[support.contacts.lead]\nname = "X"\nphone = "1"\nopens = "9am"', "24-hour clock"),
        ('[support.contacts.lead]\nname = "X"\nphone = "1"\nopens = "09:00"', "24-hour clock"),
        (
            '[support.contacts.lead]\nname = "X"\nphone = "1"\nopens = "17:00"\ncloses = "09:00"',
            "later on the same day",
        ),
        (
            '[support.contacts.lead]\nname = "X"\nphone = "1"\nopens = "09:00"\ncloses = "17:00"\ndays = "Fri-Mon"',
            "as in Mon-Fri",
        ),
        (
            '[support.contacts.lead]\nname = "X"\nphone = "1"\nopens = "09:00"\ncloses = "17:00"\n'
            'public_holidays = "maybe"',
            "one of closed, open, not-said",
        ),
        ('[support.training]\nsoon = "X"', "write the date as"),
        ("[support.training]\n2024-12-20 = 1", "say what it is"),
        ('[support.links]\nx = "example.org"', "whole address"),
        ("[support]\ncontacts = 3", "it is a table"),
    ],
)
def test_a_malformed_entry_is_refused_with_the_reason(ct: Ct, settings: Path, text: str, told: str) -> None:
    settings.write_text(text + "\n", encoding="utf-8")

    ran = ct("support")

    assert ran.status == 2
    assert told in ran.err
    assert str(settings) in ran.err


def test_a_malformed_entry_is_refused_where_it_is_set(ct: Ct, settings: Path) -> None:
    ran = ct("config", "set", "support.links.guide", "nonsense")

    assert ran.status == 2
    assert "whole address" in ran.err
    assert not settings.exists()
