"""A register on a server, by way of a proxy that can be shut, and settings that name it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from tests.backends.answering_proxy import AnsweringProxy
from tests.backends.serving import BY_ITS_OWN_CLOCK, SECRET, add_key, quay

OPEN, LATE = "2024-12-10T10:00:00+00:00", "2024-12-20T10:00:00+00:00"
SHARED = [
    Location("LOC123", "Rose House", (Service.CARE_HOME,), provider="Rose Care", beds=40),
    Location("LOC456", "Fern Cottage", (Service.CARE_HOME,), provider="Fern Care", beds=40),
]


@dataclass
class Shared:
    """A register on a server, by way of a proxy that can be shut."""

    store: Callable[[], SqliteBackend]
    proxy: AnsweringProxy
    url: str


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    """A server, and settings that name it; its key is in the environment."""
    with on_a_server(tmp_path, monkeypatch) as made:
        yield made


@contextmanager
def on_a_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    """The same for whoever is no test."""
    monkeypatch.setenv("CT_NOW", OPEN)
    monkeypatch.setattr("ct_cli.backends.http_connection.ATTEMPTS", 1)

    def store() -> SqliteBackend:
        return SqliteBackend(folder / "there" / "ct.sqlite3", rehearsing=True)

    add_key(store)
    with store() as opened:
        opened.save_locations(SHARED)
    served = quay().moor(store, BY_ITS_OWN_CLOCK)
    proxy = AnsweringProxy(quay().port)
    url = served.replace(str(quay().port), str(proxy.port))
    for name, value in {"CT_BACKEND": "http", "CT_SERVER_URL": url, "CT_SERVER_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    yield Shared(store, proxy, url)
    proxy.close()
    quay().leave(served)
