"""What is particular to the embedded store: its file."""

import os
import stat
from pathlib import Path

import pytest

from ct_cli.backends.sqlite import SqliteBackend


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's own folder private by inheritance")
def test_the_store_and_what_lies_beside_it_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ct.sqlite3"
    with SqliteBackend(path) as backend:
        backend.save_locations([])
        for beside in path.parent.iterdir():
            assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
