"""`ct vacancies`: who has a bed or hours to offer, by the last word on each, from whichever source."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.clock import parse_moment
from ct_cli.register.location import Location
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month
from tests.conftest import Ran

NOW = "2024-12-20T12:00:00+00:00"
HOME, CARE = Service.CARE_HOME, Service.HOME_CARE


def seen(
    location_id: str, updated: str, service: Service = HOME, accepting: bool | None = None, **values: Any
) -> Sighting:
    moment = parse_moment(updated + "+00:00")
    status = values.pop("status", "")
    return Sighting(location_id, service, SightingKind.EXPORT, parse_moment(NOW), moment, status, accepting,
                    content=json.dumps(values))  # fmt: skip


@pytest.fixture
def found(ct: Callable[..., Ran]) -> Callable[..., dict[str, Any]]:
    with SqliteBackend(read_settings().store_path, rehearsing=True) as backend:
        backend.save_locations(
            [
                Location(
                    "LOC001",
                    "Rose House",
                    (HOME,),
                    "Good Care",
                    "",
                    "Kent",
                    "South East",
                    "AB1 2CD",
                    latitude=51.0,
                    longitude=0.0,
                ),
                Location(
                    "LOC002",
                    "Elm Lodge",
                    (HOME,),
                    "Good Care",
                    "",
                    "Kent",
                    "South East",
                    "AB1 2EF",
                    latitude=51.5,
                    longitude=0.0,
                ),
                Location("LOC003", "Lily Care", (CARE,), "Lily Ltd", "", "Kent"),
                Location("LOC004", "Ash Court", (HOME,), "Ash Ltd", "", "Leeds"),
                Location("LOC005", "Old Mill", (HOME,), "Ash Ltd", "", "Leeds"),
            ]
        )
        backend.save_sightings(
            [
                seen("LOC001", "2024-12-19T12:00", dementia_nursing_spare=2, general_nursing_spare=1, status="Open"),
                seen("LOC002", "2024-12-01T12:00", dementia_nursing_spare=4, accepting=True, status="Partly"),
                seen("LOC003", "2024-12-18T12:00", CARE, can_provide_more_hours="yes", extra_hours=20),
                seen("LOC004", "2024-12-18T12:00", dementia_nursing_spare=3, status="Closed - outbreak"),
            ]
        )
        checked = CheckedReturn(
            "LOC005", HOME, Month(2024, 12), ReturnKind.FULL, "care-home-2024-04-26", {"accepting_admissions": 5}
        )
        backend.record(
            [Submission(checked, parse_moment("2024-12-10T09:00:00+00:00"), True, True, Source.RECORDED_HERE, "sam")]
        )

    def find(*options: str) -> dict[str, Any]:
        ran = ct("vacancies", *options, "--json", now=NOW)
        assert ran.status == 0, ran.err
        data: dict[str, Any] = json.loads(ran.out)["data"]
        return data

    return find


def spare(data: dict[str, Any]) -> dict[str, int]:
    return {it["location_id"]: it["spare"] for it in data["vacancies"]}


def test_everything_to_offer_is_shown_the_open_first_and_then_the_freshest(found):
    assert list(spare(found()).items()) == [("LOC001", 3), ("LOC003", 20), ("LOC005", 5), ("LOC002", 4), ("LOC004", 3)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--bed-type", "dementia-nursing"], {"LOC001": 2, "LOC002": 4, "LOC004": 3}),
        (["--bed-type", "Dementia Nursing", "--min", "3"], {"LOC002": 4, "LOC004": 3}),
        (["--bed-type", "dementia-nursing", "--local-authority", "kent"], {"LOC001": 2, "LOC002": 4}),
        (["--bed-type", "dementia-nursing", "--updated-within", "7d"], {"LOC001": 2, "LOC004": 3}),
        (["--bed-type", "dementia-nursing", "--open"], {"LOC001": 2, "LOC002": 4}),
        (["--service", "home-care", "--min", "10"], {"LOC003": 20}),
        (["--region", "South East"], {"LOC001": 3, "LOC002": 4}),
        (["--provider", "lily ltd"], {"LOC003": 20}),
    ],
)
def test_every_part_that_narrows_must_hold(found, options, expected):
    assert spare(found(*options)) == expected


def test_what_is_left_out_is_counted(found):
    data = found("--bed-type", "dementia-nursing", "--updated-within", "48h", "--open")
    assert (list(spare(data)), data["older"], data["closed"], data["silent"]) == (["LOC001"], 1, 1, 1)


def test_a_home_that_says_no_has_no_hours_whatever_else_it_says(found, ct):
    with SqliteBackend(read_settings().store_path) as backend:
        backend.save_sightings([seen("LOC003", "2024-12-19T12:00", CARE, can_provide_more_hours="no", extra_hours=20)])
    assert "LOC003" not in spare(found())


def test_a_return_recorded_here_after_the_update_is_the_last_word(found):
    checked = CheckedReturn(
        "LOC001", HOME, Month(2024, 12), ReturnKind.FULL, "care-home-2024-04-26", {"dementia_nursing_spare": 1}
    )
    with SqliteBackend(read_settings().store_path, rehearsing=True) as backend:
        backend.record(
            [Submission(checked, parse_moment("2024-12-20T09:00:00+00:00"), False, True, Source.RECORDED_HERE, "sam")]
        )
    one = next(it for it in found()["vacancies"] if it["location_id"] == "LOC001")
    assert (one["spare"], one["source"]) == (1, "recorded-here")


def test_the_nearest_comes_first_with_its_miles(found):
    data = found("--near", "AB1 2EF", "--bed-type", "dementia-nursing")
    assert [(it["location_id"], it["miles"]) for it in data["vacancies"]] == [
        ("LOC002", 0.0),
        ("LOC001", 34.5),
        ("LOC004", None),
    ]
    assert data["near_exact"] is True


def test_whether_it_admits_is_by_the_flag_and_else_by_the_words(found):
    states = {it["location_id"]: it["open"] for it in found()["vacancies"]}
    assert states == {"LOC001": True, "LOC002": True, "LOC003": None, "LOC004": False, "LOC005": None}


def test_the_page_always_shows_how_old_each_word_is(found, ct):
    out = ct("vacancies", "--near", "AB1 2CD", now=NOW).out
    assert "1 day ago" in out
    assert "19 days ago" in out
    assert "closed (Closed - outbreak)" in out
    assert "telephone before anybody is sent" in out


def test_nothing_found_says_what_was_left_out(found, ct):
    out = ct("vacancies", "--bed-type", "ypd", now=NOW).out
    assert "Nobody is known to have 1 or more ypd beds free." in out
    assert "nothing of the kind is known here" in out


@pytest.mark.parametrize(
    "options",
    [
        ["--bed-type", "underwater"],
        ["--updated-within", "soon"],
        ["--near", "Leeds"],
        ["--local-authority", "Atlantis"],
        ["--min", "-1"],
    ],
)
def test_what_makes_no_sense_is_refused(found, ct, options):
    assert ct("vacancies", *options, now=NOW).status == 2
