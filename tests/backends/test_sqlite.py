"""What is particular to the embedded store: its file, and what is said where that cannot be used."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import unquote

import pytest

from ct_cli.backends import sqlite_file
from ct_cli.backends.contract import TextRefused
from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.sqlite_examination import examine_store
from ct_cli.backends.sqlite_file import uri_of
from ct_cli.backends.sqlite_schema import VERSION
from ct_cli.errors import StoreUnusable
from ct_cli.register.location import Scope, User
from tests.backends.conftest import location, record, submission
from tests.backends.test_rows_contract import IN_JANUARY, SHARED, plain
from tests.conftest import Ran
from tests.permissions import bound_by_permissions

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store is or will be."""
    return tmp_path / "data" / "ct.sqlite3"


@pytest.fixture
def filled(path: Path) -> Path:
    """A store with a return in it, closed."""
    with SqliteBackend(path) as backend:
        backend.save_locations([location("LOC123")])
        record(backend, submission())
    return path


@POSIX
def test_the_store_and_what_lies_beside_it_are_readable_by_their_owner_alone(path: Path) -> None:
    with SqliteBackend(path) as backend:
        record(backend, submission())
        beside = list(path.parent.iterdir())
        assert {each.name for each in beside} == {"ct.sqlite3", "ct.sqlite3-wal", "ct.sqlite3-shm"}
        assert {stat.S_IMODE(each.stat().st_mode) for each in beside} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_closed_store_is_one_file_that_can_be_copied(filled: Path) -> None:
    assert [each.name for each in filled.parent.iterdir()] == ["ct.sqlite3"]


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(path: Path) -> None:
    with SqliteBackend(path) as backend:
        connection = backend._connection
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_closing_twice_is_harmless(path: Path) -> None:
    backend = SqliteBackend(path)
    backend.close()
    backend.close()


def in_any_file(text: str, folder: Path) -> bool:
    """Looked at by another process: to close a file that SQLite has open here would drop its locks."""
    script = "import pathlib, sys; sys.exit(any(sys.argv[1].encode() in it.read_bytes() for it in"
    script += " pathlib.Path(sys.argv[2]).iterdir()))"
    return subprocess.run([sys.executable, "-c", script, text, folder], check=False).returncode == 1


def test_nothing_of_a_removed_user_is_left_in_any_file(path: Path) -> None:
    with SqliteBackend(path) as backend:
        backend.save_locations([location("LOC123")])
        backend.save_users([User("LOC123", "marigold@example.org", "Marigold Quince")])
        backend.save_users([User("LOC123", "marigold@example.org", "Marigold Quince-Sloe")])
        assert in_any_file("arigold", path.parent)
        assert backend.remove_users("marigold@example.org") == 1
        assert not in_any_file("arigold", path.parent)
    assert b"arigold" not in path.read_bytes()


def refused(path: Path) -> str:
    with pytest.raises(StoreUnusable) as caught:
        SqliteBackend(path)
    assert str(path) in caught.value.sentence
    return caught.value.sentence


def test_a_folder_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    assert "is a folder" in refused(path)


def test_a_file_in_place_of_its_folder_is_refused(path: Path) -> None:
    path.parent.write_text("a file", encoding="utf-8")
    refused(path)


