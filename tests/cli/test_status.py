"""`ct status` as people and schedulers use it, on a store with a history."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month, months_between
from tests.conftest import Ran

OPEN = "2024-12-10T12:00:00+00:00"
CLOSED = "2024-12-20T12:00:00+00:00"
BEFORE = "2024-12-02T12:00:00+00:00"
HOME, CARE = Service.CARE_HOME, Service.HOME_CARE
YEAR = months_between(Month(2023, 12), Month(2024, 11))

Seed = Callable[..., None]


def submission(location_id: str, service: Service, month: Month, **circumstances: Any) -> Submission:
    kind = circumstances.pop("kind", ReturnKind.FULL)
    checked = CheckedReturn(location_id, service, month, kind, "care-home-2024-04-26", {"occupied": month.number})
    told: dict[str, Any] = {
        "received_at": datetime(month.year, month.number, 9, 10, tzinfo=UTC),
        "fulfils": True,
        "rehearsal": False,
        "source": Source.RECORDED_HERE,
        "recorded_by": "the office",
    }
    return Submission(checked, **{**told, **circumstances})


@pytest.fixture
def store() -> Path:
    return read_settings().store_path


@pytest.fixture
def register(store: Path) -> Path:
    """Rose House has made all, Elm Lodge missed the last two, Ash Court (home care, public) the last three."""
    with SqliteBackend(store, rehearsing=True) as backend:
        backend.save_locations(
            [
                Location("LOC123", "Rose House", (HOME,), "Good Care", "1-1", "Dorset", fee_pence=437_500),
                Location("LOC124", "Elm Lodge", (HOME, Service.HOSPICE), "Good Care", "1-1", "Dorset"),
                Location("LOC125", "Ash Court", (CARE,), "Council homes", "1-2", "Kent", public_body=True),
                Location("LOC126", "Old Mill", (HOME,), "Good Care", "1-1", "Kent", ended_on=date(2024, 6, 30)),
            ]
        )
        backend.save_users([User("LOC123", f"{who}@example.org") for who in ("one", "two")])
        backend.save_users([User("LOC124", "one@example.org")])
        backend.record([submission("LOC123", HOME, month) for month in YEAR])
        backend.record([submission("LOC124", HOME, month) for month in YEAR[:-2]])
        backend.record([submission("LOC125", CARE, month) for month in YEAR[:-3]])
    return store


def data(ran: Ran) -> Any:
    return json.loads(ran.out)["data"]


def row(ran: Ran, location_id: str) -> Any:
    return next(it for it in data(ran)["obligations"] if it["location_id"] == location_id)


def test_an_empty_register_says_how_to_begin(ct: Callable[..., Ran]) -> None:
    ran = ct("status", now=OPEN)

    assert ran.status == 0
    assert "ct locations add" in ran.out
    assert "ct demo" in ran.out


def test_each_obligation_stands_with_its_risk_and_what_missing_this_one_would_do(
    ct: Callable[..., Ran], register: Path
) -> None:
    ran = ct("status", "--json", now=OPEN)

    assert [it["location_id"] for it in data(ran)["obligations"]] == ["LOC125", "LOC124", "LOC123"]
    rose, elm, ash = row(ran, "LOC123"), row(ran, "LOC124"), row(ran, "LOC125")
    assert (rose["status"], rose["risk"], rose["if_missed"]) == ("open", "none", "none")
    assert (elm["risk"], elm["risk_rule"], elm["risk_months"]) == ("at-risk", "last-two", ["2024-10", "2024-11"])
    assert (elm["if_missed"], elm["if_missed_months"]) == ("notice-level", ["2024-10", "2024-11", "2024-12"])
    assert (elm["if_made"], elm["liable"]) == ("none", True)
    assert (ash["risk"], ash["liable"]) == ("notice-level", False)
    assert rose["penalty"] == "the provider's CQC registration fee: £4,375"
    assert (data(ran)["owed"], data(ran)["outstanding"]) == (3, 3)


def test_the_page_says_what_to_do_next_and_who_has_too_few_users(ct: Callable[..., Ran], register: Path) -> None:
    ran = ct("status", now=OPEN)

    assert "December 2024: open until 11:59pm on Monday 16 December 2024, 6 days 12 hours left." in ran.out
    assert "3 owed, 0 made, 3 outstanding." in ran.out
    assert "at risk: missed the last 2 (Oct, Nov 2024)" in ran.out
    assert "owed, but not liable (public body)" in ran.out
    assert "LOC125 and LOC124 have fewer than two people" in ran.out
    assert "Next: ct submit LOC125 --service home-care\n" in ran.out
    assert "ct nil-return LOC125 --service home-care --reason" in ran.out
    assert "inferred" in ran.out


def test_a_return_shows_how_and_when_it_was_made(ct: Callable[..., Ran], register: Path) -> None:
    with SqliteBackend(register) as backend:
        backend.record([submission("LOC123", HOME, Month(2024, 12), kind=ReturnKind.NIL)])

    ran = ct("status", "LOC123", now=OPEN)

    assert "nil return on 9 December 2024" in ran.out
    assert "1 owed, 1 made: all done." in ran.out
    assert "The next window opens on Wednesday 8 January 2025." in ran.out


@pytest.mark.parametrize(("now", "status"), [(BEFORE, "upcoming"), (OPEN, "open"), (CLOSED, "missed")])
def test_the_present_month_is_shown_before_within_and_after_its_window(
    ct: Callable[..., Ran], register: Path, now: str, status: str
) -> None:
    ran = ct("status", "LOC123", "--json", now=now)

    assert data(ran)["month"] == "2024-12"
    assert row(ran, "LOC123")["status"] == status


@pytest.mark.parametrize(("now", "status"), [(BEFORE, 0), (OPEN, 4), (CLOSED, 4)])
def test_check_ends_with_4_where_something_is_outstanding(
    ct: Callable[..., Ran], register: Path, now: str, status: int
) -> None:
    assert ct("status", "--check", now=now).status == status


def test_check_ends_with_0_where_all_is_done(ct: Callable[..., Ran], register: Path) -> None:
    assert ct("status", "LOC123", "--month", "2024-11", "--check", now=OPEN).status == 0


def test_a_closed_window_is_said_to_be_past_mending(ct: Callable[..., Ran], register: Path) -> None:
    ran = ct("status", now=CLOSED)

    assert "3 owed, 0 made, 3 missed." in ran.out
    assert "What is sent now no longer counts for December 2024." in ran.out


def test_filters_narrow_to_provider_council_outstanding_and_risk(ct: Callable[..., Ran], register: Path) -> None:
    def ids(*arguments: str) -> list[str]:
        return [it["location_id"] for it in data(ct("status", "--json", *arguments, now=OPEN))["obligations"]]

    assert ids("--provider", "good care") == ["LOC124", "LOC123"]
    assert ids("--provider", "1-2") == ["LOC125"]
    assert ids("--local-authority", "KENT") == ["LOC125"]
    assert ids("--at-risk") == ["LOC125", "LOC124"]
    assert ids("--outstanding", "--month", "2024-11") == ["LOC125", "LOC124"]
    assert ids("--outstanding", "--month", "2025-01") == []


def test_a_location_that_left_owes_what_it_owed_and_nothing_since(ct: Callable[..., Ran], register: Path) -> None:
    now, then = ct("status", "loc126", now=OPEN), ct("status", "LOC126", "--month", "2024-06", now=OPEN)

    assert "not required: registration ended on 30 June 2024" in now.out
    assert "missed" in then.out


def test_a_service_without_a_mandate_is_shown_where_its_location_is_named(
    ct: Callable[..., Ran], register: Path
) -> None:
    assert "no monthly return is demanded of a hospice service" in ct("status", "LOC124", now=OPEN).out
    assert "hospice" not in ct("status", now=OPEN).out


def test_a_grid_tells_kinds_apart_without_colour(ct: Callable[..., Ran], register: Path) -> None:
    ran = ct("status", "--matrix", "4", "--month", "2024-12", now=OPEN)

    lines = {line.split()[0]: line.split() for line in ran.out.splitlines() if line.startswith("LOC")}
    assert lines["LOC123"][3:7] == ["R", "R", "R", "o"]
    assert lines["LOC124"][3:7] == ["R", "X", "X", "o"]
    assert "S  O  N  D  Name" in ran.out
    assert "Months: September 2024 to December 2024" in ran.out
    assert "X missed" in ran.out
    assert ran.out.partition("December 2024\n\n")[0].isascii()


def test_a_grid_of_cells_is_whole_in_json(ct: Callable[..., Ran], register: Path) -> None:
    rows = data(ct("status", "LOC124", "--matrix", "2", "--json", now=OPEN))["matrix"]

    assert rows[0]["cells"] == [
        {"month": "2024-11", "status": "missed", "kind": None, "counts": None, "one_of_several": False},
        {"month": "2024-12", "status": "open", "kind": None, "counts": None, "one_of_several": False},
    ]


def test_a_summary_counts_by_service_provider_and_council(ct: Callable[..., Ran], register: Path) -> None:
    found = data(ct("status", "--summary", "--month", "2024-10", "--json", now=OPEN))
    groups = {(it["by"], it["name"]): it for it in found["summary"]}

    assert found["obligations"] == []
    whole = groups["all", ""]
    assert (whole["owed"], whole["fulfilled"], whole["outstanding"], whole["response_rate"]) == (3, 1, 2, 33.3)
    assert (whole["at_risk"], whole["notice_level"], whole["fewer_than_two_users"]) == (1, 1, 2)
    assert groups["service", "care-home"]["response_rate"] == 50.0
    assert groups["provider", "Good Care"]["owed"] == 2
    assert groups["local authority", "Kent"]["fulfilled"] == 0
    assert {it["month"]: it["fulfilled"] for it in found["rates"]}["2024-09"] == 2
    assert "33.3%" in ct("status", "--summary", "--month", "2024-10", now=OPEN).out


def test_where_filing_is_in_capacity_tracker_a_recorded_return_waits_to_be_seen(
    ct: Callable[..., Ran], register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_FILING", "capacity-tracker")
    december = Month(2024, 12)
    with SqliteBackend(register) as backend:
        backend.record([submission("LOC123", HOME, december)])
    waiting = ct("status", "LOC123", now=OPEN)
    with SqliteBackend(register) as backend:
        backend.record([submission("LOC123", HOME, december, source=Source.CAPACITY_TRACKER)])
    seen = ct("status", "LOC123", "--json", now=OPEN)

    assert "outstanding: recorded, not yet seen in Capacity Tracker" in waiting.out
    assert row(seen, "LOC123")["status"] == "fulfilled"
    told = [(it["source"], it["counts"]) for it in row(seen, "LOC123")["returns"]]
    assert told == [("seen-in-capacity-tracker", True), ("recorded-here", False)]


def test_a_rehearsal_is_marked_and_fulfils_nothing_outside_one(
    ct: Callable[..., Ran], register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SqliteBackend(register, rehearsing=True) as backend:
        backend.record([submission("LOC123", HOME, Month(2024, 12), rehearsal=True)])
    within = ct("status", "LOC123", "--month", "2024-12", now=OPEN)
    monkeypatch.delenv("CT_NOW")
    outside = ct("status", "LOC123", "--month", "2024-12")

    assert "return on 9 December 2024 (rehearsal)" in within.out
    assert "A rehearsal: CT_NOW stands in for the present." in within.out
    assert "missed: recorded in a rehearsal, which counts for nothing" in outside.out


def test_misses_from_before_the_first_record_say_so(ct: Callable[..., Ran], store: Path) -> None:
    with SqliteBackend(store) as backend:
        backend.save_locations([Location("LOC123", "Rose House", (HOME,))])
        backend.record([submission("LOC123", HOME, Month(2024, 12))])

    ran = ct("status", now=OPEN)

    assert "not known: nothing recorded here before December 2024" in ran.out
    assert "notice level" not in ran.out.partition("Notice level:")[0].lower()
    assert "What was sent in Capacity Tracker itself counts all the same" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["LOC12"], "LOC12 in the register (did you mean LOC12"),
        (["LOC123", "--provider", "Council homes"], "'Council homes' and an id among LOC123"),
        (["--provider", "Good Car"], "did you mean Good Care?"),
        (["--local-authority", "Dorsett"], "did you mean Dorset?"),
        (["--month", "2024-13"], "'2024-13' is not a month"),
        (["../../etc/passwd"], "is not a location id"),
        (["--matrix", "0"], "--matrix"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(
    ct: Callable[..., Ran], register: Path, arguments: list[str], words: str
) -> None:
    ran = ct("status", *arguments, now=OPEN)

    assert ran.status in {2, 3}
    assert words in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("month", ["2019-01", "2022-07", "2031-04", "2099-12"])
def test_months_far_away_are_shown_without_harm(ct: Callable[..., Ran], register: Path, month: str) -> None:
    assert ct("status", "--month", month, now=OPEN).status == 0


def sighting(location_id: str, service: Service = HOME, **given: Any) -> Sighting:
    seen_at = datetime(2024, 12, 9, 9, tzinfo=UTC)
    return Sighting(location_id, service, SightingKind.REPORT, seen_at, **given)


def test_on_the_first_day_nobody_is_frightened_by_what_ct_does_not_know(ct: Callable[..., Ran], store: Path) -> None:
    with SqliteBackend(store, rehearsing=True) as backend:
        backend.save_locations([Location("LOC123", "Rose House", (HOME,), registered_on=date(2019, 4, 1))])

    page, row = ct("status", now=OPEN), data(ct("status", "--json", now=OPEN))["obligations"][0]

    assert "not known: nothing recorded here before December 2024" in page.out
    assert "penalty is" not in page.out
    assert (row["risk"], row["rests_on_no_record"], row["known_risk"]) == ("notice-level", True, "none")
    assert data(ct("status", "--at-risk", "--json", now=OPEN))["obligations"] == []
    whole = data(ct("status", "--summary", "--json", now=OPEN))["summary"][0]
    assert (whole["notice_level"], whole["risk_not_known"], whole["never_made"]) == (0, 1, 1)


def test_what_is_known_to_be_missed_counts_though_earlier_months_are_not_known(
    ct: Callable[..., Ran], store: Path
) -> None:
    with SqliteBackend(store, rehearsing=True) as backend:
        backend.save_locations([Location("LOC123", "Rose House", (HOME,))])
        backend.record([submission("LOC123", HOME, Month(2024, 9))])

    ran = ct("status", now=OPEN)

    assert "at risk: missed the last 2 (Oct, Nov 2024); nothing recorded here before September 2024" in ran.out


@pytest.mark.parametrize(
    "told",
    [
        {"not_done": (Month(2024, 9), Month(2024, 10), Month(2024, 11))},
        {"updated_at": datetime(2024, 8, 20, 9, tzinfo=UTC)},
    ],
)
def test_what_capacity_tracker_says_was_not_done_is_known(
    ct: Callable[..., Ran], store: Path, told: dict[str, Any]
) -> None:
    with SqliteBackend(store, rehearsing=True) as backend:
        backend.save_locations([Location("LOC123", "Rose House", (HOME,))])
        backend.save_sightings([sighting("LOC123", **told)])

    row = data(ct("status", "--json", now=OPEN))["obligations"][0]

    assert (row["known_risk"], row["known_risk_months"]) == ("notice-level", ["2024-09", "2024-10", "2024-11"])


def test_capacity_trackers_number_of_users_goes_before_the_registers(ct: Callable[..., Ran], register: Path) -> None:
    with SqliteBackend(register) as backend:
        backend.save_sightings([sighting("LOC123", user_count=1), sighting("LOC124", user_count=4)])

    ran = ct("status", "--few-users", "--json", now=OPEN)

    assert {it["location_id"]: it["users"] for it in data(ran)["obligations"]} == {"LOC123": 1, "LOC125": 0}


def test_a_return_that_capacity_trackers_report_denies_is_shown_with_that(
    ct: Callable[..., Ran], register: Path
) -> None:
    with SqliteBackend(register) as backend:
        backend.save_sightings([sighting("LOC123", not_done=(Month(2024, 11),))])

    ran = ct("status", "LOC123", "--month", "2024-11", now=OPEN)

    assert "return on 9 November 2024; Capacity Tracker's monthly report: not done" in ran.out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--newly-at-risk"], ["LOC125", "LOC124"]),
        (["--newly-at-risk", "--at-risk", "--local-authority", "Dorset"], ["LOC124"]),
        (["--few-users"], ["LOC125", "LOC124"]),
        (["--never"], ["LOC127"]),
        (["--region", "south west"], ["LOC127"]),
        (["--service", "home-care"], ["LOC125"]),
        (["--service", "hospice"], []),
        (["--unchanged-long"], ["LOC128"]),
    ],
)
def test_each_filter_narrows_to_whom_a_council_looks_for(
    ct: Callable[..., Ran], register: Path, options: list[str], expected: list[str]
) -> None:
    with SqliteBackend(register, rehearsing=True) as backend:
        backend.save_locations(
            [
                Location("LOC127", "New Barn", (HOME,), region="South West", registered_on=date(2024, 12, 1)),
                Location("LOC128", "Still Water", (HOME,)),
            ]
        )
        backend.save_users([User(loc, f"{who}@example.org") for loc in ("LOC127", "LOC128") for who in ("a", "b")])
        roles = ("nurses_employed", "care_workers_employed", "non_care_workers_employed")
        agency = ("agency_nurses", "agency_care_workers", "agency_non_care_workers")
        staff = dict.fromkeys((*roles, *agency), 20)
        made = [submission("LOC128", HOME, month) for month in YEAR]
        backend.record([it._replace(checked=replace(it.checked, values=staff)) for it in made])

    ran = ct("status", *options, "--json", now=OPEN)

    assert [it["location_id"] for it in data(ran)["obligations"]] == expected


def test_a_region_that_nobody_is_in_is_refused(ct: Callable[..., Ran], register: Path) -> None:
    assert ct("status", "--region", "Atlantis", now=OPEN).status == 2
