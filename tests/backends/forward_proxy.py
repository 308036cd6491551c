"""A real HTTP proxy, as at a council's edge: tunnels by CONNECT, forwards plain HTTP, may want a password."""

import base64
import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field

from tests.backends.lossy_proxy import message_from
from tests.backends.proxy import both_ways


@dataclass
class ForwardProxy:
    """Leads to one port of this machine, whatever name is asked for: it looks names up, and the client does not."""

    to: int
    password: str = ""
    """What it wants to be told, as in name:password; empty for nothing."""
    forbids: bool = False
    """Whether it lets nobody through."""
    seen: list[str] = field(default_factory=list)
    """The first line of each request that it was sent."""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    @property
    def url(self) -> str:
        """Its address, as in HTTPS_PROXY."""
        return f"http://{self.password}{'@' if self.password else ''}127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            request = message_from(client)
            line = request.partition(b"\r\n")[0].decode("ascii")
            self.seen.append(line)
            refusal = self._refusal(request)
            if refusal:
                client.sendall(f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                return
            with socket.create_connection(("127.0.0.1", self.to)) as server:
                if not line.startswith("CONNECT "):
                    server.sendall(re.sub(rb"^(\S+) http://[^/]+", rb"\1 ", request, count=1))
                    client.sendall(message_from(server).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                    return
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                both_ways(client, server)

    def _refusal(self, head: bytes) -> str:
        wanted = b"proxy-authorization: basic " + base64.b64encode(self.password.encode()).lower()
        if self.password and wanted not in head.lower():
            return "407 Proxy Authentication Required"
        return "403 Forbidden" if self.forbids else ""
