"""Programs that change one file at the same time take turns, and each says what it did itself."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from ct_cli.settings import read_settings, settings_path
from tests.cli.conftest import GOOD, INSIDE
from tests.cli.test_locations_sync import NOW as SYNCED
from tests.cli.test_locations_sync import Cqc
from tests.conftest import Ran
from tests.register.listening import Answered, Asked, listening

Ct = Callable[..., Ran]
PROGRAMS, ROUNDS = 3, 5

SETS = """
import sys
from ct_cli.cli.program import run
for number in range(int(sys.argv[2])):
    assert run(["config", "set", f"bank_holidays.2027-{sys.argv[1]}-{number + 10}", "A Day"]) == 0
"""
SAVES_MAPS = """
import sys
from ct_cli.cli.program import run
for number in range(int(sys.argv[2])):
    arguments = ["--map", "Beds=maximum_capacity", "--save-map", f"map-{sys.argv[1]}-{number}"]
    assert run(["submit", "--file", "r.csv", *arguments]) == 0
"""
KEEPS_KEYS = """
import sys
from ct_cli.backends.server_key import keep_key
from ct_cli.settings import read_settings
for number in range(int(sys.argv[2])):
    keep_key(read_settings(), f"https://{sys.argv[1]}-{number}.example.org", "key", in_keyring=False)
"""


def all_at_once(program: str) -> None:
    """The program as often at once as PROGRAMS says, each with its own number; all have to end well."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, f"{number + 1:02}", str(ROUNDS)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROGRAMS)
    ]
    words = [each.communicate(timeout=60)[1] for each in started]
    assert [each.returncode for each in started] == [0] * PROGRAMS, words


def of_each(name: Callable[[str, int], str]) -> set[str]:
    return {name(f"{program + 1:02}", number) for program in range(PROGRAMS) for number in range(ROUNDS)}


def test_no_setting_is_lost_that_was_said_to_be_set() -> None:
    all_at_once(SETS)
    kept = tomllib.loads(settings_path().read_text(encoding="utf-8"))
    assert set(kept["bank_holidays"]) == of_each(lambda program, number: f"2027-{program}-{number + 10}")


def test_no_map_is_lost_that_was_said_to_be_kept(homes: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CT_NOW", INSIDE)
    header = ",".join(["location_id", "service", "Beds", *list(GOOD)[1:]])
    Path("r.csv").write_text(f"{header}\nLOC123,care-home,{','.join(GOOD.values())}\n", encoding="utf-8")
    all_at_once(SAVES_MAPS)
    kept = tomllib.loads(settings_path().read_text(encoding="utf-8"))
    assert set(kept["maps"]) == of_each(lambda program, number: f"map-{program}-{number}")


def test_no_key_is_lost_that_was_kept() -> None:
    all_at_once(KEEPS_KEYS)
    kept = json.loads(settings_path().with_name("server-keys.json").read_text(encoding="utf-8"))
    assert set(kept) == of_each(lambda program, number: f"https://{program}-{number}.example.org")


def submitting(file: Path) -> "subprocess.Popen[str]":
    program = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
    environment = {**os.environ, "CT_NOW": INSIDE}
    return subprocess.Popen(
        [program, "submit", "--file", file, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def counts(ended: Sequence[tuple[str, str]]) -> list[dict[str, int]]:
    return [json.loads(out)["data"]["counts"] for out, _ in ended]


def has_open(pid: int, path: Path) -> bool:
    """Whether a program has a file open; where the system does not tell, it is taken to have."""
    held = Path(f"/proc/{pid}/fd")
    try:
        return not held.exists() or str(path.resolve()) in {os.path.realpath(each) for each in held.iterdir()}
    except OSError:  # closed as it was looked at
        return False


def test_of_two_that_submit_one_file_only_the_one_that_recorded_it_says_so(homes: None, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    rows = [f"{location},care-home,{','.join(GOOD.values())}" for location in ("LOC123", "LOC124")]
    file.write_text("\n".join([",".join(["location_id", "service", *GOOD]), *rows]) + "\n", encoding="utf-8")
    store = read_settings().store_path
    with closing(sqlite3.connect(store, isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")  # Both wait for the store: neither has recorded anything yet.
        first = submitting(file)
        until = time.monotonic() + 20
        while not list((store.parent / "unfinished").glob("*.json")):
            assert time.monotonic() < until, "the first never began"
            time.sleep(0.02)
        second = submitting(file)
        while not has_open(second.pid, store):
            assert time.monotonic() < until, "the second never began"
            time.sleep(0.02)
        time.sleep(1)  # By then it has looked for the note of the first, which is all that this is about.
        held.execute("ROLLBACK")
        ended = [each.communicate(timeout=60) for each in (first, second)]
    assert sorted(counts(ended), key=str) == [{"accepted": 2}, {"already-recorded": 2}]
    assert counts([submitting(file).communicate(timeout=60)]) == [{"already-recorded": 2}]
    assert list((store.parent / "unfinished").iterdir()) == []


def test_a_synchronisation_beside_another_is_refused(
    ct: Ct, installed_ct: Ct, homes: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, others, begun = Cqc(), list[Ran](), threading.Event()

    def answer(asked: Asked, number: int) -> Answered:
        if "/locations/" in asked.path and not begun.is_set():
            begun.set()
            others.append(installed_ct("locations", "sync", "--since", "2026-11-01", now=SYNCED))
        return source.answer(asked, number)

    monkeypatch.setenv("CT_CQC_KEY", "s3cret")
    monkeypatch.setenv("CT_CACHE", str(tmp_path / "cache"))
    with listening(answer) as server:
        monkeypatch.setenv("CT_CQC_URL", server.url)
        ran = ct("locations", "sync", "--since", "2026-11-01", "--apply", now=SYNCED)
    assert ran.status == 0, ran.err
    assert (others[0].status, "is at work" in others[0].err) == (2, True)
