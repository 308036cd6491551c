"""A web server over a real socket that answers as its owner tells it to, and can misbehave."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    body: Any
    authorization: str


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int
    body: object = None
    """As JSON; bytes as they are."""
    headers: dict[str, str] = field(default_factory=dict)


HANGS_UP = Reply(-1)
"""The request was read; the connection breaks before a word of the answer."""
MUTE = Reply(-2)
"""The request was read; nothing is ever answered."""


class HttpStand:
    """A server that runs on this machine until `stop`."""

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        stand = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                stand.connections += 1
                super().setup()

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer("POST", json.loads(content))

            def do_GET(self) -> None:
                self._answer("GET", None)

            def _answer(self, method: str, body: Any) -> None:
                request = Request(method, self.path, body, self.headers.get("Authorization", ""))
                stand.requests.append(request)
                reply = answer(request)
                if reply is MUTE:
                    time.sleep(3)
                if reply.status < 0:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Answer nobody any more. May be called twice."""
        self._server.shutdown()
        self._server.server_close()
