"""A store on a share or in a folder that is synchronised is warned of, with the reason and what to do."""

import json
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from ct_cli.stores.placement import Danger, danger_by_mount, danger_of, is_share
from tests.conftest import Ran

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
server:/export /srv/nfs nfs4 rw,vers=4.2 0 0
/dev/sdb1 /srv/nfs/local\\040disk xfs rw 0 0
//filer/office /mnt/office\\040share cifs rw 0 0
sam@host:/home /home/sam/there fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/nfs/ct.sqlite3", "nfs4"),
        ("/srv/nfs/deeper/ct.sqlite3", "nfs4"),
        ("/srv/nfs/local disk/ct.sqlite3", ""),
        ("/mnt/office share/ct.sqlite3", "cifs"),
        ("/home/sam/there/ct.sqlite3", "fuse.sshfs"),
        ("/home/sam/here/ct.sqlite3", ""),
        ("/srv/nfsx/ct.sqlite3", ""),
    ],
)
def test_the_file_system_that_a_store_is_on_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert danger_by_mount(PurePosixPath(path), MOUNTS) == ((Danger.NETWORK, kind) if kind else None)


@pytest.mark.parametrize(
    ("path", "share"),
    [
        ("\\\\server\\share\\ct.sqlite3", True),
        ("//server/share/ct.sqlite3", True),
        ("\\\\?\\UNC\\server\\share\\ct.sqlite3", True),
        ("\\\\?\\C:\\data\\ct.sqlite3", False),
        ("C:\\data\\ct.sqlite3", False),
        ("ct.sqlite3", False),
    ],
)
def test_a_share_of_windows_is_known_by_its_path(path: str, share: bool) -> None:
    assert is_share(PureWindowsPath(path)) is share


@pytest.mark.parametrize(
    ("folder", "program"),
    [
        ("OneDrive", "OneDrive"), ("OneDrive - Rose Care Ltd", "OneDrive"), ("Dropbox", "Dropbox"),
        ("Rose Care Dropbox", "Dropbox"), ("Google Drive", "Google Drive"), ("My Drive", "Google Drive"),
        ("GoogleDrive-sam@example.org", "Google Drive"), ("com~apple~CloudDocs", "iCloud"), ("Nextcloud", "Nextcloud"),
    ],
)  # fmt: skip
def test_a_folder_that_is_synchronised_is_known_by_its_name(tmp_path: Path, folder: str, program: str) -> None:
    assert danger_of(tmp_path / folder / "register" / "ct.sqlite3") == (Danger.SYNCHRONISED, program)


def test_onedrives_folder_is_known_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path / "Files"))
    assert danger_of(tmp_path / "Files" / "ct.sqlite3") == (Danger.SYNCHRONISED, "OneDrive")
    assert danger_of(tmp_path / "Filed" / "ct.sqlite3") is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_into_such_a_folder_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "Dropbox", target_is_directory=True)
    assert danger_of(tmp_path / "data" / "ct.sqlite3") == (Danger.SYNCHRONISED, "Dropbox")


def test_the_doctor_warns_and_says_why(ct: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def warnings(store: Path) -> list[dict[str, str]]:
        monkeypatch.setenv("CT_STORE", str(store))
        checks = json.loads(ct("doctor", "--json").out)["data"]["checks"]
        return [check for check in checks if check["name"] == "store" and check["verdict"] == "warning"]

    assert warnings(tmp_path / "ct.sqlite3") == []
    [found] = warnings(tmp_path / "OneDrive - Rose Care" / "ct.sqlite3")
    assert "OneDrive synchronises" in found["found"] and "ct backup" in found["remedy"]
    [also] = warnings(tmp_path / "OneDrive - Rose Care" / "ct.sqlite3")
    assert also == found
