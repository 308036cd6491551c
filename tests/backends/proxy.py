"""A TCP proxy before a port of this machine, whose connections can all be cut."""

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

Way = Callable[[socket.socket, socket.socket], None]
"""Takes the client's end and the server's; any of them may break at any moment."""


class Proxy(ABC):
    """Listens at a port of its own; what becomes of each connection is told by what kind of proxy it is."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.down = False
        """Whether every new connection is hung up on, as where nobody is there."""
        self._live: set[socket.socket] = set()
        self.lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @abstractmethod
    def next_way(self) -> Way | None:
        """How the connection that has just come is served to its end; None to hang up on it at once."""

    def close(self) -> None:
        """Listen no more, and hang up."""
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Cut every connection that is open now."""
        with self.lock:
            live, self._live = self._live, set()
        for each in live:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                way = (
                    None if self.down else self.next_way()
                )  # asked here, so that connections meet a plan in their order
                threading.Thread(target=self._serve, args=(client, way), daemon=True).start()

    def _serve(self, client: socket.socket, way: Way | None) -> None:
        with client, contextlib.suppress(OSError):
            if way is None:
                return
            with socket.create_connection(("127.0.0.1", self.to)) as server:
                ends = {client, server}
                with self.lock:
                    self._live |= ends
                try:
                    way(client, server)
                finally:
                    with self.lock:
                        self._live -= ends


Cuts = Callable[[bool], bool]
"""Told of each part whether it is of an answer; True to hang up instead of passing it on."""


def both_ways(client: socket.socket, server: socket.socket, cuts: Cuts = lambda _: False) -> None:
    """Pass on whatever either end says, until there is no more or it is cut; then hang up at both."""
    there = threading.Thread(target=_pump, args=(client, server, lambda: cuts(False)), daemon=True)
    there.start()
    _pump(server, client, lambda: cuts(True))
    there.join()


def _pump(source: socket.socket, sink: socket.socket, cut: Callable[[], bool]) -> None:
    sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        while (part := source.recv(65_536)) and not cut():
            sink.sendall(part)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
