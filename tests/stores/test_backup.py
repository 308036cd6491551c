"""`ct backup`: one file, made while others read and write, checked before it takes its name, and without secrets."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.sqlite_copy import copy_pages
from ct_cli.stores.elsewhere import without_password
from ct_cli.stores.verification import verify
from tests.backends.conftest import record, submission
from tests.cli.conftest import sets
from tests.permissions import bound_by_permissions
from tests.stores.conftest import Ct, rows, submit

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")


def kept(backup: Path) -> dict[str, bytes]:
    """What a backup holds beside the store, by name."""
    return dict(rows(backup, "SELECT name, content FROM ct_backup"))  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_backup_is_a_store_with_everything_in_it_and_nothing_lies_beside_it(register: Path, ct: Ct) -> None:
    backup = register.parent / "copies" / "ct.sqlite3"
    backup.parent.mkdir()

    ran = ct("backup", str(backup))

    assert ran.status == 0, ran.err
    assert "1 ledger entry in 1 chain, each checked" in ran.out
    assert names(backup.parent) == ["ct.sqlite3"]
    for table in ("entries", "chains", "locations", "users", "api_keys"):
        assert rows(backup, f"SELECT * FROM {table}") == rows(register, f"SELECT * FROM {table}"), table
    with SqliteBackend(backup) as copy:  # as it is, by `ct config set store`
        assert verify(copy)[0].whole


@POSIX
def test_only_its_owner_may_read_it_whatever_the_umask_is(register: Path, ct: Ct) -> None:
    before = os.umask(0)
    try:
        assert ct("backup", str(register.parent / "b.sqlite3")).status == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((register.parent / "b.sqlite3").stat().st_mode) == 0o600


def test_what_is_not_yet_in_the_file_itself_but_in_its_log_is_in_the_backup(register: Path, ct: Ct) -> None:
    with SqliteBackend(register) as held:
        record(held, submission("LOC1"))
        assert register.with_name("ct.sqlite3-wal").stat().st_size > 0
        assert ct("backup", str(register.parent / "b.sqlite3")).status == 0
        assert len(rows(register.parent / "b.sqlite3", "SELECT 1 FROM entries")) == 2


def test_writers_go_on_while_a_backup_is_made_and_do_not_make_it_begin_again(register: Path) -> None:
    """SQLite begins a copy from the start when somebody else writes, unless it is made within one reading."""
    with SqliteBackend(register) as backend:
        record(backend, *(submission(f"LOC{number:05}") for number in range(200)))
    written = 0
    with closing(sqlite3.connect(register, isolation_level=None)) as other:

        class WrittenTo(sqlite3.Connection):
            def backup(self, target: sqlite3.Connection, **given: Any) -> None:
                def write(*_: int) -> None:
                    nonlocal written
                    if written < 200:
                        other.execute("UPDATE users SET name = ?", [f"{written}"])
                        written += 1

                super().backup(target, pages=2, progress=write)

        part = register.parent / "part"
        part.touch()
        with closing(sqlite3.connect(register, factory=WrittenTo, isolation_level=None)) as source:
            copy_pages(source, part)
    assert 10 < written < 100
    assert rows(part, "SELECT name FROM users") == [("Ada",), ("Bea",)]


def test_a_file_that_is_there_stays_unless_told_and_a_store_is_never_overwritten(register: Path, ct: Ct) -> None:
    backup = register.parent / "b.sqlite3"
    backup.write_bytes(b"mine")
    ran = ct("backup", str(backup))
    assert (ran.status, "--overwrite" in ran.err) == (2, True)
    assert backup.read_bytes() == b"mine"
    assert ct("backup", str(backup), "--overwrite").status == 0
    assert ct("backup", str(backup), "--overwrite").status == 0

    other = register.parent / "other.sqlite3"
    SqliteBackend(other).close()
    before = register.read_bytes()
    for target in (register, register.parent / "." / register.name, register.with_name("ct.sqlite3-wal"), other):
        ran = ct("backup", str(target), "--overwrite")
        assert (ran.status, "is not overwritten" in ran.err) == (2, True), target
    assert register.read_bytes() == before
    assert ct("backup", str(register)).status == 2


def test_a_folder_is_not_offered_to_be_overwritten(register: Path, ct: Ct, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    for more in ((), ("--overwrite",)):
        ran = ct("backup", str(folder), *more)
        assert (ran.status, "it is a folder" in ran.err, "--overwrite" in ran.err) == (2, True, False), ran.err


def test_the_last_few_are_kept_and_nothing_else_is_ever_removed(register: Path, ct: Ct) -> None:
    folder = register.parent / "copies"
    folder.mkdir()
    for day in range(1, 5):
        assert ct("backup", str(folder / "ct-{date}.sqlite3"), now=f"2024-12-0{day}T03:00:00+00:00").status == 0
    strange = {
        "ct-2024-11-30.sqlite3": b"not made by ct", "ct-2024-99-99.sqlite3": b"no day", "ct-2024-11-01.sqlite3x": b"",
        "notes.txt": b"",
    }  # fmt: skip
    for name, content in strange.items():
        (folder / name).write_bytes(content)
    SqliteBackend(folder / "ct-2024-11-29.sqlite3").close()  # a store, and no backup
    elsewhere = register.parent / "elsewhere.sqlite3"
    elsewhere.write_bytes((folder / "ct-2024-12-01.sqlite3").read_bytes())
    if os.name != "nt":
        (folder / "ct-2024-11-28.sqlite3").symlink_to(elsewhere)
    with closing(sqlite3.connect(folder / "ct-2024-12-02.sqlite3")) as of_another_store, of_another_store:
        of_another_store.execute("UPDATE ct_backup SET content = replace(content, 'ct.sqlite3', 'xx.sqlite3')")

    ran = ct("backup", str(folder / "ct-{date}.sqlite3"), "--keep", "2", now="2024-12-05T03:00:00+00:00")

    assert ran.status == 0, ran.err
    left = set(names(folder)) - set(strange) - {"ct-2024-11-28.sqlite3", "ct-2024-11-29.sqlite3"}
    assert left == {"ct-2024-12-05.sqlite3", "ct-2024-12-04.sqlite3", "ct-2024-12-02.sqlite3"}
    assert elsewhere.exists()
    assert set(strange) <= set(names(folder))


def test_what_keep_and_date_need_is_said(register: Path, ct: Ct) -> None:
    for arguments, words in (
        (["b.sqlite3", "--keep", "3"], "--keep needs {date}"),
        (["{date}/b.sqlite3"], "not of its folder"),
        (["b-{date}-{date}.sqlite3"], "stands once"),
        (["b-{date}.sqlite3", "--keep", "0"], "--keep"),
        (["none/b.sqlite3"], "no such folder"),
    ):
        ran = ct("backup", str(register.parent / arguments[0]), *arguments[1:])
        assert (ran.status, words in ran.err) == (2, True), ran.err
    assert names(register.parent) == ["ct.sqlite3"]


def test_an_altered_ledger_takes_the_place_of_no_good_backup(register: Path, ct: Ct) -> None:
    pattern = str(register.parent / "b-{date}.sqlite3")
    assert ct("backup", pattern, now="2024-12-09T03:00:00+00:00").status == 0
    with closing(sqlite3.connect(register)) as there, there:
        there.execute("UPDATE entries SET note = 'x'")

    ran = ct("backup", pattern, "--keep", "1", now="2024-12-10T03:00:00+00:00")
    assert (ran.status, "LOC0" in ran.err) == (3, True), ran.err
    assert names(register.parent) == ["b-2024-12-09.sqlite3", "ct.sqlite3"]

    ran = ct("backup", pattern, "--keep", "1", "--even-if-altered")
    assert (ran.status, "ALTERED" in ran.out) == (3, True)
    assert names(register.parent) == ["b-2024-12-09.sqlite3", "b-2024-12-10.sqlite3", "ct.sqlite3"]


def test_settings_maps_wording_and_waiting_returns_are_in_it_and_no_secret_is(
    register: Path, ct: Ct, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2-file", encoding="utf-8")
    wording, own = tmp_path / "wording", tmp_path / "own"
    for folder, name in ((wording, "reminder.txt"), (own, "mine.toml")):
        folder.mkdir()
        (folder / name).write_text("my own words", encoding="utf-8")
    settings = Path(os.environ["CT_CONFIG"])
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(
        f"""
        recorded_by = "The office"
        collections = '{own}'
        [maps.ours]
        "Beds taken" = "occupied"
        [smtp]
        password = "hunter2-here"
        password_file = '{password}'
        password_command = "echo hunter2-command"
        [server]
        url = "https://me:hunter2-address@ct.example.org"
        key_command = "echo hunter2-key"
        [reminders]
        templates = '{wording}'
        [reminders.webhooks]
        office = "https://example.org/hunter2-webhook"
        """,
        encoding="utf-8",
    )
    backup = tmp_path / "b.sqlite3"

    ran = ct("backup", str(backup))

    assert ran.status == 0, ran.err
    beside = kept(backup)
    assert b'"Beds taken" = "occupied"' in beside["config.toml"]
    assert b"The office" in beside["config.toml"]
    assert b"https://ct.example.org" in beside["config.toml"]
    assert beside["templates/reminder.txt"] == b"my own words"
    assert beside["collections/mine.toml"] == b"my own words"
    assert b"hunter2" not in backup.read_bytes()
    for left_out in ("smtp.password", "smtp.password_command", "server.key_command", "reminders.webhooks"):
        assert left_out in ran.out
    assert "Passwords and keys are not in it" in ran.out


def test_a_queue_goes_along_as_it_stands(register: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_BACKEND", "http")
    monkeypatch.setenv("CT_SERVER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CT_SERVER_KEY", "ct_0badcafe_" + "x" * 43)
    monkeypatch.setenv("CT_SERVER_TIMEOUT", "1")
    assert ct("submit", "LOC1", "--service", "care-home", *sets(), "--no-input").status == 6
    monkeypatch.delenv("CT_BACKEND")
    backup = register.parent / "b.sqlite3"
    ran = ct("backup", str(backup), "--json")
    assert json.loads(ran.out)["data"]["backup"]["waiting"] == 1
    with closing(sqlite3.connect(":memory:")) as queue:
        queue.deserialize(kept(backup)["queue.sqlite3"])
        assert queue.execute("SELECT count(*) FROM waiting").fetchone() == (1,)


def test_elsewhere_the_right_tool_is_named_and_no_password_shown(
    store: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_BACKEND", "postgres")
    monkeypatch.setenv("CT_DATABASE", "postgresql://ct:hunter2@db.example.org/ct?sslmode=require")
    ran = ct("backup", "b.dump")
    assert ran.status == 2
    quote = '"' if os.name == "nt" else "'"
    database = f"{quote}postgresql://ct@db.example.org/ct?sslmode=require{quote}"
    assert f"pg_dump --format=custom --file=b.dump {database}" in ran.err
    assert "hunter2" not in ran.err + ran.out
    monkeypatch.setenv("CT_BACKEND", "http")
    monkeypatch.setenv("CT_SERVER_URL", "https://ct.example.org")
    ran = ct("backup", "b.sqlite3")
    assert (ran.status, "https://ct.example.org" in ran.err, "there" in ran.err) == (2, True, True)


@pytest.mark.parametrize(
    ("database", "shown"),
    [
        ("postgresql://ct:p%40ss@db/ct", "postgresql://ct@db/ct"),
        ("postgresql://ct:p@ss/w?rd@db:5432/ct", "postgresql://ct@db:5432/ct"),
        ("postgresql://db/ct?user=ct&password=pw&sslmode=require", "postgresql://db/ct?user=ct&sslmode=require"),
        ("host=db user=ct password='p w\\'x' dbname=ct", "host=db user=ct dbname=ct"),
        ("host=db password = pw", "host=db"),
    ],
)
def test_no_form_of_a_connection_string_shows_its_password(database: str, shown: str) -> None:
    assert without_password(database) == shown


def test_there_is_nothing_to_back_up_before_there_is_a_store(store: Path, ct: Ct) -> None:
    ran = ct("backup", str(store.parent / "b.sqlite3"))
    assert (ran.status, "no store yet" in ran.err, store.exists()) == (2, True, False)


def test_a_folder_that_cannot_be_written_to_is_said_and_nothing_is_left(register: Path, ct: Ct) -> None:
    folder = register.parent / "shut"
    folder.mkdir()
    folder.chmod(0o500)
    try:
        ran = bound_by_permissions(lambda: ct("backup", str(folder / "b.sqlite3")))
    finally:
        folder.chmod(0o700)
    assert (ran.status, "permission denied" in ran.err, names(folder)) == (2, True, [])


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no bound on the size of its files there")
def test_a_full_disk_is_said_the_store_stays_and_no_half_file_is_left(register: Path) -> None:
    """By the largest file that the process may write, which SQLite and the system meet as they do a full disk."""
    with SqliteBackend(register) as backend:
        record(backend, *(submission(f"LOC{number:05}") for number in range(500)))
    before = register.read_bytes()
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from ct_cli.cli.program import run; sys.exit(run(sys.argv[1:]))"
    )
    copies = register.parent / "copies"
    copies.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", program, "backup", str(copies / "b.sqlite3")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 2, ran.stderr
    assert "No backup was made" in ran.stderr
    assert names(copies) == []
    assert register.read_bytes() == before


def test_wording_that_cannot_be_read_is_named_and_no_backup_made_without_it(
    register: Path, ct: Ct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wording").mkdir()
    monkeypatch.setenv("CT_REMINDERS_TEMPLATES", str(tmp_path / "wording"))
    (tmp_path / "wording" / "reminder.txt").touch()
    (tmp_path / "wording" / "reminder.txt").chmod(0)
    ran = bound_by_permissions(lambda: ct("backup", str(tmp_path / "b")))
    assert (ran.status, "reminder.txt" in ran.err, (tmp_path / "b").exists()) == (2, True, False), ran.err


def test_a_return_recorded_after_the_backup_is_not_in_it(register: Path, ct: Ct) -> None:
    assert ct("backup", str(register.parent / "b.sqlite3")).status == 0
    later = submit(ct, "LOC2")
    assert (later,) not in rows(register.parent / "b.sqlite3", "SELECT receipt_id FROM entries")


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_store_behind_a_link_is_whole_while_another_program_writes_to_it(
    register: Path, ct: Ct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link" / "store"
    link.parent.mkdir()
    link.symlink_to(register)
    monkeypatch.setenv("CT_STORE", str(link))
    with SqliteBackend(register) as other:  # whose log has what is not yet in the file
        record(other, *(submission(f"LOC{number:05}") for number in range(300)))
        assert ct("history", "LOC00005").status == 0
        assert ct("backup", str(tmp_path / "backup.sqlite3")).status == 0
        assert ct("backup", f"{register}-wal", "--overwrite").status == 2
    assert len(rows(tmp_path / "backup.sqlite3", "SELECT 1 FROM entries")) == 301

    register.write_bytes(b"garbage" * 1000)
    assert ct("restore", str(tmp_path / "backup.sqlite3")).status == 0

    assert link.is_symlink() and len(rows(register, "SELECT 1 FROM entries")) == 301
    assert ct("verify").status == 0
    assert [each.name for each in link.parent.iterdir()] == ["store"]


def test_damage_in_the_copy_is_told_of_the_store(register: Path, ct: Ct, tmp_path: Path) -> None:
    with closing(sqlite3.connect(register)) as damaging:
        damaging.execute("UPDATE locations SET services = 'bakery' WHERE id = 'LOC2'")
        damaging.commit()

    ran = ct("backup", str(tmp_path / "backup.sqlite3"))

    assert (ran.status, str(register) in ran.err, ".part" in ran.err) == (1, True, False), ran.err
    assert "LOC2" in ran.err and not (tmp_path / "backup.sqlite3").exists()


def test_a_damaged_queue_is_not_said_to_be_the_store(register: Path, ct: Ct, tmp_path: Path) -> None:
    queue = register.with_name("queue.sqlite3")
    queue.write_bytes(b"SQLite format 3\0" + register.read_bytes()[16:4096] + b"\xff" * 8192)

    ran = ct("backup", str(tmp_path / "backup.sqlite3"))

    assert (ran.status, f"The queue {queue} is damaged" in ran.err) == (1, True), ran.err
