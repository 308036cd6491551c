"""One queue that several programs send at once, or die over: nothing is lost, and nothing is done twice."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.on_a_server import Shared
from tests.cli.senders import fill, hold, send_until_killed, sender

Ct = Callable[..., Any]


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the returns wait."""
    monkeypatch.setenv("CT_QUEUE", str(tmp_path / "waiting" / "queue.sqlite3"))
    return tmp_path / "waiting" / "queue.sqlite3"


def test_four_senders_at_once_send_each_return_once_and_in_order(ct: Ct, shared: Shared, queue: Path) -> None:
    places = fill(shared, queue, 6)
    programs = [sender() for _ in range(4)]
    # One that meets a return which another has on its way may leave it to that one.
    assert {program.wait(60) for program in programs} <= {0, 6}
    assert ct("queue", "send").status == 0
    hold(shared, queue, places)


def test_senders_that_are_killed_lose_nothing_and_do_nothing_twice(ct: Ct, shared: Shared, queue: Path) -> None:
    places, chance = fill(shared, queue, 6), random.Random(12)
    for _ in range(3):
        send_until_killed(shared, chance)
    assert ct("queue", "send").status == 0
    hold(shared, queue, places)
