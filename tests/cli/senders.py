"""Programs that send one queue at once, or die over it, for the tests and the soak."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month
from tests.cli.conftest import GOOD
from tests.cli.on_a_server import OPEN, Shared

WORKERS = "non_care_workers_employed"
VERSIONS = (9, 8, 7)
"""What is said of each location, one after the other: each a correction of the one before."""


def fill(shared: Shared, queue: Path, count: int) -> list[str]:
    """Put three returns of each of so many locations into a queue, each in a request of its own; the locations."""
    places = [f"1-{100_000_000 + number}" for number in range(count)]
    with shared.store() as store:
        store.save_locations([Location(place, "Rose House", (Service.CARE_HOME,), beds=40) for place in places])
    with ReturnQueue(queue) as opened:
        for version, workers in enumerate(VERSIONS):
            for place in places:
                key = f"{place}-{version}"
                opened.put(shared.url, key, [_a_return(place, workers)], datetime.fromisoformat(OPEN))
    return places


def _a_return(place: str, workers: int) -> Submission:
    values = {key: int(value) for key, value in GOOD.items()} | {WORKERS: workers}
    said = CheckedReturn(
        place, Service.CARE_HOME, Month(2024, 12), ReturnKind.FULL, "care-home-2024-04-26", values, expected_version=0
    )
    return Submission(said, datetime.fromisoformat(OPEN), True, True, Source.RECORDED_HERE, "sam")


def sender() -> "subprocess.Popen[bytes]":
    """`ct queue send`, begun."""
    command = [sys.executable, "-m", "ct_cli", "queue", "send"]
    return subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def send_until_killed(shared: Shared, chance: random.Random) -> None:
    """Begin to send, and kill the program at some moment once it has sent something, or as it begins to."""
    before = len(shared.proxy.recorded)
    program = sender()
    after, ends = before + chance.randint(1, 6), time.monotonic() + 30
    while program.poll() is None and len(shared.proxy.recorded) < after and time.monotonic() < ends:
        time.sleep(0.001)
    time.sleep(chance.random() * 0.02)
    program.kill()
    program.wait()


def hold(shared: Shared, queue: Path, places: Sequence[str]) -> None:
    """Everything arrived, once and in its order, each under one key, and nothing is left."""
    with shared.store() as store:
        for place in places:
            assert [int(it.values[WORKERS]) for it in store.history(place)] == list(VERSIONS), place
    with ReturnQueue(queue) as opened:
        assert opened.all() == []
    keys: dict[bytes, set[str]] = {}
    for asked in shared.proxy.recorded:
        keys.setdefault(asked.body, set()).add(asked.headers["idempotency-key"])
    assert {len(each) for each in keys.values()} == {1}
