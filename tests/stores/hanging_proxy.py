"""A TCP proxy behind which a database seems to hang: nothing is passed on, and nobody is hung up on."""

import contextlib
import select
import socket
import threading

from tests.backends.proxy import Proxy, Way
from tests.postgres_server import running


class HangingProxy(Proxy):
    """Forwards to a port of this machine, until it is told to hang."""

    def __init__(self, to: int) -> None:
        self._passing = threading.Event()
        self._passing.set()
        self._hanging: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self.lingering = False
        """Whether a client is not told that the server has hung up on it."""
        super().__init__(to)

    def conninfo(self, schema: str, **given: str) -> str:
        """A connection string to a schema of this process's server, by way of this proxy."""
        return running().conninfo(schema, **given).replace(f":{self.to}/", f":{self.port}/")

    def hang(self) -> None:
        """Pass nothing on, of old connections and new ones."""
        self._passing.clear()

    def hang_those_open(self) -> None:
        """Pass nothing more on of the connections that are open now; new ones are served."""
        with self.lock:
            self._hanging |= self._open

    def go_on(self) -> None:
        """Pass on again, first what has gathered."""
        with self.lock:
            self._hanging.clear()
        self._passing.set()

    def close(self) -> None:
        self.go_on()
        self.lingering = False
        super().close()

    def next_way(self) -> Way:
        return self._pass_on

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with self.lock:
            self._open.add(client)
        other = {client: server, server: client}
        try:
            while other:
                for end in select.select([it for it in other if not self._held(client)], [], [], 0.05)[0]:
                    part = end.recv(65_536)
                    if not self._passing.wait(60) or not part:
                        if end is server and self.lingering:
                            del other[server]
                            continue
                        return
                    other[end].sendall(part)
        finally:
            with self.lock:
                self._open.discard(client)
                self._hanging.discard(client)
            for end in (client, server):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _held(self, client: socket.socket) -> bool:
        with self.lock:
            return client in self._hanging
