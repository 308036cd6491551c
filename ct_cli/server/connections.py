"""The connections of one worker process: fewer than it has descriptors for, none that costs for ever.

A connection costs a descriptor from the moment when it is accepted, before anything is known of it (with TLS, before
the handshake even). So they are counted where they are accepted. Where there are as many as may be, the one that has
been silent for longest makes room: first one that never sent a whole request head, then one that rests between two
requests. A connection in the middle of a request is left alone; where there are no others, the new one is closed.
"""

import asyncio
import contextlib
import errno
import socket
import sys
import time
from typing import Any

from ct_cli.server.log import Log

BACKLOG = 100
"""Connections that are accepted in one turn of the event loop, at most."""
_MOST = 2_000
_MOST_BY_SELECT = 400
"""On Windows, where `select` knows 512 at a time."""
_OWN = 128
"""Descriptors that are left for stores, uploads and the log."""
_TOLD_EVERY_SECONDS = 60
_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE_SECONDS = 0.5


def raise_descriptor_limit() -> None:
    """Allow this process, and those that it starts, as many descriptors as its hard limit says (65,536 at most)."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # a system may allow less than it says; then it stays as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """How many connections an event loop that selects takes, by the descriptors that its process may have."""
    if sys.platform == "win32":
        return _MOST_BY_SELECT
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST
    # A connection that had to make room is closed a turn or two after the one that it made room for was accepted.
    return min(_MOST, max(soft - _OWN - 3 * BACKLOG, soft // 4))


class Connections:
    """Those of one event loop, by their descriptors."""

    def __init__(self, most: int, send_seconds: float, header_seconds: float, log: Log) -> None:
        self._most, self._send_seconds, self._log = most, send_seconds, log
        self.handshake_seconds = header_seconds
        # Each in the order in which they came to be so.
        self._silent: dict[int, socket.socket | asyncio.Transport] = {}
        self._resting: dict[int, socket.socket | asyncio.Transport] = {}
        self._busy: dict[int, socket.socket | asyncio.Transport] = {}
        self._unsent: dict[asyncio.Transport, tuple[int, float]] = {}
        """Of each transport that is made, how much waited to be sent when last looked at, and since when."""
        self._events: dict[str, int] = {}
        self._told_at = float("-inf")

    def accept(self, connection: socket.socket) -> None:
        """Take a new connection, or close it. Raises ConnectionAbortedError where it was closed."""
        number = connection.fileno()
        for table in (self._silent, self._resting, self._busy):
            table.pop(number, None)  # one before it, that was closed without a word
        if self._count() >= self._most and not self.make_room():
            connection.close()
            self._note("refused")
            raise ConnectionAbortedError
        self._silent[number] = connection

    def make_room(self) -> bool:
        """Close the connection that has been silent for longest; whether there was one."""
        for table in (self._silent, self._resting):
            for number, connection in list(table.items())[:1]:
                del table[number]
                if isinstance(connection, asyncio.Transport):
                    connection.abort()  # on Windows, to end its socket alone would not tell who waits for it
                    self._note("closed")
                elif connection.fileno() >= 0:  # else it is closed already
                    with contextlib.suppress(OSError):  # its client has hung up
                        connection.shutdown(socket.SHUT_RDWR)
                    self._note("closed")
                return True
        return False

    def made(self, transport: asyncio.Transport) -> int:
        """Watch how what is sent over a connection is taken; the connection's number."""
        self._unsent[transport] = (0, time.monotonic())
        number: int = transport.get_extra_info("socket").fileno()
        if number not in self._silent:  # its event loop accepts without asking: then room is made afterwards
            self._silent[number] = transport
            if self._count() > self._most:
                self.make_room()
        return number

    def begin(self, number: int) -> None:
        """Note that a request began."""
        found = self._silent.pop(number, None) or self._resting.pop(number, None)
        if found is not None:
            self._busy[number] = found

    def rest(self, number: int) -> None:
        """Note that a request was answered."""
        found = self._busy.pop(number, None)
        if found is not None:
            self._resting[number] = found

    def lost(self, number: int, transport: asyncio.Transport) -> None:
        """Forget a connection."""
        self._unsent.pop(transport, None)
        for table in (self._silent, self._resting, self._busy):
            table.pop(number, None)

    def abort_stalled(self) -> None:
        """Let go of each connection whose client has taken nothing for too long: one that was closed as well, which
        would otherwise wait for ever to send what it has."""
        now = time.monotonic()
        for transport, (size, since) in list(self._unsent.items()):
            waiting = transport.get_write_buffer_size()
            if waiting == 0 or waiting != size:
                self._unsent[transport] = (waiting, now)
            elif now - since > self._send_seconds:
                transport.abort()
                self._note("stalled")

    def out_of_descriptors(self) -> None:
        """Note that the system gave no descriptor for a connection."""
        self._note("without_descriptor")
        self.make_room()

    def tell(self) -> None:
        """Log what happened to connections that were too many, once a minute at most."""
        now = time.monotonic()
        if self._events and now - self._told_at >= _TOLD_EVERY_SECONDS:
            self._log.line("connections", most=self._most, **self._events)
            self._told_at = now
            self._events.clear()

    def _count(self) -> int:
        return len(self._silent) + len(self._resting) + len(self._busy)

    def _note(self, what: str) -> None:
        self._events[what] = self._events.get(what, 0) + 1
        self.tell()


