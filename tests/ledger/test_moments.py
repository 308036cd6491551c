"""A clock that was set back is said, and no alarm: by a receipt when it is given, by `ct receipt`, by `ct verify`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Entry, Source
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month
from tests.backends.conftest import RECEIVED, submission
from tests.cli.conftest import sets

Ct = Callable[..., Any]
HOUR = timedelta(hours=1)
NOVEMBER = Month(2024, 11)


@pytest.fixture
def recorded(home: Path) -> Callable[..., list[Entry]]:
    """Records returns of one chain at moments after RECEIVED, in hours; their entries."""
    workplace = Workplace(read_settings())
    workplace.backend.save_locations([Location("LOC1", "Home", (Service.CARE_HOME,), beds=40)])

    def record(*hours: float, **said: Any) -> list[Entry]:
        number = len(workplace.backend.history("LOC1"))
        given = [
            submission("LOC1", occupied=number + at, received_at=RECEIVED + hour * HOUR, **said)
            for at, hour in enumerate(hours)
        ]
        return [outcome.entry for outcome in workplace.backend.record(given) if outcome.entry is not None]

    return record


def verified(ct: Ct) -> list[dict[str, Any]]:
    ran = ct("verify", "--json")
    assert ran.status == 0, ran.out
    data = json.loads(ran.out)["data"]
    assert data["whole"]
    return list(data["moments_back"])


def test_a_clock_that_was_set_back_is_said_and_nothing_is_called_altered(ct: Ct, recorded: Any) -> None:
    _, _, third = recorded(2, 1, 0)
    [found] = verified(ct)
    assert (found["location_id"], found["number"], found["receipt_id"]) == ("LOC1", 3, third.receipt_id)
    page = ct("verify").out
    assert "Nothing was altered: " in page and "A clock was set back" in page and third.receipt_id in page
    shown = ct("receipt", third.receipt_id)
    assert shown.status == 0
    assert "A clock was set back: an earlier entry of this chain was received at 12:30pm on" in shown.out
    assert "A clock was set back" not in ct("receipt", recorded(0.5)[0].receipt_id).out


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ((0, -1), 0),
        ((0, -1 - 1 / 3.6e9), 1),
        ((0, 5, 4.5, 4.2), 0),
        ((0, 5, 1, 2), 1),
        ((0, -2, -4), 2),
        ((3, 2.5, 1.9), 1),
    ],
)
def test_less_than_an_hour_is_what_honest_writers_make(
    ct: Ct, recorded: Any, hours: tuple[float, ...], said: int
) -> None:
    recorded(*hours)
    assert len(verified(ct)) == said


def test_like_is_held_against_like(ct: Ct, recorded: Any) -> None:
    """Rehearsals have the moments that CT_NOW says, and what Capacity Tracker showed those at which it was entered."""
    recorded(0)
    recorded(-50, rehearsal=True)
    recorded(-30, source=Source.CAPACITY_TRACKER)
    recorded(500, rehearsal=True)
    recorded(1)
    assert verified(ct) == []
    recorded(400, rehearsal=True)
    recorded(-9, month=NOVEMBER)
    assert len(verified(ct)) == 2


def test_it_is_said_when_the_return_is_recorded_and_by_its_dry_run(ct: Ct, recorded: Any) -> None:
    given = ("submit", "LOC1", "--month", "2024-12", *sets(), "--json")
    assert ct(*given, now="2024-12-10T12:00:00+00:00").status == 0
    changed = ("submit", "LOC1", "--month", "2024-12", *sets(occupied="35", accepting_admissions="4"), "--json")
    for now, said in (("2024-12-10T11:30:00+00:00", []), ("2024-12-10T10:30:00+00:00", ["clock-set-back"])):
        for dry_run in (("--dry-run",), ()):
            ran = ct(*changed, *dry_run, now=now)
            assert (ran.status, [it["code"] for it in json.loads(ran.out)["problems"]]) == (0, said)
        changed = ("submit", "LOC1", "--month", "2024-12", *sets(occupied="34", accepting_admissions="5"), "--json")
    [found] = verified(ct)
    assert datetime.fromisoformat(found["received_at"]).astimezone(UTC) == datetime(2024, 12, 10, 10, 30, tzinfo=UTC)
    assert "received at 10:30 on" in json.loads(ran.out)["problems"][0]["words"]