@pytest.mark.parametrize("bytes_there", [b"location,occupied\n" * 100, b"x", b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_file_that_is_not_sqlite_is_refused_and_left_alone(path: Path, bytes_there: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(bytes_there)
    refused(path)
    assert path.read_bytes() == bytes_there


def test_another_programs_sqlite_file_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (title TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    assert "another program" in refused(path)
    assert path.read_bytes() == before


def test_a_store_of_a_newer_ct_is_refused_and_left_alone(filled: Path) -> None:
    newer = sqlite3.connect(filled)
    newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    newer.close()
    before = filled.read_bytes()
    assert "newer" in refused(filled)
    assert filled.read_bytes() == before


@pytest.mark.parametrize("kept", [600, 4_096, 0.2, 0.5, 0.9, -4_096, -1])
def test_a_truncated_store_never_ends_in_a_traceback(filled: Path, kept: float) -> None:
    whole = filled.read_bytes()
    filled.write_bytes(whole[: int(len(whole) * kept) if 0 < kept < 1 else int(kept)])
    with pytest.raises(StoreUnusable) as caught, SqliteBackend(filled) as backend:
        backend.locations(Scope())
        list(backend.walk())
        record(backend, submission("LOC456"))
    assert "damaged" in caught.value.sentence


def test_a_store_cut_to_nothing_beside_its_log_is_refused_and_the_log_left_alone(filled: Path) -> None:
    with SqliteBackend(filled) as backend:
        record(backend, submission("LOC456"))
        kept = filled.parent.with_name("kept")
        copy = "import shutil, sys; shutil.copytree(*sys.argv[1:])"  # as a program that dies leaves them
        subprocess.run([sys.executable, "-c", copy, filled.parent, kept], check=True)
        cut = kept / filled.name
        os.truncate(cut, 0)
        log = cut.with_name(cut.name + "-wal")
        before = log.stat().st_size
        assert before
        assert "damaged" in refused(cut)
        assert log.stat().st_size == before


@pytest.mark.parametrize(
    "name", ["Rose & Co? #1 100%.sqlite3", "\\\\server\\share\\ct.sqlite3", "ü\udcff.sqlite3", "a:b"]
)
def test_a_name_may_hold_what_means_something_in_a_uri(tmp_path: Path, name: str) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such names")
    with SqliteBackend(tmp_path / name) as backend:
        record(backend, submission())
    assert [it.name for it in tmp_path.iterdir() if it.is_file()] == [name]
    assert examine_store(tmp_path / name).returns == 1
    with ReturnQueue(tmp_path / f"queue {name}") as queue:
        assert queue.all() == []


@pytest.mark.parametrize(
    "path", ["\\\\server\\share\\ct.sqlite3", "\\\\?\\C:\\data\\ct.sqlite3", "C:\\a b\\ct.sqlite3"]
)
def test_a_path_of_windows_reaches_sqlite_as_it_is(path: str) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file"):  # not "invalid uri authority"
        sqlite3.connect(uri_of(PureWindowsPath(path), "mode=ro"), uri=True)
    assert unquote(uri_of(PureWindowsPath(path), "mode=ro")) == f"file:{path}?mode=ro"


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with SqliteBackend(path) as backend:
        assert backend.locations(Scope()) == []


def test_an_entry_that_cannot_be_read_is_named_and_no_traceback(filled: Path) -> None:
    altered = sqlite3.connect(filled)
    altered.execute("UPDATE entries SET kind = 'party'")
    altered.commit()
    altered.close()
    with SqliteBackend(filled) as backend, pytest.raises(StoreUnusable) as caught:
        backend.history("LOC123")
    assert "LOC123" in caught.value.sentence
    assert "ct verify" in caught.value.sentence


def test_a_full_disk_is_said_and_what_was_acknowledged_stays(filled: Path) -> None:
    with SqliteBackend(filled) as backend:
        backend._connection.execute("PRAGMA max_page_count = 20")
        many = [submission(f"LOC{number:05}") for number in range(2_000)]
        with pytest.raises(StoreUnusable) as caught:
            record(backend, *many)
        assert "full" in caught.value.sentence
        assert sum(1 for _ in backend.walk()) == 1
        backend._connection.execute("PRAGMA max_page_count = 100000")
        assert len(record(backend, *many)) == 2_000


def test_a_full_disk_is_said_of_a_files_rows_too_and_they_are_recorded_once_there_is_room(filled: Path) -> None:
    many = [plain(f"LOC{number:05}") for number in range(2_000)]
    with SqliteBackend(filled) as backend:
        backend.start_recording([plain("LOC456")])()
        assert backend._behind is not None
        writing = backend._behind._connection
        writing.execute("PRAGMA cache_size = 10")  # so that it meets the disk's end before the commit does
        writing.execute("PRAGMA max_page_count = 40")
        with pytest.raises(StoreUnusable, match="the disk is full"):
            backend.start_recording(many)
        assert sum(1 for _ in backend.walk()) == 2
        writing.execute("PRAGMA max_page_count = 100000")
        assert len(backend.start_recording(many)()) == 2_000
        assert sum(1 for _ in backend.walk()) == 2_002


def test_a_store_that_may_not_be_written_can_be_read_and_refuses_a_return(filled: Path) -> None:
    def read_and_write() -> str:
        with SqliteBackend(filled) as backend:
            assert len(backend.history("LOC123")) == 1
            with pytest.raises(StoreUnusable) as caught:
                record(backend, submission("LOC456"))
        return caught.value.sentence

    filled.chmod(0o400)
    filled.parent.chmod(0o500)
    try:
        assert "read-only" in bound_by_permissions(read_and_write)
    finally:
        filled.parent.chmod(0o700)


def test_two_that_open_a_new_store_at_once_both_find_it_whole(path: Path, installed_ct: Callable[..., Ran]) -> None:
    opening = "import sys, pathlib; from ct_cli.backends.sqlite import SqliteBackend as S; S(pathlib.Path(sys.argv[1]))"
    children = [
        subprocess.Popen([sys.executable, "-c", opening, str(path)], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [child.communicate(timeout=60)[1] for child in children] == [""] * 4


def test_no_command_waits_for_a_store_that_another_program_reads(filled: Path) -> None:
    with SqliteBackend(filled) as reading, SqliteBackend(filled) as writing:
        walking = reading.walk()
        next(walking)
        record(writing, submission("LOC456"))
        assert sum(1 for _ in walking) == 0
        assert sum(1 for _ in reading.walk()) == 2


def test_a_store_that_another_program_holds_is_said_and_taken_once_it_lets_go(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    with SqliteBackend(filled) as backend, closing(sqlite3.connect(filled, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnusable, match="held it for too long"):
            backend.start_recording([plain("LOC456")])
        other.execute("ROLLBACK")
        [told] = backend.start_recording([plain("LOC456")])()

        assert [it.receipt_id for it in backend.history("LOC456")] == [told.receipt_id]


@pytest.mark.parametrize("recorded_by", ["Zoë O'Brien's \"desk\"", "?1', 'x'); --\n:name", ""])
@pytest.mark.parametrize("alike", [True, False])
def test_many_rows_together_are_written_as_each_is_alone(tmp_path: Path, recorded_by: str, *, alike: bool) -> None:
    shared, later = SHARED._replace(recorded_by=recorded_by), IN_JANUARY._replace(recorded_by=recorded_by)
    rows = [plain(f"LOC{place % 40}", shared=later if place >= 40 else shared) for place in range(80)]
    blocks = [rows[:40] + rows[:1], rows[40:]] if alike else [rows]
    with SqliteBackend(tmp_path / "together.sqlite3") as together, SqliteBackend(tmp_path / "alone.sqlite3") as alone:
        for block in blocks:
            together.record_rows(block * 2)
        for row in rows:
            alone.record([row.submission()])
        for table in ("entries ORDER BY seq", "chains ORDER BY location_id"):
            assert together._read(f"SELECT * FROM {table}", ()) == alone._read(f"SELECT * FROM {table}", ())


FOREIGN = [
    OSError(28, "No space left on device"),
    UnicodeEncodeError("cp1252", "\u0142", 0, 1, "not in it"),
    ValueError(),
]
"""What code that is not the store's may raise: of a report's file, of a console."""


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["at_one_moment", "in_one", "record_beside", "record_rows_beside", "walk"])
def test_what_a_caller_raises_is_not_taken_for_a_fault_of_the_store(filled: Path, where: str, error: Exception) -> None:
    def fail(*_: object) -> Any:
        raise error

    def within(backend: SqliteBackend) -> None:
        if where == "at_one_moment":
            with backend.at_one_moment():
                backend.locations(Scope())
                fail()
        elif where == "walk":
            for _ in backend.walk():
                fail()
        elif where == "in_one":
            backend.in_one(lambda: (record(backend, submission("LOC456")), fail()))
        elif where == "record_beside":
            backend.record_beside([submission("LOC456")], fail)
        else:
            backend.record_rows_beside([plain("LOC456")], fail)

    with SqliteBackend(filled) as backend:
        with pytest.raises(type(error)) as caught:
            within(backend)
        assert caught.value is error
        assert backend.history("LOC456") == [], "what was begun was taken back"
        assert len(record(backend, submission("LOC456"))) == 1


def test_text_that_no_store_can_keep_is_still_refused_by_its_place(filled: Path) -> None:
    with SqliteBackend(filled) as backend, pytest.raises(TextRefused, match="its character 3,"):
        backend.save_users([User("LOC123", "a@example.org", "ab\udc80")])
