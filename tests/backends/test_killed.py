"""A program killed at any instant leaves each return whole with its receipt, or nothing of it."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Scope

RECORDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month

path, place, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with SqliteBackend(path) as backend:
    for number in range(rounds):
        said = [
            CheckedReturn(each, Service.CARE_HOME, Month(2024, 12), ReturnKind.FULL, "c", {"occupied": number})
            for each in (place, "SHARED1", place + "B")
        ]
        now = datetime.now(UTC)
        outcomes = backend.record([Submission(it, now, True, False, Source.RECORDED_HERE, place) for it in said])
        print(*(outcome.entry.receipt_id for outcome in outcomes), flush=True)
"""


def start(path: Path, place: str, rounds: int, stdout: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", RECORDER, str(path), place, str(rounds)]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True)


def check(path: Path, printed: list[str]) -> int:
    """Every receipt that was printed is found, every chain is whole; how many entries there are."""
    tally = Tally()
    with SqliteBackend(path) as backend:
        assert [receipt for receipt in printed if backend.entry(receipt) is None] == []
        assert list(breaks(backend.walk(), backend.chain_ends(), tally)) == []
        assert backend.locations(Scope()) == []
    return tally.entries


@pytest.mark.parametrize("seed", range(4))
def test_what_was_acknowledged_before_a_kill_is_there_and_nothing_is_half_there(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "ct.sqlite3"
    child = start(path, "LOC123", 100_000)
    assert child.stdout is not None
    first = child.stdout.readline()  # it is up and records
    time.sleep(random.Random(seed).uniform(0, 0.25))
    child.kill()
    rest = child.stdout.read()
    child.communicate()
    # The last line may be cut short by the kill: only whole ones were acknowledged.
    lines = (first + rest).splitlines(keepends=True)
    printed = [receipt for line in lines if line.endswith("\n") for receipt in line.split()]
    entries = check(path, printed)
    assert entries % 3 == 0, "a call of record is three entries, or none"
    assert len(printed) <= entries <= len(printed) + 3


def test_three_programs_record_at_once_and_none_is_refused_or_lost(tmp_path: Path) -> None:
    path = tmp_path / "ct.sqlite3"
    rounds = 40
    children = [start(path, place, rounds) for place in ("LOC1", "LOC2", "LOC3")]
    ended = [child.communicate(timeout=60) for child in children]
    assert [words for _, words in ended] == [""] * 3
    assert [child.returncode for child in children] == [0] * 3
    printed = [receipt for out, _ in ended for receipt in out.split()]
    assert len(printed) == 3 * 3 * rounds
    entries = check(path, printed)
    assert entries == len(set(printed))
    with SqliteBackend(path) as backend:
        shared = backend.history("SHARED1")
    assert {entry.recorded_by for entry in shared} == {"LOC1", "LOC2", "LOC3"}
    assert [entry.version for entry in shared] == list(range(1, len(shared) + 1))


def test_readers_see_whole_calls_and_whole_chains_while_another_program_records(tmp_path: Path) -> None:
    path = tmp_path / "ct.sqlite3"
    child = start(path, "LOC123", 200, subprocess.DEVNULL)  # A pipe that nobody reads holds 4 KB on Windows.
    with SqliteBackend(path) as backend:
        while child.poll() is None:
            tally = Tally()
            with backend.at_one_moment():
                assert list(breaks(backend.walk(), backend.chain_ends(), tally)) == []
            assert tally.entries % 3 == 0
    assert child.communicate()[1] == ""
