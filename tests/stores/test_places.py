"""`ct doctor` warns of a store in a folder that is synchronised, or that is on another computer."""

from pathlib import Path

import pytest

from ct_cli.stores.places import network_kind, synchronised_by
from tests.stores.conftest import Ct

MOUNTS = (
    "overlay / overlay rw 0 0\nnas:/care /mnt/care\\040home nfs4 rw 0 0\n//office/x /srv/office cifs rw 0 0\n"
    "/dev/sda1 /srv/office/local ext4 rw 0 0\n"
)


@pytest.mark.parametrize(
    ("folder", "program"),
    [
        ("OneDrive/ct", "OneDrive"),
        ("OneDrive - Rose Care Ltd/Documents", "OneDrive"),
        ("Dropbox (Rose Care)", "Dropbox"),
        ("Library/CloudStorage/GoogleDrive-sam@example.org/My Drive/ct", "Google Drive"),
        ("Library/Mobile Documents/com~apple~CloudDocs", "iCloud"),
        ("Nextcloud", "Nextcloud or ownCloud"),
        ("Documents/inbox", ""),
        ("onedriveless", ""),
    ],
)
def test_folders_are_known_by_what_programs_call_them(tmp_path: Path, folder: str, program: str) -> None:
    assert synchronised_by(tmp_path / folder / "ct.sqlite3") == program


def test_a_folder_is_known_by_its_mark_by_windows_own_word_and_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept" / "deep"
    kept.mkdir(parents=True)
    assert synchronised_by(kept / "ct.sqlite3") == ""
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path / "kept"))
    assert synchronised_by(kept / "ct.sqlite3") == "OneDrive"
    monkeypatch.delenv("OneDriveCommercial")
    (tmp_path / "kept" / ".stfolder").mkdir()
    assert synchronised_by(kept / "ct.sqlite3") == "Syncthing"
    try:
        (tmp_path / "link").symlink_to(kept)
    except OSError:
        pytest.skip("no links here")
    if (tmp_path / "link").resolve() != kept.resolve():
        pytest.skip("links lead nowhere here")
    assert synchronised_by(tmp_path / "link" / "ct.sqlite3") == "Syncthing"


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/mnt/care home/ct", "nfs4"), ("/mnt/care", ""), ("/srv/office/x", "cifs"), ("/srv/office/local/x", "")],
)
def test_a_share_is_known_by_the_innermost_mount(folder: str, kind: str) -> None:
    assert network_kind(Path(folder), MOUNTS) == kind


def test_the_root_of_a_container_is_no_share_though_it_is_served_as_one() -> None:
    mounts = "none / 9p rw 0 0\nC:\\134 /mnt/c 9p rw 0 0\n"
    assert network_kind(Path("/data/ct"), mounts) == ""
    assert network_kind(Path("/mnt/c/care"), mounts) == "9p"


def test_doctor_warns_and_says_what_to_do(store: Path, ct: Ct, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "synchronises" not in ct("doctor").out
    monkeypatch.setenv("CT_STORE", str(store.parent / "OneDrive" / "ct.sqlite3"))
    ran = ct("doctor")
    assert "OneDrive synchronises" in ran.out
    assert "ct config set store FILE" in ran.out


def test_doctor_tells_of_a_restore_that_was_cut_off(register: Path, ct: Ct) -> None:
    register.with_name("ct.sqlite3.restoring").touch()
    ran = ct("doctor")
    assert (ran.status, "Type `ct restore FILE` again" in ran.out) == (2, True)
