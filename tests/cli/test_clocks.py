"""A computer whose clock is wrong, and a server whose clock decides."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from tests.cli.conftest import sets
from tests.cli.on_a_server import LATE, OPEN, Shared

Ct = Callable[..., Any]


@pytest.fixture
def wrong_clock(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> str:
    """Only this computer's ct takes it for the 20th, when the window has closed: the server goes by the 10th."""
    import ct_cli.clock as clock

    late, in_time = clock.parse_moment(LATE), clock.parse_moment(OPEN)

    def now() -> datetime:
        import threading

        return late if threading.current_thread() is threading.main_thread() else in_time

    monkeypatch.setattr(clock, "now", now)
    return LATE


def submit(ct: Ct, *more: str) -> Any:
    """A full return of December."""
    return ct("submit", "LOC123", "--service", "care-home", "--month", "2024-12", *sets(), *more)


def test_the_server_takes_what_comes_in_time_by_its_own_clock(ct: Ct, shared: Shared, wrong_clock: str) -> None:
    ran = submit(ct, "--json")
    assert ran.status == 0
    [result] = json.loads(ran.out)["data"]["results"]
    assert (result["fate"], result["fulfils"]) == ("accepted", True)
    assert "window-shut-here" in [it["code"] for it in result["problems"]]


def test_the_server_refuses_what_comes_too_late_by_its_own_clock(ct: Ct, shared: Shared) -> None:
    ran = ct("submit", "LOC123", "--month", "2024-12", *sets(), now=LATE)
    assert ran.status == 7 and "window-not-open" in ran.out
    ran = ct("submit", "LOC123", "--month", "2024-12", *sets(), "--outside-window", now=LATE)
    assert ran.status == 0 and "fulfils nothing" in ran.out


def test_without_the_server_a_return_waits_whatever_this_computers_clock_says_of_the_window(
    ct: Ct, shared: Shared, wrong_clock: str
) -> None:
    shared.proxy.down = True
    ran = submit(ct)
    assert ran.status == 6 and "NOT YET SENT" in ran.out
    assert "by this computer's clock the window for December 2024 has closed" in ran.out
    shared.proxy.down = False
    assert ct("queue", "send").status == 0
    with shared.store() as store:
        assert [it.fulfils for it in store.history("LOC123")] == [True]


@pytest.mark.parametrize("ahead", [timedelta(days=-9), timedelta(minutes=2)])
@pytest.mark.parametrize("command", [("status",), ("locations", "list"), ("queue", "send")])
def test_a_clock_that_is_not_the_servers_is_said_once_with_every_command(
    ct: Ct, shared: Shared, ahead: timedelta, command: tuple[str, ...]
) -> None:
    if command[0] == "queue":
        shared.proxy.down = True
        submit(ct)
        shared.proxy.down = False
    from ct_cli.clock import of_this_computer

    shared.proxy.date = format_datetime(of_this_computer() + ahead, usegmt=True)
    ran = ct(*command)
    assert ran.status in {0, 6}
    assert ran.err.count("This computer's clock is ") == 1
    assert ("9 days ahead of" if ahead < timedelta() else "behind") in ran.err


def test_clocks_that_are_less_than_a_minute_apart_are_not_mentioned(ct: Ct, shared: Shared) -> None:
    assert "clock" not in ct("status").err


def test_status_goes_by_the_servers_clock(ct: Ct, shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CT_NOW")
    with shared.store() as store:
        store.save_locations([Location("LOC123", "Rose House", (Service.CARE_HOME,), beds=40)])
    shared.proxy.date = "Tue, 10 Dec 2024 10:00:00 GMT"
    told = json.loads(ct("status", "LOC123", "--json").out)["data"]
    assert (told["month"], told["state"], told["outstanding"]) == ("2024-12", "open", 1)
    assert told["obligations"][0]["status"] == "open"
