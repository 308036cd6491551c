"""An HTTP server on a real socket, which answers as a script of answers says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Answered:
    """An answer: a status, a body (cut short of what its length says, if `cut`), headers."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Listening:
    """The server's address, and what it was asked."""

    url: str
    asked: list[Asked]


@contextmanager
def listening(answer: Callable[[Asked, int], Answered]) -> Iterator[Listening]:
    """Serve until left; `answer` is given each request and how many came before it."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            request = Asked(parts.path, query, {name.lower(): value for name, value in self.headers.items()})
            asked.append(request)
            given = answer(request, len(asked) - 1)
            body = given.body.encode() if isinstance(given.body, str) else json.dumps(given.body).encode()
            self.send_response(given.status)
            self.send_header("Content-Length", str(len(body) + (50 if given.cut else 0)))
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield Listening(f"http://127.0.0.1:{server.server_port}/export/", asked)
    finally:
        server.shutdown()
        server.server_close()