class _ListeningSocket(socket.socket):
    """A listening socket that asks whether there is room before it hands over what it accepted."""

    connections: Connections
    _paused_until = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        if time.monotonic() < self._paused_until:
            raise BlockingIOError  # as where there is none to accept
        try:
            connection, address = super().accept()
        except OSError as error:
            if error.errno in _OUT_OF_DESCRIPTORS:  # the event loop tries again in a second; it need not be told twice
                self._paused_until = time.monotonic() + _PAUSE_SECONDS
            raise
        self.connections.accept(connection)
        return connection, address


class LoopWithConnections(asyncio.BaseEventLoop):
    """An event loop that looks after the connections of its servers, once `connections` is set."""

    connections: Connections | None = None
    most = _MOST
    """Connections that it may have."""

    def _look_after(self, connections: Connections) -> None:
        connections.abort_stalled()
        connections.tell()
        self.call_later(1, self._look_after, connections)


class ServerLoop(LoopWithConnections, asyncio.SelectorEventLoop):
    """An event loop that bounds the connections which its servers accept. Without bounds until `connections` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.most = most_connections()

    async def create_server(self, *given: Any, **options: Any) -> asyncio.Server:
        """Listen, as any event loop does; at a socket (`sock`), within bounds."""
        listening = options.get("sock")
        if self.connections is not None and listening is not None:
            bounded = _ListeningSocket(listening.family, listening.type, listening.proto, fileno=listening.detach())
            bounded.connections = self.connections
            options["sock"] = bounded
            if options.get("ssl") is not None:
                options["ssl_handshake_timeout"] = self.connections.handshake_seconds
            self.set_exception_handler(_told_once)
            self._look_after(self.connections)
        return await super().create_server(*given, **options)


if sys.platform == "win32":

    class WindowsLoop(LoopWithConnections, asyncio.ProactorEventLoop):
        """An event loop without `select`'s bound, which accepts connections without asking."""

        async def create_server(self, *given: Any, **options: Any) -> asyncio.Server:
            """Listen, as any event loop does."""
            if self.connections is not None:
                if options.get("ssl") is not None:
                    options["ssl_handshake_timeout"] = self.connections.handshake_seconds
                self._look_after(self.connections)
            return await super().create_server(*given, **options)


def _told_once(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if isinstance(loop, ServerLoop) and loop.connections is not None and "accept() out of system" in context["message"]:
        loop.connections.out_of_descriptors()
    else:
        loop.default_exception_handler(context)


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop for a worker process."""
    if sys.platform == "win32":
        import multiprocessing

        if multiprocessing.parent_process() is None:  # one worker alone: several cannot share a socket so
            return WindowsLoop()
    return ServerLoop()
