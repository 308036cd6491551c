"""A real server on a real socket in front of any store, for the tests.

One uvicorn for each process, on a thread; each store that is served has an application of its own under its own path.
"""

import asyncio
import contextlib
import io
import itertools
import secrets
import socket
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import uvicorn

from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend, ApiKey, Role
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.server_address import ServerAddress
from ct_cli.clock import LONDON, parse_moment
from ct_cli.server.application import application
from ct_cli.server.gate import digest_of
from ct_cli.server.log import Log
from ct_cli.server.options import Limits, ServerOptions
from ct_cli.server.service import Service
from ct_cli.settings import read_settings

KEY_ID = "0a1b2c3d"
SECRET = f"ct_{KEY_ID}_{secrets.token_urlsafe(32)}"
HISTORY = ServerOptions(accept_history=True, limits=Limits(requests_a_second=0))
"""A server that takes what it is given with its times, as the contract's tests give it."""
BY_ITS_OWN_CLOCK = ServerOptions(limits=Limits(requests_a_second=0))

OpenStore = Callable[[], AccessBackend]


class Quay:
    """The server's thread, and the applications that are moored there."""

    def __init__(self) -> None:
        self._services: dict[str, tuple[Service, Any]] = {}
        self._numbers = itertools.count(1)
        self._socket = socket.socket(proto=socket.IPPROTO_TCP)  # named, so that asyncio sends small answers at once
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        config = uvicorn.Config(self, log_config=None, access_log=False, http="h11", lifespan="off")
        self._server = uvicorn.Server(config)
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait(10)

    def moor(self, open_store: OpenStore, options: ServerOptions, again: str = "") -> str:
        """Serve a store; its address, which is `again` where it was served before."""
        service = Service(Workplace(read_settings()), open_store, options, Log(io.StringIO()))
        self._await(service.begin())
        name = again.rpartition("/")[2] or f"store-{next(self._numbers)}"
        self._services[name] = (service, application(service))
        return f"http://127.0.0.1:{self.port}/{name}"

    def leave(self, address: str) -> None:
        """Serve a store no more."""
        service, _ = self._services.pop(address.rpartition("/")[2])
        self._await(service.end())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand a request to the application of its path."""
        _, name, rest = scope["path"].split("/", 2)
        _, app = self._services[name]
        await app({**scope, "path": "/" + rest, "raw_path": ("/" + rest).encode()}, receive, send)

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(started.set)
        with contextlib.suppress(SystemExit):
            self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))

    def _await(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@cache
def quay() -> Quay:
    """This process's."""
    return Quay()


class Served(HttpBackend):
    """A store behind a server, which ends with it."""

    def __init__(self, open_store: OpenStore, options: ServerOptions = HISTORY) -> None:
        add_key(open_store)
        address = quay().moor(open_store, options)
        super().__init__(Connection(ServerAddress.parse(address), lambda: SECRET))

    def close(self) -> None:
        super().close()
        with contextlib.suppress(KeyError):  # closed before
            quay().leave(self.server)


def add_key(open_store: OpenStore, role: Role = Role.ADMIN, belongs_to: str = "", secret: str = SECRET) -> str:
    """Let a store know a key; the key."""
    key_id = secret.split("_")[1]
    made_at = parse_moment("2024-12-01T00:00:00+00:00").astimezone(LONDON)
    with open_store() as store:
        if store.find_key(key_id) is None:
            store.add_key(ApiKey(key_id, "tests", role, belongs_to, digest_of(secret), made_at))
    return secret
