"""A store that was emptied, put back by an older copy, or left without its log is noticed by what was noted of it."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ct_cli.stores.known_store import Known, KnownStore
from tests.conftest import Ran

NOW = "2024-12-10T10:00:00+00:00"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ct: Callable[..., Ran]) -> Path:
    """A store with three locations and one return, which was used and is closed."""
    path = tmp_path / "data" / "ct.sqlite3"
    monkeypatch.setenv("CT_STORE", str(path))
    monkeypatch.setenv("CT_CONFIG", str(tmp_path / "settings" / "config.toml"))
    for place in ("LOC101", "LOC102", "LOC103"):
        ran = ct("locations", "add", place, "--name", "Rose", "--service", "care-home", "--provider", "Rose", now=NOW)
        assert ran.status == 0, ran.err
    assert send(ct, "LOC101")
    return path


def send(ct: Callable[..., Ran], place: str) -> str:
    ran = ct("nil-return", place, "--reason", "no-service-users", "--no-input", "--json", now=NOW)
    assert ran.status == 0, ran.err
    [made] = json.loads(ran.out)["data"]["results"]
    return str(made["receipt"]["id"])


@pytest.mark.parametrize("typed", [("status",), ("locations", "list"), ("verify",), ("nil-return", "LOC101",
                                   "--reason", "closing", "--no-input"), ("doctor",)])  # fmt: skip
def test_a_store_cut_to_nothing_is_damaged_and_not_empty(
    ct: Callable[..., Ran], path: Path, typed: tuple[str, ...]
) -> None:
    os.truncate(path, 0)
    ran = ct(*typed, now=NOW)
    told = ran.out + ran.err
    assert ran.status in {1, 2} and "is damaged" in told and "empty now" in told and "ct restore" in told, ran
    assert path.stat().st_size == 0, "nothing is made of it"


def test_a_new_store_setting_begins_anew_as_the_words_say(
    ct: Callable[..., Ran], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.truncate(path, 0)
    assert f"ct config set store {path}" in ct("status", now=NOW).err
    assert ct("config", "set", "store", str(path)).status == 0
    assert ct("status", now=NOW).status == 0


def test_a_backup_brings_back_what_was_cut_to_nothing(ct: Callable[..., Ran], path: Path, tmp_path: Path) -> None:
    assert ct("backup", str(tmp_path / "copy.sqlite3")).status == 0
    os.truncate(path, 0)
    ran = ct("restore", str(tmp_path / "copy.sqlite3"))
    assert ran.status == 0, ran.err
    assert ct("verify").status == 0


def test_an_older_copy_in_its_place_is_noticed_and_the_last_receipt_named(
    ct: Callable[..., Ran], path: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older.sqlite3"
    shutil.copy(path, older)
    first = json.loads(ct("history", "LOC101", "--json", now=NOW).out)["data"]["entries"][0]["receipt_id"]
    gone = [send(ct, place) for place in ("LOC102", "LOC103")]
    shutil.copy(older, path)
    for _ in range(2):  # until somebody says that it may go on without them
        ran = ct("verify", now=NOW)
        assert ran.status == 3 and "Receipts are missing" in ran.out
        assert f"at least 2, the last of them {gone[-1]}. It ends now with {first}." in " ".join(ran.out.split())
        assert "-wal" in ran.out
    assert "Receipts are missing" in ct("doctor").out
    new = send(ct, "LOC102")  # other content: it was recorded again, with another receipt perhaps
    assert new and ct("verify", now=NOW).status == 3
    assert ct("config", "set", "store", str(path)).status == 0
    assert ct("verify", now=NOW).status == 0


@pytest.mark.skipif(os.name == "nt", reason="no process is killed so there")
def test_a_log_that_was_taken_away_from_a_program_that_died_is_noticed(
    ct: Callable[..., Ran], path: Path, installed_ct: Callable[..., Ran]
) -> None:
    script = (
        "import os, sys; from ct_cli.backends.registry import open_backend\n"
        "from ct_cli.settings import read_settings\n"
        "from tests.backends.conftest import record, submission\n"
        "store = open_backend(read_settings()); outcomes = record(store, submission('LOC102'), submission('LOC103'))\n"
        "print(outcomes[-1].entry.receipt_id, flush=True); os.kill(os.getpid(), 9)"
    )
    surroundings = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=surroundings, capture_output=True, encoding="utf-8", check=False
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    receipt = ran.stdout.strip()
    log = path.with_name("ct.sqlite3-wal")
    assert log.stat().st_size > 0
    away = log.with_name("away")
    log.rename(away)
    shm = path.with_name("ct.sqlite3-shm")
    shm.unlink(missing_ok=True)
    ran_without = installed_ct("status", now=NOW)
    assert "Receipts are missing" in ran_without.err and receipt in ran_without.err, ran_without
    for left in path.parent.glob("ct.sqlite3-*"):
        left.unlink()
    away.rename(log)
    again = installed_ct("receipt", receipt, now=NOW)
    assert again.status == 0 and "missing" not in again.err


def test_another_store_in_its_place_is_said_once_and_then_taken_for_it(
    ct: Callable[..., Ran], path: Path, installed_ct: Callable[..., Ran]
) -> None:
    path.unlink()
    first = installed_ct("status", now=NOW)
    assert "a new and empty one" in first.err
    added = ("locations", "add", "LOC9", "--name", "Oak", "--service", "care-home", "--provider", "Oak")
    assert "a new and empty one" in installed_ct(*added, now=NOW).err
    assert installed_ct("status", now=NOW).err == ""


def test_what_is_used_as_it_should_be_says_nothing(ct: Callable[..., Ran], path: Path) -> None:
    send(ct, "LOC102")
    for typed in (("status",), ("verify",), ("locations", "list")):
        ran = ct(*typed, now=NOW)
        assert ran.status in {0, 4} and ran.err == ""


def test_a_note_that_cannot_be_written_is_no_hindrance(ct: Callable[..., Ran], path: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "settings" / "stores")
    (tmp_path / "settings" / "stores").write_text("in the way", encoding="utf-8")
    assert send(ct, "LOC103")


@pytest.mark.skipif(os.name == "nt", reason="there is no such folder")
def test_without_a_settings_file_nothing_is_noted(
    ct: Callable[..., Ran], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_CONFIG", os.devnull)
    assert send(ct, "LOC103")
    assert not Path("/dev/stores").exists()


@pytest.mark.parametrize("receipt", ["CAST(x'ff40' AS TEXT)", "x'ff40'"])
@pytest.mark.parametrize("which", ["MIN", "MAX"])
def test_a_store_whose_first_or_last_receipt_is_damaged_can_be_verified(
    ct: Callable[..., Ran], path: Path, receipt: str, which: str
) -> None:
    send(ct, "LOC102")
    with closing(sqlite3.connect(path)) as damaging:
        damaging.execute(f"UPDATE entries SET receipt_id = {receipt} WHERE seq = (SELECT {which}(seq) FROM entries)")
        damaging.commit()

    ran = ct("verify", now=NOW)

    assert (ran.status, "its receipt_id cannot be read" in ran.out) == (3, True), ran
    assert ct("locations", "list", now=NOW).status == 0
    send(ct, "LOC103")


def test_a_note_that_several_threads_write_can_always_be_read(tmp_path: Path) -> None:
    store = tmp_path / "ct.sqlite3"
    KnownStore(tmp_path, store).write(Known(True, 1, "a" * 16, "b" * 16))

    def write(entries: int) -> None:
        known = KnownStore(tmp_path, store)  # as each connection of a server has one
        for _ in range(300):
            known.write(Known(True, entries, "a" * 16, "b" * 16))

    with ThreadPoolExecutor(3) as threads:
        writing = [threads.submit(write, entries) for entries in (1, 1_000, 1_000_000)]
        while not all(one.done() for one in writing):
            assert KnownStore(tmp_path, store).read() is not None
    assert [each.suffix for each in (tmp_path / "stores").iterdir()] == [".json"]
