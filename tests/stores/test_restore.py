"""`ct restore`: a backup comes back whole or not at all, and nothing that was decided since is undone."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.access import ApiKey, Role
from ct_cli.backends.outbox import Letter, LetterState
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.sqlite_hold import put_hold
from ct_cli.register.location import User
from ct_cli.stores.verification import verify
from ct_cli.windows.month import Month
from tests.backends.conftest import record, submission
from tests.cli.conftest import sets
from tests.stores.conftest import Ct, rows, submit

KEY = "0badcafe"
LATER = datetime(2024, 12, 10, 11, tzinfo=UTC)


@pytest.fixture
def backup(register: Path, ct: Ct) -> Path:
    """A backup of the register."""
    path = register.parent.parent / "backup.sqlite3"
    assert ct("backup", str(path)).status == 0
    return path


def restored(ct: Ct, backup: Path, *more: str, status: int = 0) -> dict[str, Any]:
    """What a restore answers."""
    ran = ct("restore", str(backup), *more, "--json")
    assert ran.status == status, ran.err + ran.out
    data: dict[str, Any] = json.loads(ran.out)["data"]["restored"]
    return data


def receipts(store: Path) -> set[object]:
    return {receipt for (receipt,) in rows(store, "SELECT receipt_id FROM entries")}


def beside(store: Path) -> list[str]:
    return sorted(each.name for each in store.parent.iterdir() if each != store)


def lose(store: Path) -> None:
    for each in store.parent.iterdir():
        each.unlink()


def test_where_the_store_is_gone_the_backup_takes_its_place_whole(register: Path, backup: Path, ct: Ct) -> None:
    before = receipts(register)
    lose(register)

    ran = ct("restore", str(backup))

    assert ran.status == 0, ran.err
    assert receipts(register) == before
    assert ct("verify", "--against", str(backup)).status == 0
    assert beside(register) == []
    assert rows(register, "SELECT name FROM sqlite_master WHERE name = 'ct_backup'") == []
    assert [name for (name,) in rows(register, "SELECT email FROM users")] == ["ada@example.org", "bea@example.org"]
    if os.name != "nt":
        assert stat.S_IMODE(register.stat().st_mode) == 0o600
    submit(ct, "LOC1")


def test_where_the_present_store_cannot_tell_keys_are_listed_and_reminders_held(
    register: Path, backup: Path, ct: Ct
) -> None:
    lose(register)
    ran = ct("restore", str(backup))
    assert KEY in ran.out
    assert "ct remind resume" in ran.out

    for _ in range(2):
        ran = ct("remind", "--channel", "stdout")
        assert (ran.status, ran.out, "ct remind resume" in ran.err) == (4, "", True)
    assert "ct remind resume" in ct("doctor").out
    ran = ct("remind", "resume")
    assert (ran.status, "again" in ran.out) == (0, True)
    assert "Subject" in ct("remind", "--channel", "stdout").out
    assert "not held" in ct("remind", "resume").out
    assert "ct remind resume" not in ct("doctor").out


def test_receipts_that_would_be_lost_are_listed_and_kept_unless_told(register: Path, backup: Path, ct: Ct) -> None:
    newer = [submit(ct, "LOC1"), submit(ct, "LOC2"), submit(ct, "LOC0", occupied="35", reserved="2")]
    before = register.read_bytes()

    ran = ct("restore", str(backup))
    assert (ran.status, "Nothing was restored" in ran.out, "3 receipts would be lost" in ran.out) == (3, True, True)
    assert all(receipt in ran.out for receipt in newer)
    assert "--discard-newer" in ran.out
    dry = restored(ct, backup, "--dry-run", status=3)
    assert [it["receipt_id"] for it in dry["lost"]] == newer[::-1] or {it["receipt_id"] for it in dry["lost"]} == {
        *newer
    }
    assert (dry["done"], beside(register), register.read_bytes() == before) == (False, [], True)

    done = restored(ct, backup, "--discard-newer")
    assert (done["done"], done["reminders_held"], done["gained"], len(done["lost"])) == (True, False, 0, 3)
    assert not receipts(register) & {*newer}
    kept = Path(done["kept"])
    assert receipts(kept) >= {*newer}
    assert restored(ct, kept)["gained"] == 3
    assert receipts(register) >= {*newer}
    assert ct("verify").status == 0


def test_a_dry_run_says_what_the_restore_does_and_changes_nothing(register: Path, backup: Path, ct: Ct) -> None:
    before = register.read_bytes()
    dry = restored(ct, backup, "--dry-run")
    assert register.read_bytes() == before
    done = restored(ct, backup)
    differ = {key for key, value in done.items() if dry[key] != value}
    assert differ <= {"done", "kept", "beside"}
    lose(register)
    dry, done = restored(ct, backup, "--dry-run"), restored(ct, backup)
    assert {key for key, value in done.items() if dry[key] != value} <= {"done", "kept", "beside"}


# What the present store knows better.


def test_a_key_that_was_revoked_since_stays_revoked_and_one_made_since_works(
    register: Path, backup: Path, ct: Ct
) -> None:
    assert ct("keys", "revoke", KEY).status == 0
    with SqliteBackend(register) as backend:
        backend.add_key(ApiKey("0badbeef", "new", Role.ADMIN, "", "1" * 64, LATER))

    done = restored(ct, backup)

    assert (done["keys_revoked"], done["keys"], done["reminders_held"]) == (1, [], False)
    with SqliteBackend(register) as backend:
        listed = backend.keys()
        works = [(key.id, key.revoked_at is None) for key in listed]
        assert works == [(KEY, False), ("0badbeef", True)]
        assert {"key-revoked", "store-restored"} <= {line.action for line in backend.audit_trail()}


def test_nobody_who_was_erased_comes_back_not_even_in_the_bytes_of_the_file(
    register: Path, backup: Path, ct: Ct
) -> None:
    assert ct("users", "remove", "ada@example.org").status == 0
    done = restored(ct, backup)
    assert done["users_left_out"] == 1
    assert rows(register, "SELECT email FROM users") == [("bea@example.org",)]
    for each in register.parent.iterdir():
        assert b"ada@example.org" not in each.read_bytes(), each


def test_who_wants_no_reminders_is_sent_none_and_what_went_out_goes_out_once(
    register: Path, backup: Path, ct: Ct
) -> None:
    assert ct("remind", "opt-out", "bea@example.org").status == 0
    first = ct("remind", "--channel", "stdout")
    assert "ada@example.org" in first.out
    sent = rows(register, "SELECT recipient, rung, state FROM outbox")

    assert restored(ct, backup)["reminders_held"] is False

    assert rows(register, "SELECT recipient, rung, state FROM outbox") == sent
    assert ct("remind", "--channel", "stdout").out == ""
    assert rows(register, "SELECT email, opted_out FROM contact_notes") == [("bea@example.org", 1)]


def test_who_wants_reminders_again_gets_them_after_a_restore_too(register: Path, ct: Ct, tmp_path: Path) -> None:
    assert ct("remind", "opt-out", "bea@example.org").status == 0
    assert ct("backup", str(tmp_path / "b")).status == 0
    assert ct("remind", "opt-out", "bea@example.org", "--undo").status == 0
    restored(ct, tmp_path / "b")
    assert rows(register, "SELECT email FROM contact_notes") == []


def test_a_store_that_lost_its_end_has_the_decisions_of_both(register: Path, ct: Ct, tmp_path: Path) -> None:
    """As where a stale copy was put in its place by hand: then neither knows all that the other does."""
    stale = tmp_path / "stale.sqlite3"
    shutil.copy(register, stale)
    lost = submit(ct, "LOC1")
    assert ct("remind", "opt-out", "bea@example.org").status == 0
    letter = Letter(Month(2024, 12), "ada@example.org", "opening", 0, (), LATER, rehearsal=True, state=LetterState.SENT)
    with SqliteBackend(register) as backend:
        backend.queue([letter])
    assert ct("backup", str(tmp_path / "b")).status == 0
    shutil.copy(stale, register)
    assert ct("keys", "revoke", KEY).status == 0

    done = restored(ct, tmp_path / "b")

    assert (done["gained"], done["reminders_held"], done["users_left_out"]) == (1, True, 0)
    assert [(key["id"], key["revoked"]) for key in done["keys"]] == [(KEY, True)]
    assert lost in receipts(register)
    assert rows(register, "SELECT email, opted_out FROM contact_notes") == [("bea@example.org", 1)]
    assert rows(register, "SELECT recipient, state FROM outbox") == [("ada@example.org", "sent")]


def test_a_present_store_that_is_known_to_be_stale_is_not_believed_to_know_better(
    register: Path, backup: Path, ct: Ct, tmp_path: Path
) -> None:
    """As where an older copy was put in its place by hand: a key may have been revoked, and reminders sent, since."""
    submit(ct, "LOC1")
    shutil.copy(register, tmp_path / "stale")
    submit(ct, "LOC2")
    assert ct("keys", "revoke", KEY).status == 0
    shutil.copy(tmp_path / "stale", register)

    done = restored(ct, backup, "--discard-newer")

    assert (done["gained"], len(done["lost"]), done["reminders_held"]) == (0, 1, True)
    assert [key["id"] for key in done["keys"]] == [KEY]
    assert "missing from the store" not in ct("verify").err


def test_another_register_s_users_are_not_taken_for_erased(register: Path, backup: Path, ct: Ct) -> None:
    """As where somebody began anew after a loss, before a backup was found."""
    lose(register)
    with SqliteBackend(register) as begun_anew:
        begun_anew.save_users([User("LOC9", "cyd@example.org", "Cyd")])
    done = restored(ct, backup)
    assert (done["users_left_out"], done["lost_users"], done["reminders_held"]) == (0, 1, True)
    assert len(rows(register, "SELECT 1 FROM users")) == 2


# What is refused.


@pytest.mark.parametrize("at_work", [False, True], ids=["idle", "writing"])
def test_while_another_program_has_the_store_open_nothing_is_restored(
    register: Path, backup: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch, *, at_work: bool
) -> None:
    monkeypatch.setattr("ct_cli.stores.restore.BUSY_SECONDS", 0.1)
    program = (
        "import sqlite3, sys; there = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "there.execute('SELECT count(*) FROM entries').fetchall();"
        + ("there.execute('BEGIN IMMEDIATE');" if at_work else "")
        + "print(1, flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program, str(register)], **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout.readline()
        ran = ct("restore", str(backup))
        assert (ran.status, "has the store" in ran.err) == (2, True), ran.err
        other.stdin.close()
        other.wait(20)
    assert ct("restore", str(backup)).status == 0


def test_a_backup_that_was_altered_damaged_or_is_none_is_refused_and_the_store_stays(
    register: Path, backup: Path, ct: Ct, tmp_path: Path
) -> None:
    before = register.read_bytes()
    whole = backup.read_bytes()
    altered, cut, flipped, text, other, newer, trigger = (tmp_path / name for name in "acftong")
    altered.write_bytes(whole)
    with closing(sqlite3.connect(altered)) as there, there:
        there.execute("UPDATE entries SET note = 'x'")
    cut.write_bytes(whole[: len(whole) // 2])
    flipped.write_bytes(whole[:4096] + bytes(4096 * 8) + whole[4096 * 9 :])
    text.write_text("a letter", encoding="utf-8")
    newer.write_bytes(whole)
    trigger.write_bytes(whole)
    for path, sql in (
        (other, "CREATE TABLE songs (title TEXT)"),
        (newer, "PRAGMA user_version = 99"),
        (trigger, "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM users; END"),
    ):
        with closing(sqlite3.connect(path)) as there, there:
            there.execute(sql)
    for path, status, words in (
        (altered, 3, "LOC0"), (cut, 2, "damaged"), (flipped, 2, "damaged"), (text, 2, "damaged"),
        (other, 2, "another program"), (newer, 2, "Upgrade ct"), (tmp_path / "none", 2, "no such file"),
        (register, 2, "the store itself"), (trigger, 2, "a trigger"),
    ):  # fmt: skip
        ran = ct("restore", str(path))
        assert (ran.status, words in ran.err) == (status, True), (path, ran.err)
    assert register.read_bytes() == before
    assert beside(register) == []
    assert ct("restore", str(altered), "--discard-newer", "--even-if-altered").status == 0


def test_a_newer_ct_s_store_and_another_program_s_file_are_never_overwritten(
    register: Path, backup: Path, ct: Ct
) -> None:
    with closing(sqlite3.connect(register)) as there:
        there.execute("PRAGMA user_version = 99")
    assert "Upgrade ct" in ct("restore", str(backup), "--discard-newer").err
    register.unlink()
    with closing(sqlite3.connect(register)) as there, there:
        there.execute("CREATE TABLE songs (title TEXT)")
    before = register.read_bytes()
    assert "another program" in ct("restore", str(backup), "--discard-newer").err
    assert register.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no bound on the size of its files there")
@pytest.mark.parametrize("room", ["none", "for the backup alone"])
def test_without_room_the_store_stays_as_it_was(register: Path, ct: Ct, tmp_path: Path, room: str) -> None:
    """By the largest file that the process may write, which SQLite and the system meet as they do a full disk."""
    old = receipts(register)
    large = tmp_path / "large.sqlite3"
    with SqliteBackend(large) as backend:
        record(backend, submission("LOC7"))
    with closing(sqlite3.connect(large)) as there, there:
        there.execute("CREATE TABLE padding AS SELECT 1 AS content WHERE 0")
        there.executemany("INSERT INTO padding VALUES (?)", [["x" * 4_000]] * 2_000)
    # The log of changes by which the store is written is larger than the store, by 24 bytes for each of 2,000 pages.
    most = large.stat().st_size + 16_384 if room != "none" else 100_000
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}));"
        "from ct_cli.cli.program import run; sys.exit(run(sys.argv[1:]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "restore", str(large), "--discard-newer"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode in {1, 2}, ran.stderr
    assert "fault in ct" not in ran.stderr
    assert receipts(register) == old
    assert ct("verify").status == 0
    assert ct("restore", str(large), "--discard-newer").status == 0


def test_elsewhere_the_right_tool_is_named(store: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", "postgresql://ct:hunter2@db.example.org/ct")
    ran = ct("restore", "b.dump")
    assert (ran.status, "pg_restore" in ran.err, "hunter2" in ran.err) == (2, True, False)
    monkeypatch.setenv("CT_BACKEND", "http")
    said = ct("restore", "b").err
    assert "ct restore FILE`" in said and "back up" not in said and "backed up" not in said


# What is damaged.


@pytest.mark.parametrize("harm", ["garbage", "cut", "zeroed", "emptied"])
def test_a_damaged_store_is_moved_aside_and_the_backup_takes_its_place(
    register: Path, backup: Path, ct: Ct, harm: str
) -> None:
    whole = register.read_bytes()
    before = receipts(register)
    harmed = {
        "garbage": os.urandom(20_000), "cut": whole[: len(whole) // 2], "emptied": b"",
        "zeroed": whole[:4096] + bytes(4096 * 12) + whole[4096 * 13 :],
    }[harm]  # fmt: skip
    register.write_bytes(harmed)

    done = restored(ct, backup)

    assert (done["done"], done["reminders_held"], len(done["keys"])) == (True, True, 1)
    assert receipts(register) == before
    if harm != "emptied":
        assert Path(done["kept"]).read_bytes() == harmed
    assert ct("verify").status == 0


def test_a_log_that_was_left_of_another_store_is_not_taken_for_the_restored_one_s(
    register: Path, backup: Path, ct: Ct
) -> None:
    before = receipts(register)
    with SqliteBackend(register) as held:
        record(held, submission("LOC2"))
        log = register.with_name("ct.sqlite3-wal").read_bytes()
    lose(register)
    register.with_name("ct.sqlite3-wal").write_bytes(log)
    restored(ct, backup)
    assert receipts(register) == before
    assert ct("verify").status == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses by itself to move a file that is open")
def test_a_damaged_store_that_another_program_has_open_is_not_moved(
    register: Path, backup: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ct_cli.stores.restore.BUSY_SECONDS", 0.1)
    program = (
        "import sqlite3, sys; there = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "there.execute('SELECT count(*) FROM entries').fetchall(); print(1, flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program, str(register)], **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout.readline()
        register.write_bytes(b"garbage" * 1000)
        ran = ct("restore", str(backup))
        assert (ran.status, "has the store" in ran.err) == (2, True), ran.err
        other.stdin.close()
        other.wait(20)
    assert register.read_bytes() == b"garbage" * 1000


@pytest.mark.skipif(os.name == "nt", reason="a process is not killed so there")
@pytest.mark.parametrize("present", ["readable", "damaged", "gone"])
def test_killed_in_the_middle_it_leaves_the_old_store_the_new_one_or_one_that_says_it_is_unfinished(
    register: Path, ct: Ct, tmp_path: Path, present: str
) -> None:
    """Kills at random moments of a restore; KILLS makes them more."""
    with SqliteBackend(register) as backend:
        record(backend, *(submission(f"LOC{number:05}") for number in range(1_000)))
    backup = tmp_path / "large.sqlite3"
    assert ct("backup", str(backup)).status == 0
    new = receipts(backup)
    seed = random.Random(present)
    for _ in range(int(os.environ.get("KILLS", "2"))):
        for each in register.parent.iterdir():
            each.unlink()
        if present != "gone":
            with SqliteBackend(register) as backend:
                record(backend, submission("LOC1"))
        old = receipts(register) if present == "readable" else None
        if present == "damaged":
            register.write_bytes(b"garbage" * 1000)
        child = subprocess.Popen(
            [sys.executable, "-m", "ct_cli", "restore", str(backup), "--discard-newer"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while child.poll() is None and not list(register.parent.glob(".ct.sqlite3.restore.*")):
            assert time.monotonic() < deadline
        time.sleep(seed.uniform(0, 0.6))
        child.send_signal(signal.SIGKILL)
        child.wait(20)

        if present == "readable":
            with SqliteBackend(register) as backend:
                found, _ = verify(backend)
            assert found.whole
            assert receipts(register) in (old, new)
        elif register.with_name("ct.sqlite3.restoring").exists():
            for typed in (("verify",), ("status",), ("backup", str(tmp_path / "never"))):
                ran = ct(*typed)
                assert (ran.status, "ct restore" in ran.err) == (1, True), ran.err
        elif register.exists() and register.read_bytes() != b"garbage" * 1000:
            assert receipts(register) == new
        assert ct("restore", str(backup), "--discard-newer").status == 0
        assert receipts(register) == new
        assert ct("verify").status == 0
        assert [name for name in beside(register) if "restor" in name and "before-restore" not in name] == []


# What lies beside.


def test_settings_wording_and_waiting_returns_come_back_where_there_are_none(
    register: Path, ct: Ct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wording = tmp_path / "wording"
    wording.mkdir()
    (wording / "reminder.txt").write_text("my own words", encoding="utf-8")
    settings = Path(os.environ["CT_CONFIG"])
    settings.parent.mkdir(exist_ok=True)
    text = f"store = '{register}'\n[maps.ours]\n'Beds taken' = 'occupied'\n[smtp]\npassword = 'hunter2'\n"
    settings.write_text(f"{text}[reminders]\ntemplates = '{wording}'\n", encoding="utf-8")
    with monkeypatch.context() as away:
        away.setenv("CT_SERVER_TIMEOUT", "1")
        for name, value in (("BACKEND", "http"), ("SERVER_URL", "http://127.0.0.1:9"), ("SERVER_KEY", "none")):
            away.setenv(f"CT_{name}", value)
        assert ct("submit", "LOC1", "--service", "care-home", *sets(), "--no-input").status == 6
        waiting = ct("queue", "list").out
    backup = tmp_path / "b"
    assert ct("backup", str(backup)).status == 0

    done = restored(ct, backup)["beside"]
    assert (done["settings"], done["settings_left"], done["queue"], done["queue_left"]) == (None, True, None, True)

    shutil.rmtree(settings.parent)
    shutil.rmtree(wording)
    lose(register)
    done = restored(ct, backup)["beside"]
    assert done["settings"] == str(settings)
    back = settings.read_text(encoding="utf-8")
    assert '"Beds taken" = "occupied"' in back
    assert "store" not in back and "hunter2" not in back
    assert (settings.parent / "templates" / "reminder.txt").read_text(encoding="utf-8") == "my own words"
    assert ct("config", "get", "reminders.templates").out.strip().startswith(str(settings.parent / "templates"))
    assert ct("queue", "list").out == waiting


def test_a_backup_from_elsewhere_brings_no_command_along(register: Path, backup: Path, ct: Ct) -> None:
    for content, status in ((b'[smtp]\npassword_command = "touch /x"\nhost = "h"\n', 0), (b"not [ toml", 2)):
        with closing(sqlite3.connect(backup)) as there, there:
            there.execute("INSERT OR REPLACE INTO ct_backup VALUES ('config.toml', ?)", [content])
        ran = ct("restore", str(backup))
        assert (ran.status, "The store was restored" in ran.err) == (status, status == 2), ran.err
        settings = Path(os.environ["CT_CONFIG"])
        assert (settings.read_text(encoding="utf-8") if settings.exists() else "") == '[smtp]\nhost = "h"\n' * (
            not status
        )
        settings.unlink(missing_ok=True)


def test_the_files_of_a_backup_can_be_taken_out_without_restoring_it(register: Path, ct: Ct, tmp_path: Path) -> None:
    settings = Path(os.environ["CT_CONFIG"])
    settings.parent.mkdir(exist_ok=True)
    settings.write_text("recorded_by = 'The office'\n", encoding="utf-8")
    assert ct("backup", str(tmp_path / "b")).status == 0
    lose(register)
    with closing(sqlite3.connect(tmp_path / "b")) as there, there:
        there.execute("INSERT INTO ct_backup VALUES ('templates/../../evil.txt', x'00')")
    ran = ct("restore", str(tmp_path / "b"), "--files", str(tmp_path / "out"))
    assert (ran.status, register.exists()) == (0, False)
    assert (tmp_path / "out" / "config.toml").read_text(encoding="utf-8") == 'recorded_by = "The office"\n'
    assert list(tmp_path.rglob("evil.txt")) == []


def test_a_store_of_124018f_is_restored_too(store: Path, ct: Ct) -> None:
    made = Path(__file__).with_name("made_by_124018f") / "store.sqlite3"
    assert ct("restore", str(made), now="2026-11-12T10:00:00+00:00").status == 0
    assert ct("verify", "--against", str(made)).status == 0


DAMAGES = {
    "a month that is none": "UPDATE entries SET month = 'abc', entry_hash = 'x'",
    "a receipt that is no text": "UPDATE entries SET receipt_id = CAST(x'ff40' AS TEXT), entry_hash = 'x'",
    "a receipt of bytes": "UPDATE entries SET receipt_id = x'ff40', entry_hash = 'x'",
    "an address that is no text": "UPDATE users SET email = CAST(x'ff40' AS TEXT) WHERE email LIKE 'ada%'",
    "a key of no role": "UPDATE api_keys SET id = 'other', role = 'nobody'",
    "a table that is gone": "DROP TABLE users",
}


@pytest.mark.parametrize("sql", DAMAGES.values(), ids=DAMAGES)
def test_a_store_in_which_a_row_is_not_as_ct_writes_it_is_no_hindrance(
    register: Path, backup: Path, ct: Ct, sql: str
) -> None:
    before = receipts(register)
    with closing(sqlite3.connect(register)) as damaging:
        damaging.execute(sql)
        damaging.commit()

    done = restored(ct, backup, "--discard-newer")

    assert done["done"] and done["kept"] is not None
    assert receipts(register) == before
    assert rows(register, "SELECT email FROM users ORDER BY email") == [("ada@example.org",), ("bea@example.org",)]
    assert ct("verify").status == 0


def test_receipts_of_a_store_with_a_damaged_row_are_listed_and_kept_unless_told(
    register: Path, backup: Path, ct: Ct
) -> None:
    newer = submit(ct, "LOC1")
    with closing(sqlite3.connect(register)) as damaging:
        damaging.execute(DAMAGES["an address that is no text"])
        damaging.commit()

    refused = restored(ct, backup, status=3)

    assert [lost["receipt_id"] for lost in refused["lost"]] == [newer]
    assert newer in receipts(register)
    done = restored(ct, backup, "--discard-newer")
    assert newer in receipts(Path(done["kept"])) - receipts(register)


def test_a_store_that_is_begun_during_a_restore_is_not_moved_away(
    register: Path, backup: Path, ct: Ct, installed_ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(register)

    def meanwhile(*given: Any) -> None:
        monkeypatch.setattr("ct_cli.stores.restore.put_hold", put_hold)
        added = installed_ct("locations", "add", "LOC7", "--name", "New House", "--service", "care-home", "--no-input")
        assert added.status == 0, added.err
        put_hold(*given)

    monkeypatch.setattr("ct_cli.stores.restore.put_hold", meanwhile)
    ran = ct("restore", str(backup))

    assert (ran.status, "has the store" in ran.err) == (2, True), ran.err
    assert rows(register, "SELECT id FROM locations") == [("LOC7",)]
    assert ct("locations", "show", "LOC7").status == 0
    assert ct("restore", str(backup)).status == 0


@pytest.mark.skipif(sys.platform != "linux", reason="by /proc it is seen that the other program has the file open")
def test_whoever_waited_for_a_restore_records_nothing_in_the_store_that_it_moved_away(
    register: Path, backup: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(page,)] = rows(register, "SELECT rootpage FROM sqlite_master WHERE name = 'kept_answers_by_age'")
    content = bytearray(register.read_bytes())
    size = int(rows(register, "PRAGMA page_size")[0][0])  # type: ignore[call-overload]
    first = (int(str(page)) - 1) * size
    content[first : first + size] = b"\xff" * size  # which a return does not touch
    register.write_bytes(content)
    begun: list[subprocess.Popen[str]] = []

    def meanwhile(*given: Any) -> None:
        monkeypatch.setattr("ct_cli.stores.restore.put_hold", put_hold)
        typed = [sys.executable, "-m", "ct_cli", "submit", "LOC1", *sets(), "--no-input"]
        begun.append(subprocess.Popen(typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"))
        deadline = time.monotonic() + 15
        while not any(str(register) in os.path.realpath(fd) for fd in Path(f"/proc/{begun[0].pid}/fd").iterdir()):
            assert begun[0].poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        put_hold(*given)

    monkeypatch.setattr("ct_cli.stores.restore.put_hold", meanwhile)
    done = restored(ct, backup, "--discard-newer")
    out, err = begun[0].communicate(timeout=40)

    assert done["done"] and "damaged" in done["kept"]
    printed = set(re.findall(r"Receipt\s+([0-9a-f]{16})", out))
    assert printed <= receipts(register), out + err
    assert printed or begun[0].returncode == 1, out + err
    assert ct("verify").status == 0
