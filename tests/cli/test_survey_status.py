"""`ct status --collection`: who has answered a voluntary survey."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month
from tests.conftest import Ran

SURVEY = """
service = "care-home"
title = "Nursing care costs"
source = "a letter to providers"
survey = true
opens = 2023-10-02
closes = 2023-10-23

[[group]]
name = "Costs"
items = [{ key = "weekly_cost", label = "Cost of a week", unit = "pounds", mandatory = true }]
"""
HOME = Service.CARE_HOME


@pytest.fixture
def survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Asked of two care homes, answered by one."""
    folder = tmp_path / "collections"
    folder.mkdir()
    (folder / "nursing-costs.toml").write_text(SURVEY, encoding="utf-8")
    monkeypatch.setenv("CT_COLLECTIONS", str(folder))
    said = CheckedReturn(
        "LOC123", HOME, Month(2023, 10), ReturnKind.FULL, "nursing-costs", {"weekly_cost": 900}, survey="nursing-costs"
    )
    received = datetime(2023, 10, 5, 10, tzinfo=UTC)
    with SqliteBackend(read_settings().store_path) as backend:
        backend.save_locations(
            [
                Location("LOC123", "Rose House", (HOME,)),
                Location("LOC124", "Elm Lodge", (HOME,)),
                Location("LOC125", "Ash Court", (Service.HOME_CARE,)),
            ]
        )
        backend.record([Submission(said, received, False, False, Source.RECORDED_HERE, "the office")])
    return "nursing-costs"


def test_a_survey_shows_who_answered_and_that_nobody_owes_it(ct: Callable[..., Ran], survey: str) -> None:
    ran = ct("status", "--collection", survey, now="2023-10-10T12:00:00+00:00")

    assert "Nursing care costs (nursing-costs), voluntary: open until the end of Monday 23 October 2023." in ran.out
    assert "2 asked, 1 answered. Nobody owes an answer" in ran.out
    assert "answered on 5 October 2023" in ran.out
    assert "To answer: ct submit LOC124 --collection nursing-costs" in ran.out
    assert "LOC125" not in ran.out


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2023-10-01T23:59:59+01:00", "upcoming"),
        ("2023-10-02T00:00:00+01:00", "open"),
        ("2023-10-23T23:59:59+01:00", "open"),
        ("2023-10-24T00:00:00+01:00", "closed"),
    ],
)
def test_a_survey_is_open_on_its_first_and_last_day(ct: Callable[..., Ran], survey: str, now: str, state: str) -> None:
    ran = ct("status", "--collection", survey, "--outstanding", "--json", now=now)
    data = json.loads(ran.out)["data"]

    assert data["state"] == state
    assert [row["location_id"] for row in data["answers"]] == ["LOC124"]


def test_a_survey_answer_fulfils_no_month(ct: Callable[..., Ran], survey: str) -> None:
    ran = ct("status", "LOC123", "--month", "2023-10", "--check", now="2023-10-10T12:00:00+00:00")

    assert ran.status == 4


def test_an_unknown_survey_is_refused(ct: Callable[..., Ran], survey: str) -> None:
    ran = ct("status", "--collection", "nursing", now="2023-10-10T12:00:00+00:00")

    assert ran.status == 2
    assert "nursing-costs" in ran.err
    assert ct("status", "--collection", survey, "--matrix", "3").status == 2
