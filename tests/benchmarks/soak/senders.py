"""Programs that send one queue at once and are killed over it, for minutes: does each return arrive, once, in order?

By hand: `python tests/benchmarks/soak/senders.py [MINUTES] [--seed N]`. Round by round a queue of three returns for
each of eight locations is sent by four programs at once, two of which are killed at some moment; then by one more, to
its end.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))  # run as a program, only this folder is looked in

from tests.cli.on_a_server import on_a_server
from tests.cli.senders import fill, hold, send_until_killed, sender


def soak(minutes: float, seed: int) -> None:
    """Run it and print what was found. Raises AssertionError where a return is lost, doubled or out of order."""
    until, chance, rounds, returns = time.monotonic() + 60 * minutes, random.Random(seed), 0, 0
    while time.monotonic() < until:
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            pytest.MonkeyPatch.context() as monkeypatch,
        ):
            for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "CT_CACHE"):
                monkeypatch.setenv(name, folder)
            with on_a_server(Path(folder), monkeypatch) as shared:
                queue = Path(folder) / "waiting" / "queue.sqlite3"
                monkeypatch.setenv("CT_QUEUE", str(queue))
                places = fill(shared, queue, 8)
                killed = [threading.Thread(target=send_until_killed, args=(shared, chance)) for _ in range(2)]
                programs = [sender() for _ in range(2)]
                for thread in killed:
                    thread.start()
                for thread in killed:
                    thread.join()
                for program in programs:
                    program.wait()
                assert sender().wait() == 0
                hold(shared, queue, places)
        rounds, returns = rounds + 1, returns + 3 * len(places)
    print(f"{rounds} rounds, {2 * rounds} programs killed, {returns} returns: none lost, none doubled, all in order")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", type=float, nargs="?", default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    os.environ.pop("CT_NOW", None)
    soak(given.minutes, given.seed)
