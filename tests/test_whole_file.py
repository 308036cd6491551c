"""A file that ct writes is there whole or as it was, and what goes wrong is a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ct_cli.whole_file import FileNotWritten, new_file, write_whole


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
def test_it_is_its_owner_s_alone_and_a_link_stays_a_link(folder: Path) -> None:
    real, link = folder / "real.txt", folder / "link.txt"
    link.symlink_to(real)
    write_whole(link, b"words")
    assert link.is_symlink()
    assert real.read_bytes() == b"words"
    assert real.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "reason"), [("", "it is a folder"), ("no/a.txt", "there is no such folder")])
def test_where_nothing_can_be_written_the_reason_is_said(folder: Path, name: str, reason: str) -> None:
    with pytest.raises(FileNotWritten, match=reason):
        write_whole(folder / name, b"")


FULL_DISK = """
import os, resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from ct_cli.returns.annotating.grids import Grid, write_grids
from ct_cli.settings_file import SettingsUnwritable, write_document
from ct_cli.whole_file import FileNotWritten
folder = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
for name, cell in (("a.xlsx", "a"), ("a.ods", os.urandom(3000).hex()), ("a.csv", "a" * 3000)):
    try:
        write_grids(folder / name, [Grid("Sheet", ["a"], [[cell]])])
    except FileNotWritten:
        print(name)
try:
    write_document(folder / "config.toml", {"store": "x" * 3000})
except SettingsUnwritable:
    print("config.toml")
"""


@posix
def test_a_disk_that_is_full_is_told_in_words_alone_and_keeps_no_pieces(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)], check=False, capture_output=True, text=True, timeout=60
    )
    assert ran.stderr == "", "no complaint of a file that was let go half written"
    assert ran.stdout.split() == ["a.xlsx", "a.ods", "a.csv", "config.toml"]
    assert list(folder.iterdir()) == []
