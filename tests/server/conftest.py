"""A server on a real socket of this machine, with a register, and a key of each role."""

import io
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from ct_cli.actions.api_keys import make_key
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import Role
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.returns.identity import Service
from ct_cli.server.examples import RETURN
from ct_cli.server.log import Log
from ct_cli.server.options import Limits, ServerOptions
from ct_cli.server.run import Making, PatientProtocol
from ct_cli.settings import read_settings

NOW = "2024-12-09T10:00:00+00:00"
UNLIMITED = Limits(requests_a_second=0, refused_a_minute=1_000_000)
OWN, OTHERS, UNKNOWN = "LOC123", "LOC456", "LOC999"
"""A location of the provider and the council that have keys; one of others; one that is not there."""


@dataclass
class Running:
    """A server that runs."""

    url: str
    store: Path
    keys: dict[Role, str] = field(default_factory=dict)
    logged: io.StringIO = field(default_factory=io.StringIO)
    """What it has logged. A line is written once its answer has gone: on stderr it would now and then come between
    two tests, where pytest has let go of stderr."""

    def client(self, role: Role | None = Role.PROVIDER, **given: Any) -> httpx.Client:
        """A client with a key of a role."""
        headers = {"Authorization": f"Bearer {self.keys[role]}"} if role else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False, **given)

    def opened(self) -> SqliteBackend:
        """The server's store, to look into."""
        return SqliteBackend(self.store, rehearsing=True)


def a_return(location_id: str = OWN, **given: Any) -> dict[str, Any]:
    """A return without fault. Values that are named in `values` differ from the usual."""
    values = RETURN["values"] | given.pop("values", {})
    return {**RETURN, "location_id": location_id, **given, "values": values}


@pytest.fixture
def serving(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Starts a server: `with serving(options) as running`."""
    monkeypatch.setenv("CT_STORE", str(tmp_path / "served.sqlite3"))
    monkeypatch.setenv("CT_NOW", NOW)
    return serving_here


@contextmanager
def serving_here(options: ServerOptions | None = None, **limits: Any) -> Iterator[Running]:
    """A server in a thread of this process."""
    options = options or ServerOptions(limits=replace(UNLIMITED, **limits))
    settings = read_settings()
    running = Running("", settings.store_path)
    _fill(running)
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # named, so that asyncio sends small answers at once
        listener.bind(("127.0.0.1", 0))
        running.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            Making(settings, options, log=Log(running.logged)), factory=True, log_config=None, log_level="critical",
            http=PatientProtocol,
            proxy_headers=bool(options.trusted_proxies), forwarded_allow_ips=list(options.trusted_proxies),
            h11_max_incomplete_event_size=32_768, timeout_graceful_shutdown=3,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield running
        finally:
            server.should_exit = True
            thread.join()
            print(running.logged.getvalue(), file=sys.stderr, end="")  # shown where the test failed


def _fill(running: Running) -> None:
    workplace = Workplace(read_settings())
    both = (Service.CARE_HOME, Service.HOME_CARE)
    since = date(2024, 10, 1)
    workplace.backend.save_locations(
        [
            Location(OWN, "Rose House", both, "Rose Care", "1-101", "Kent", "South East", registered_on=since, beds=40),
            Location("LOC124", "Lily House", both, "Rose Care", "1-101", "Surrey", "South East", registered_on=since),
            Location(OTHERS, "Oak Lodge", both, "Oak Care", "1-202", "Essex", "East", registered_on=since, beds=40),
        ]
    )
    workplace.backend.save_users([User(OWN, "sam@example.org", "Sam"), User(OTHERS, "ash@example.org", "Ash")])
    owners = {Role.PROVIDER: "Rose Care", Role.LOCAL_AUTHORITY: "Kent", Role.ADMIN: ""}
    running.keys = {role: make_key(workplace, f"{role} key", role, owner).key for role, owner in owners.items()}
    workplace.close()


@pytest.fixture
def running(serving: Callable[..., Any]) -> Iterator[Running]:
    """A server that runs, without limits of rate."""
    with serving() as found:
        yield found


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the surroundings stands between a test and its server."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
