"""Whatever else a process does with a store, the locks that SQLite has on it for an open connection stay held."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ct_cli.backends.registry import open_outbox
from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.sqlite_examination import examine_store
from ct_cli.register.location import Scope
from ct_cli.settings import read_settings
from tests.backends.conftest import location, record, submission
from tests.backends.test_rows_contract import plain
from tests.conftest import Ran

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/locks is Linux's")


def held(path: Path) -> list[tuple[str, str, str]]:
    """The POSIX locks that this process has on a store and its -shm: which file, what kind, from which byte."""
    files = {each.stat().st_ino: end for end in ("", "-shm") for each in [path.with_name(path.name + end)]}
    found = []
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        _, kind, _, mode, process, inode, first, _ = [*line.replace("->", "").split(), *[""] * 8][:8]
        number = int(inode.rpartition(":")[2] or 0)
        if kind == "POSIX" and process == str(os.getpid()) and number in files:
            found.append((files[number], mode, first))
    return sorted(found)


def open_and_close(path: Path) -> None:
    with SqliteBackend(path) as other:
        other.locations(Scope())


def record_behind(path: Path) -> None:
    with SqliteBackend(path) as other:
        other.start_recording([plain("LOC456")])()


def open_beside(path: Path) -> None:
    with ReturnQueue(path.with_name("queue.sqlite3")) as queue:
        assert queue.all() == []


def outbox(path: Path) -> None:
    with SqliteBackend(path) as other:
        open_outbox(read_settings(), other).contact_notes()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with something in it, which is that of the settings."""
    monkeypatch.setenv("CT_STORE", str(tmp_path / "ct.sqlite3"))
    with SqliteBackend(tmp_path / "ct.sqlite3") as backend:
        backend.save_locations([location("LOC123")])
        record(backend, submission())
    return tmp_path / "ct.sqlite3"


@pytest.mark.parametrize("do", [open_and_close, record_behind, examine_store, open_beside, outbox])
def test_the_locks_of_an_open_store_outlast_what_is_done_beside_it(path: Path, do: Callable[[Path], object]) -> None:
    with SqliteBackend(path) as backend:
        backend.locations(Scope())
        before = held(path)
        assert {file for file, *_ in before} == {"", "-shm"}, "a connection that is open holds a lock on each"
        for _ in range(2):
            do(path)
            assert held(path) == before
        record(backend, submission(occupied=34))
        assert held(path) == before


@pytest.mark.parametrize(
    "typed",
    [("status",), ("doctor",), ("verify",), ("locations", "list"), ("history", "LOC123"), ("keys", "list"),
     ("nil-return", "LOC123", "--reason", "closing", "--no-input"), ("remind", "--channel", "stdout")],
)  # fmt: skip
def test_they_outlast_a_command_in_the_same_process(path: Path, ct: Callable[..., Ran], typed: Sequence[str]) -> None:
    with SqliteBackend(path) as backend:
        backend.locations(Scope())
        before = held(path)
        ct(*typed, now="2024-12-10T10:00:00+00:00")
        assert held(path) == before != []


@pytest.mark.parametrize(
    "typed",
    [("submit", "--file", "STORE"), ("locations", "import", "STORE", "--apply"),
     ("evidence", "LOC123", "--format", "html", "--out", "STORE"),
     ("report", "compliance", "--format", "json", "--out", "STORE"),
     ("report", "windows", "--out", "STORE"), ("window", "--ics", "STORE")],
)  # fmt: skip
@pytest.mark.parametrize("by", ["its name", "a link", "the name of its log", "the name of its log's index"])
def test_a_store_that_is_named_by_mistake_is_neither_opened_nor_replaced(
    path: Path, ct: Callable[..., Ran], typed: Sequence[str], by: str
) -> None:
    named = path
    if by == "a link":
        named = path.with_name("returns.csv")
        os.link(path, named)
    elif by != "its name":
        named = path.with_name(path.name + ("-wal" if by == "the name of its log" else "-shm"))
    with SqliteBackend(path) as backend:
        backend.locations(Scope())
        before = held(path)
        ran = ct(*[str(named) if word == "STORE" else word for word in typed], now="2024-12-10T10:00:00+00:00")
        assert ran.status != 0 and "Traceback" not in ran.err
        assert held(path) == before != []
        assert [entry.location_id for entry in backend.history("LOC123")] == ["LOC123"]


def test_a_database_that_is_not_open_is_no_place_for_a_report_either(path: Path, ct: Callable[..., Ran]) -> None:
    content = path.read_bytes()
    for end in ("", "-wal", "-shm"):  # of which another program may have these
        ran = ct("report", "windows", "--out", f"{path}{end}", now="2024-12-10T10:00:00+00:00")
        assert ran.status == 2 and "it is a database" in ran.err
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.glob("ct.sqlite3*")] == ["ct.sqlite3"]
