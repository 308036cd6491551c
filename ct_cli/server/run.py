"""Running the server: uvicorn, its worker processes, and a limit to how slowly a request may arrive."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from ct_cli import clock
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend
from ct_cli.backends.registry import open_backend
from ct_cli.errors import UsageError
from ct_cli.server.application import application
from ct_cli.server.asked import RECEIVED_AT
from ct_cli.server.connections import BACKLOG, Connections, LoopWithConnections, raise_descriptor_limit
from ct_cli.server.log import Log
from ct_cli.server.options import ServerOptions
from ct_cli.server.service import Service
from ct_cli.server.uploads import sweep_uploads
from ct_cli.settings import Settings

GRACEFUL_SECONDS = 20
"""For what is under way to finish when the server is told to stop."""
_TURN_SECONDS = 0.0005
"""For which one thread keeps Python while another waits for it; Python's own is ten times as long. While a batch is
examined, each step of another request waits for it."""


class NotServable(UsageError):
    """This store cannot be served: it is itself on a server. Serve the store there, or name one with
    --database or the settings `backend` and `store`."""

    code = "not-servable"


class AddressTaken(UsageError):
    """Nothing can listen at {host}:{port}: {reason}. Choose another with --host or --port."""

    code = "address-taken"


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that hangs up on a client that does not finish a request's head in time.

    uvicorn itself waits for ever for the head of a first request.
    """

    seconds = ServerOptions().limits.header_seconds

    _connections: Connections | None = None
    _number = -1

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._connections = getattr(self.loop, "connections", None)
        if self._connections is not None:
            self._number = self._connections.made(transport)
        self._head_due = self.loop.call_later(self.seconds, self._hang_up_if_waiting)

    def data_received(self, data: bytes) -> None:
        """Begin to wait for the next head, where this is the first part of it."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.more_body:
            scope: Any = self.cycle.scope
            scope.setdefault(RECEIVED_AT, clock.now())
        if self.conn.their_state is h11.IDLE and self._head_due.cancelled():
            self._head_due = self.loop.call_later(self.seconds, self._hang_up_if_waiting)
        elif self.conn.their_state is not h11.IDLE:
            self._head_due.cancel()
            if self._connections is not None and self.cycle is not None and not self.cycle.response_complete:
                self._connections.begin(self._number)

    def on_response_complete(self) -> None:
        """Rest until the next request."""
        if self._connections is not None:
            self._connections.rest(self._number)
        super().on_response_complete()  # which may begin the next, where that was sent already
        if self._connections is not None and not self.cycle.response_complete:
            self._connections.begin(self._number)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._head_due.cancel()
        if self._connections is not None:
            self._connections.lost(self._number, self.transport)
        super().connection_lost(exc)

    def _hang_up_if_waiting(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


@dataclass(frozen=True)
class Making:
    """Makes the application in a worker process."""

    settings: Settings
    options: ServerOptions
    own_process: bool = False
    """Whether the process does nothing else."""
    log: Log = field(default_factory=Log)

    def __call__(self) -> ASGIApp:
        """The application."""
        PatientProtocol.seconds = self.options.limits.header_seconds
        limits = self.options.limits
        if self.own_process:
            sys.setswitchinterval(_TURN_SECONDS)
            loop = asyncio.get_running_loop()
            if isinstance(loop, LoopWithConnections):
                loop.connections = Connections(loop.most, limits.send_seconds, limits.header_seconds, self.log)
        opens = partial(open_servable, self.settings)
        return application(Service(Workplace(self.settings), opens, self.options, self.log))


def open_servable(settings: Settings) -> AccessBackend:
    """The store that the settings name, open. Raises NotServable, StoreUnusable."""
    backend = open_backend(settings, rehearsing=clock.rehearsing())
    if not isinstance(backend, AccessBackend):
        backend.close()
        raise NotServable
    return backend


def listening_sockets(options: ServerOptions) -> list[socket.socket]:
    """The sockets at which all workers listen: one for each address that the host has. Raises AddressTaken.

    Each names its protocol: asyncio sends small packets at once only where it is named, and without that the second
    half of each answer waits for the client's acknowledgement.
    """
    made: list[socket.socket] = []
    try:
        places = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, _, _, address in dict.fromkeys(places):
            listener = socket.socket(family, kind, socket.IPPROTO_TCP)
            made.append(listener)
            if os.name == "posix":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.set_inheritable(True)
    except OSError as error:
        for listener in made:
            listener.close()
        reason = (error.strerror or str(error)).lower()
        raise AddressTaken(host=options.host, port=options.port, reason=reason) from None
    return made


def serve(settings: Settings, options: ServerOptions, begun: Callable[[], None]) -> None:
    """Serve until told to stop; `begun` is called once nothing stands in the way.

    Raises NotServable, StoreUnusable, AddressTaken.
    """
    open_servable(settings).close()  # Says at once, and in words, what is wrong with it.
    sockets = listening_sockets(options)
    raise_descriptor_limit()
    sweep_uploads()
    begun()
    config = uvicorn.Config(
        Making(settings, options, own_process=True),
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.workers,
        http=PatientProtocol,
        loop="ct_cli.server.connections:new_loop",
        backlog=BACKLOG,
        ws="none",
        log_config=None,
        log_level="critical",  # It would quote what clients sent; our own log does not.
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(options.trusted_proxies),
        forwarded_allow_ips=list(options.trusted_proxies),
        ssl_certfile=options.tls_certificate,
        ssl_keyfile=options.tls_key,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        h11_max_incomplete_event_size=32_768,
    )
    if options.workers > 1:
        Multiprocess(config, sockets=sockets).run()
    else:
        uvicorn.Server(config).run(sockets)
