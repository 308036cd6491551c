"""The queue's file: what is said where it is damaged or refuses, and the short ids of what waits in it."""

import itertools
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.errors import StoreDamaged, StoreUnusable
from tests.backends.conftest import record, submission

NOW = datetime(2024, 12, 10, 10, tzinfo=UTC)
SERVER = "https://ct.example.org"
TRIGGER = "CREATE TRIGGER refuses BEFORE INSERT ON {} BEGIN SELECT RAISE(ABORT, 'Marigold Quince'); END"


def test_returns_that_would_get_the_same_id_get_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, same = secrets.token_hex, itertools.count()
    with ReturnQueue(tmp_path / "queue.sqlite3") as queue:
        # Each id is drawn three times, as by chance two are among some ten thousand.
        monkeypatch.setattr(secrets, "token_hex", lambda n: f"{next(same) // 3:08x}" if n == 4 else real(n))
        for key in ("first", "second"):
            queue.put(SERVER, key, [submission(f"LOC{number}") for number in range(4)], NOW)

        assert len({it.id for it in queue.all()}) == len(queue.all()) == 8


@pytest.mark.parametrize("harm", ["cut", "trigger"])
def test_a_queue_that_is_damaged_or_refuses_is_not_mended_by_a_backup_of_the_store(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "queue.sqlite3"
    with ReturnQueue(path) as queue:
        queue.put(SERVER, "key", [submission(f"LOC{number}") for number in range(50)], NOW)
    if harm == "cut":
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)
    else:
        with closing(sqlite3.connect(path)) as there:
            there.execute(TRIGGER.format("waiting"))

    with pytest.raises(StoreUnusable) as caught, ReturnQueue(path) as queue:
        queue.put(SERVER, "other", [submission("LOC9")], NOW)

    assert not isinstance(caught.value, StoreDamaged)
    assert str(path) in caught.value.sentence
    assert "ct restore FILE" not in caught.value.sentence and "Marigold" not in caught.value.sentence
    assert ("Keep it" if harm == "cut" else "a trigger") in caught.value.sentence


def test_a_store_in_which_somebody_put_a_trigger_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ct.sqlite3"
    with SqliteBackend(path) as store:
        record(store, submission("LOC1"))
    with closing(sqlite3.connect(path)) as there:
        there.execute(TRIGGER.format("entries"))

    with SqliteBackend(path) as store:
        with pytest.raises(StoreUnusable) as caught:
            record(store, submission("LOC2"))
        assert not isinstance(caught.value, StoreDamaged) and "Take the trigger away" in caught.value.sentence
        assert [entry.location_id for entry in store.walk()] == ["LOC1"]  # type: ignore[union-attr]
