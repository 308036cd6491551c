"""An embedded store of an earlier ct is backed up before it is upgraded, once; a newer one is left alone, in words."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.sqlite_schema import VERSION
from tests.conftest import Ran
from tests.stores.conftest import Ct, rows

MADE = Path(__file__).with_name("made_by_124018f")
NOW = "2026-11-12T10:00:00+00:00"
OLD = 7
"""Steps that a store of 124018f has taken."""


@pytest.fixture
def old(store: Path) -> Path:
    """A store of 124018f."""
    store.parent.mkdir()
    shutil.copy(MADE / "store.sqlite3", store)
    store.chmod(0o600)
    return store


def backups(old: Path) -> list[Path]:
    return sorted(old.parent.glob("*before-upgrade*"))


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that is in a store but what ct notes in a backup."""
    names = rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'ct_backup' ORDER BY name")
    return {str(name): rows(path, f"SELECT * FROM {name}") for (name,) in names}


def test_the_store_is_backed_up_before_it_is_upgraded_and_it_is_said_how_to_go_back(old: Path, ct: Ct) -> None:
    before = tables(old)

    ran = ct("locations", "list", "--json", now=NOW)

    assert (ran.status, ran.out[:1]) == (0, "{")
    [backup] = backups(old)
    assert backup.name == f"ct.sqlite3.before-upgrade-{OLD}-2026-11-12"
    assert f"ct config set store {backup}" in ran.err
    assert "was upgraded" in ran.err
    assert rows(backup, "PRAGMA user_version") == [(OLD,)]
    assert rows(backup, "PRAGMA journal_mode") == [("delete",)]
    assert tables(backup) == before
    if os.name != "nt":
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert rows(old, "PRAGMA user_version") == [(VERSION,)]
    again = ct("locations", "list", "--json", now=NOW)
    assert (again.err, backups(old)) == ("", [backup])


def test_who_goes_back_finds_all_that_was_there_before(old: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch) -> None:
    receipts = rows(old, "SELECT receipt_id FROM entries ORDER BY seq")
    assert ct("verify", now=NOW).status == 0
    [backup] = backups(old)
    monkeypatch.setenv("CT_STORE", str(backup))
    assert ct("verify", now=NOW).status == 0
    assert rows(backup, "SELECT receipt_id FROM entries ORDER BY seq") == receipts


def test_a_store_with_nothing_in_it_is_upgraded_without_a_word(old: Path, ct: Ct) -> None:
    with closing(sqlite3.connect(old)) as emptied, emptied:
        for name in tables(old):
            emptied.execute(f"DELETE FROM {name}")
    ran = ct("locations", "list", now=NOW)
    assert (ran.status, ran.err, backups(old)) == (0, "", [])
    fresh = old.parent / "fresh.sqlite3"
    SqliteBackend(fresh).close()
    assert backups(fresh) == []


def test_of_several_programs_at_once_one_backs_up_and_upgrades(old: Path) -> None:
    before = tables(old)
    program = [sys.executable, "-m", "ct_cli", "verify"]
    surroundings = {**os.environ, "CT_NOW": NOW}
    children = [
        subprocess.Popen(program, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(5)
    ]
    ended = [(*child.communicate(timeout=60), child.returncode) for child in children]
    assert [status for _, _, status in ended] == [0] * 5, ended
    assert sum("was upgraded" in err for _, err, _ in ended) == 1
    [backup] = backups(old)
    assert tables(backup) == before
    assert rows(old, "PRAGMA user_version") == [(VERSION,)]


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no bound on the size of its files there")
def test_without_room_for_the_backup_nothing_is_upgraded(old: Path, ct: Ct) -> None:
    """By the largest file that the process may write, which SQLite and the system meet as they do a full disk."""
    before = old.read_bytes()
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) // 2}, {len(before) // 2}));"
        "from ct_cli.cli.program import run; sys.exit(run(sys.argv[1:]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "locations", "list"],
        env={**os.environ, "CT_NOW": NOW}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    assert "no backup could be made first" in ran.stderr
    assert "Nothing was changed" in ran.stderr
    assert [each.name for each in old.parent.iterdir()] == ["ct.sqlite3"]
    assert rows(old, "PRAGMA user_version") == [(OLD,)]
    assert ct("verify", now=NOW).status == 0
    assert len(backups(old)) == 1


def test_a_second_upgrade_on_one_day_overwrites_no_backup(old: Path, ct: Ct) -> None:
    assert ct("verify", now=NOW).status == 0
    shutil.copy(MADE / "store.sqlite3", old)
    assert ct("verify", now=NOW).status == 0
    assert [each.name[-2:] for each in backups(old)] == ["12", "-2"]


def test_a_backup_of_an_earlier_ct_names_its_receipts(old: Path, ct: Ct) -> None:
    assert ct("verify", "--against", str(MADE / "store.sqlite3"), now=NOW).status == 0


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as there:
        there.execute("PRAGMA user_version = 99")


def test_a_newer_store_says_what_to_upgrade_first_and_is_left_alone(
    old: Path, ct: Ct, installed_ct: Callable[..., Ran]
) -> None:
    newer(old)
    before = old.read_bytes()
    for typed in (("locations", "list"), ("submit", "LOC201", "--unchanged"), ("backup", str(old.parent / "b"))):
        ran = ct(*typed, now=NOW)
        assert (ran.status, "Upgrade ct on this computer" in ran.err, "Nothing was changed" in ran.err) == (
            1,
            True,
            True,
        )
    assert old.read_bytes() == before
    assert [each.name for each in old.parent.iterdir()] == ["ct.sqlite3"]


def test_returns_that_wait_in_a_newer_ct_s_queue_stay_there(
    store: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = store.parent / "queue.sqlite3"
    store.parent.mkdir()
    shutil.copy(MADE / "queue.sqlite3", queue)
    ReturnQueue(queue).close()
    waiting = rows(queue, "SELECT * FROM waiting")
    newer(queue)
    for name, value in (("BACKEND", "http"), ("SERVER_URL", "http://127.0.0.1:9"), ("SERVER_KEY", "none")):
        monkeypatch.setenv(f"CT_{name}", value)
    for typed in (("queue", "list"), ("queue", "send"), ("queue", "drop", "--refused")):
        ran = ct(*typed, now=NOW)
        assert (ran.status, "Upgrade ct on this computer" in ran.err) == (1, True), ran.err
    assert waiting and rows(queue, "SELECT * FROM waiting") == waiting


def test_returns_that_wait_are_backed_up_before_their_queue_is_upgraded(
    store: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = store.parent / "queue.sqlite3"
    store.parent.mkdir()
    shutil.copy(MADE / "queue.sqlite3", queue)
    before = tables(queue)
    for name, value in (("BACKEND", "http"), ("SERVER_URL", "http://127.0.0.1:9"), ("SERVER_KEY", "none")):
        monkeypatch.setenv(f"CT_{name}", value)
    ran = ct("queue", "list", now=NOW)
    [backup] = backups(queue)
    assert (ran.status, f"ct config set queue {backup}" in ran.err) == (0, True)
    assert tables(backup) == before and before["waiting"]
    assert ct("queue", "list", now=NOW).err == ""
    assert backups(queue) == [backup]
