"""A file that ct writes is there whole or as it was, and what goes wrong is a sentence."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ct_cli.files import FileNotWritten, another_name, check_place, locked, new_file, replace_file, write_whole
from ct_cli.register.sync_state import SyncState
from ct_cli.settings_file import write_document, write_privately
from ct_cli.windows.bank_holidays import EnglishBankHolidays
from tests.permissions import bound_by_permissions


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


posix = pytest.mark.skipif(os.name == "nt", reason="limits and modes of POSIX")


def test_a_file_is_replaced_whole(folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text("before", encoding="utf-8")
    write_whole(path, b"after")
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("a.txt", b"after")]


def test_what_fails_on_the_way_leaves_the_file_as_it_was_and_nothing_beside_it(folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), new_file(path) as part:
        part.write_text("half", encoding="utf-8")
        raise ZeroDivisionError
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("a.txt", b"before")]


@posix
def test_a_link_stays_a_link(folder: Path) -> None:
    real, link = folder / "real.txt", folder / "link.txt"
    link.symlink_to(real)
    write_whole(link, b"words")
    assert link.is_symlink()
    assert real.read_bytes() == b"words"


@posix
def test_a_new_file_is_its_owner_s_alone_and_one_that_was_there_keeps_its_mode(folder: Path) -> None:
    path = folder / "page.html"
    write_whole(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)  # as somebody does who lets a web server read it
    write_whole(path, b"newer")
    assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (0o644, b"newer")


@posix
def test_what_may_hold_a_secret_is_its_owner_s_alone_whatever_it_was(folder: Path) -> None:
    path = folder / "config.toml"
    path.touch(mode=0o644)
    replace_file(path, b"secret", private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "reason"), [("", "it is a folder"), ("no/a.txt", "there is no such folder")])
@pytest.mark.parametrize("look", [check_place, lambda path: write_whole(path, b"")])
def test_where_nothing_can_be_written_the_reason_is_said(
    folder: Path, name: str, reason: str, look: Callable[[Path], None]
) -> None:
    with pytest.raises(FileNotWritten, match=reason):
        look(folder / name)


def test_a_place_is_tried_without_a_trace(folder: Path) -> None:
    path = folder / "a.txt"
    check_place(path)
    assert list(folder.iterdir()) == []
    path.write_text("before", encoding="utf-8")
    before = path.stat()
    check_place(path)
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("a.txt", b"before")]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@posix
def test_a_place_that_only_others_write_in_is_told_as_one(folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(FileNotWritten, match="permission denied"):
        bound_by_permissions(lambda: check_place(folder / "a.txt"))


@pytest.mark.skipif(os.name != "nt", reason="only Windows keeps others from a file that is open")
def test_a_file_that_is_open_elsewhere_is_said_to_be(folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text("before", encoding="utf-8")
    with path.open("rb"):
        for look in (check_place, lambda path: write_whole(path, b"after")):
            with pytest.raises(FileNotWritten, match="another program has it open"):
                look(path)
    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("a.txt", b"before")]


def test_another_name_is_one_that_no_file_has(folder: Path) -> None:
    assert another_name(folder / "a.b.txt").name == "a.b (2).txt"
    (folder / "a.b (2).txt").touch()
    assert another_name(folder / "a.b.txt").name == "a.b (3).txt"


def test_a_lock_is_had_by_one_at_a_time_and_let_go_of_by_who_dies(folder: Path) -> None:
    lock = folder / "new" / "a.lock"
    holder = "import sys, os; from pathlib import Path; from ct_cli.files import locked\n"
    holder += "with locked(Path(sys.argv[1])) as mine: print(mine, flush=True); sys.stdin.read(); os._exit(1)"
    with subprocess.Popen([sys.executable, "-c", holder, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline().strip() == b"True"
        with locked(lock) as mine:
            assert not mine
        other.stdin.close()
        other.wait(timeout=60)
        with locked(lock, seconds=30) as mine:
            assert mine


def sync_state(folder: Path) -> Path:
    state = SyncState(SyncState.path_of(folder, "sqlite"))
    state.save()
    return state.path


def settings(folder: Path) -> Path:
    write_document(folder / "config.toml", {"filing": "ct"})
    return folder / "config.toml"


def keys(folder: Path) -> Path:
    write_privately(folder / "server-keys.json", b"{}")
    return folder / "server-keys.json"


def holidays(folder: Path) -> Path:
    from datetime import date

    EnglishBankHolidays(folder).name_of(date(2024, 12, 25))
    return next(folder.glob("bank-holidays-*.json"))


def document(folder: Path) -> Path:
    write_whole(folder / "page.html", b"page")
    return folder / "page.html"


@pytest.mark.skipif(sys.platform != "linux", reason="what a descriptor stands for is told by /proc")
@pytest.mark.parametrize("write", [sync_state, settings, keys, holidays, document])
def test_whatever_is_kept_is_on_the_disk_with_its_name(
    folder: Path, write: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[tuple[str, bool]] = []
    fsync = os.fsync

    def told(handle: int) -> None:
        at = Path(f"/proc/self/fd/{handle}").readlink()
        in_place = {each.name for each in folder.iterdir() if not each.name.endswith(".part")}
        brought.append(("folder" if at == folder else "file", bool(in_place)))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", told)
    path = write(folder)
    assert brought == [("file", False), ("folder", True)], "first what is in it, then, in its place, its name"
    assert list(folder.iterdir()) == [path]


FULL_DISK = """
import contextlib, os, resource, signal, sys
from datetime import date
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from ct_cli.returns.annotating.grids import Grid, write_grids
from ct_cli.register.sync_state import SyncNotKept, SyncState
from ct_cli.settings_file import SettingsUnwritable, write_document
from ct_cli.files import FileNotWritten
from ct_cli.windows.bank_holidays import EnglishBankHolidays
folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
for name, cell in (("a.xlsx", "a"), ("a.ods", os.urandom(3000).hex()), ("a.csv", "a" * 3000)):
    try:
        write_grids(folder / name, [Grid("Sheet", ["a"], [[cell]])])
    except FileNotWritten:
        print(name)
try:
    write_document(folder / "config.toml", {"store": "x" * 3000})
except SettingsUnwritable:
    print("config.toml")
try:
    SyncState(folder / "sync.json", ids=["LOC123"] * 300).save()
except SyncNotKept:
    print("sync.json")
print(EnglishBankHolidays(folder).name_of(date(2024, 12, 25)))
"""


@posix
def test_a_disk_that_is_full_is_told_in_words_alone_and_keeps_no_pieces(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)], check=False, capture_output=True, text=True, timeout=60
    )
    assert ran.stderr == "", "no complaint of a file that was let go half written"
    names = ["a.xlsx", "a.ods", "a.csv", "config.toml", "sync.json", "Christmas Day"]
    assert ran.stdout.splitlines() == names
    assert list(folder.iterdir()) == []
