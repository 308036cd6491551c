"""A register in the embedded store of a home of the test's own, with returns in it."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ct_cli.backends.access import ApiKey, Role
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.returns.identity import Service
from tests.cli.conftest import sets
from tests.conftest import Ran

NOW = "2024-12-10T10:00:00+00:00"
Ct = Callable[..., Ran]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's store is, or will be."""
    path = tmp_path / "data" / "ct.sqlite3"
    monkeypatch.setenv("CT_STORE", str(path))
    monkeypatch.setenv("CT_CONFIG", str(tmp_path / "settings" / "config.toml"))
    monkeypatch.setenv("CT_NOW", NOW)
    return path


@pytest.fixture(scope="session")
def made_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three locations, two users and a key, to be copied."""
    path = tmp_path_factory.mktemp("register") / "ct.sqlite3"
    with SqliteBackend(path) as backend:
        backend.save_locations(
            Location(f"LOC{number}", f"House {number}", (Service.CARE_HOME,), beds=40) for number in range(3)
        )
        backend.save_users(User("LOC1", f"{name}@example.org", name.capitalize()) for name in ("ada", "bea"))
        backend.add_key(ApiKey("0badcafe", "office", Role.ADMIN, "", "0" * 64, datetime(2024, 12, 1, tzinfo=UTC)))
    return path


@pytest.fixture
def register(store: Path, made_register: Path, ct: Ct) -> Path:
    """A store with three locations, two users of LOC1, a key, and a return for LOC0."""
    store.parent.mkdir()
    shutil.copy(made_register, store)
    submit(ct, "LOC0")
    return store


def submit(ct: Ct, location_id: str, **changed: str) -> str:
    """Record a return; its receipt."""
    ran = ct("submit", location_id, *sets(**changed), "--no-input")
    assert ran.status == 0, ran.err + ran.out
    found = re.search(r"Receipt\s+([0-9a-f]{16})", ran.out)
    assert found, ran.out
    return found[1]


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What a file that nobody has open holds."""
    with closing(sqlite3.connect(path)) as there:
        return there.execute(sql).fetchall()
