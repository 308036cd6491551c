"""`ct login --keyring`: with keyring itself, which is told of a keyring in a file; in this process and installed."""

import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from tests.backends.serving import BY_ITS_OWN_CLOCK, KEY_ID, SECRET, add_key, quay

keyring = pytest.importorskip("keyring", reason="the extra [keyring]")
BACKEND = "tests.cli.keyring_in_a_file.FileKeyring"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server, which the settings use."""

    def store() -> SqliteBackend:
        return SqliteBackend(tmp_path / "there" / "ct.sqlite3")

    add_key(store)
    address = quay().moor(store, BY_ITS_OWN_CLOCK)
    monkeypatch.setenv("CT_BACKEND", "http")
    yield address
    quay().leave(address)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the keyring that this process, and each that it starts, has."""
    path = tmp_path / "keyring.json"
    monkeypatch.setenv("KEYRING_FILE", str(path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", BACKEND)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    before = keyring.get_keyring()
    keyring.core.init_backend()
    assert type(keyring.get_keyring()).__name__ == "FileKeyring"
    yield path
    keyring.set_keyring(before)


@pytest.fixture
def log_in(ct, served: str, monkeypatch: pytest.MonkeyPatch):
    def run(*more: str):
        monkeypatch.setattr(sys, "stdin", io.StringIO(SECRET + "\n"))
        return ct("login", served, "--keyring", *more)

    return run


def everything_under(home: Path) -> str:
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in home.rglob("*") if path.is_file())


def test_the_key_is_in_the_keyring_and_in_no_file_and_logout_takes_it_out(ct, log_in, kept, home) -> None:
    ran = log_in()
    assert ran.status == 0 and KEY_ID in ran.out and "in the system's keyring" in ran.out
    assert SECRET in kept.read_text(encoding="utf-8") and SECRET not in everything_under(home)
    assert ct("status").status == 0
    assert ct("logout").status == 0
    assert SECRET not in kept.read_text(encoding="utf-8")
    assert ct("status").status == 5


def test_the_installed_command_keeps_it_there_too(installed_ct, served, kept, home) -> None:
    ran = installed_ct("login", served, "--keyring", given=SECRET + "\n")
    assert ran.status == 0 and "in the system's keyring" in ran.out, ran.err
    assert SECRET in kept.read_text(encoding="utf-8") and SECRET not in everything_under(home)
    assert installed_ct("status").status == 0


def test_a_keyring_that_is_locked_gives_no_key_and_says_what_to_do(ct, log_in, kept) -> None:
    log_in()
    kept.with_suffix(".lock").touch()
    ran = ct("status")
    assert ran.status == 5 and "Unlock it" in ran.err
    ran = ct("logout")
    assert ran.status == 2 and "it is locked" in ran.err and "Traceback" not in ran.err
    kept.with_suffix(".lock").unlink()
    assert ct("logout").status == 0


@pytest.mark.parametrize("backend", ["fail", "null", "locked"])
def test_where_no_keyring_keeps_it_the_file_does_and_that_is_said(ct, log_in, kept, home, backend) -> None:
    """keyring's own stand-ins: one says that there is none, one takes everything and keeps nothing."""
    if backend == "locked":
        kept.with_suffix(".lock").touch()
    else:
        keyring.set_keyring(keyring.core.load_keyring(f"keyring.backends.{backend}.Keyring"))
    ran = log_in()
    assert ran.status == 0 and "It is not in the keyring, which cannot be used" in ran.out
    assert "in a file that only you may read" in ran.out and SECRET not in ran.out + ran.err
    [path] = home.rglob("server-keys.json")
    assert SECRET in path.read_text(encoding="utf-8")
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ct("status").status == 0
    assert ct("logout").status == 0 and SECRET not in everything_under(home)
