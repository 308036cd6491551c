"""The outbox of a machine whose register is on a server: opened once, and closed with the register."""

import sys
from pathlib import Path

import pytest

from ct_cli.backends.registry import open_backend, open_outbox
from ct_cli.settings import read_settings


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the open files of the process")
def test_the_outbox_of_this_machine_is_opened_once_and_closed_with_the_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "own.sqlite3"
    for name, value in {
        "CT_BACKEND": "http", "CT_SERVER_URL": "http://127.0.0.1:9", "CT_SERVER_KEY": "x", "CT_STORE": str(store)
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def open_files() -> int:
        links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        return sum(str(store) in str(link.readlink()) for link in links if link.exists())

    settings = read_settings()
    with open_backend(settings) as register:
        first = open_outbox(settings, register)
        opened = open_files()
        assert opened >= 1 and first.letters() == []
        assert open_outbox(settings, register) is first
        assert open_files() == opened
    assert open_files() == 0
