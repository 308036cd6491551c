"""`ct submit LOC --set …`: one return, from the words typed to the ledger and the receipt."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import INSIDE, sets

pytestmark = pytest.mark.usefixtures("homes")
Ct = Callable[..., Any]


def test_a_good_return_is_recorded_and_its_receipt_printed(ct: Ct) -> None:
    ran = ct("submit", "LOC123", *sets(), "--json", now=INSIDE)
    assert ran.status == 0
    (result,) = json.loads(ran.out)["data"]["results"]
    assert result["fate"] == "accepted"
    assert result["fulfils"] is True
    assert len(result["receipt"]["id"]) == 16
    assert len(result["receipt"]["content_hash"]) == 64


def test_the_same_return_again_gives_the_same_receipt(ct: Ct) -> None:
    first, second = (_result(ct("submit", "LOC123", *sets(), "--json", now=INSIDE)) for _ in range(2))
    assert second["fate"] == "already-recorded"
    assert second["receipt"] == first["receipt"]


def test_a_changed_return_is_a_correction_with_a_version_and_what_changed(ct: Ct) -> None:
    ct("submit", "LOC123", *sets(), now=INSIDE)
    result = _result(ct("submit", "LOC123", *sets(occupied="35", accepting_admissions="4"), "--json", now=INSIDE))
    assert (result["fate"], result["version"]) == ("corrected", 2)
    assert {"field": "occupied", "old": 36, "new": 35} in result["changes"]


@pytest.mark.parametrize("now", ["2024-12-07T23:59:59+00:00", "2024-12-17T00:00:00+00:00"])
def test_outside_the_window_it_is_refused_with_the_dates(ct: Ct, now: str) -> None:
    ran = ct("submit", "LOC123", *sets(), "--month", "2024-12", now=now)
    assert ran.status == 7
    assert "8 December 2024" in ran.out
    assert "16 December 2024" in ran.out


def test_outside_window_records_an_update_that_fulfils_nothing_and_says_so(ct: Ct) -> None:
    now = "2024-12-17T00:00:00+00:00"
    ran = ct("submit", "LOC123", *sets(), "--month", "2024-12", "--outside-window", now=now)
    assert ran.status == 0
    assert "fulfils nothing" in ran.out


def _result(ran: Any) -> dict[str, Any]:
    (result,) = json.loads(ran.out)["data"]["results"]
    return dict(result)
