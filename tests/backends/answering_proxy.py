"""A proxy before a real server that answers some requests itself, and alters the heads of others' answers."""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

from tests.backends.lossy_proxy import message_from
from tests.backends.proxy import Proxy, Way


@dataclass(frozen=True)
class Asked:
    """A request that came by."""

    method: str
    path: str
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes


@dataclass(frozen=True)
class Said:
    """An answer that is given in the server's place."""

    status: int
    body: bytes = b""
    kind: str = "text/html"
    as_ct: bool = False
    """Whether it repeats the request's id, as ct's own server does."""
    retry_after: int = 0
    """The seconds after which to come again; 0 where it does not say."""
    done: bool = False
    """Whether the server does what was asked all the same."""

    @classmethod
    def problem(cls, status: int, code: str, retry_after: int = 0) -> "Said":
        """Problem details as ct's server gives them."""
        body = f'{{"status": {status}, "code": "{code}", "detail": "What {code} says."}}'
        return cls(status, body.encode(), "application/problem+json", as_ct=True, retry_after=retry_after)


class AnsweringProxy(Proxy):
    """Forwards each request to a port, one to a connection, save those that `answers` has an answer for."""

    def __init__(self, to: int) -> None:
        self.answers: Callable[[Asked], Said | None] = lambda _: None
        self.date: str | None = None
        """What answers give as their Date, where it is not the server's own."""
        self.recorded: list[Asked] = []
        """The requests to record returns, in the order in which they came."""
        super().__init__(to)

    def next_way(self) -> Way | None:
        return self._one_exchange

    def _one_exchange(self, client: socket.socket, server: socket.socket) -> None:
        message = message_from(client)
        if not message:
            return
        asked = _asked(message)
        if asked.path.endswith("/ledger/record"):
            self.recorded.append(asked)
        said = self.answers(asked)
        if said is not None and not said.done:
            client.sendall(_spelt(said, asked))
            return
        head, blank, body = message.partition(b"\r\n\r\n")
        server.sendall(head + b"\r\nConnection: close" + blank + body)
        answer = message_from(server)
        client.sendall(_spelt(said, asked) if said is not None else self._dated(answer))

    def _dated(self, answer: bytes) -> bytes:
        if self.date is None:
            return answer
        head, blank, body = answer.partition(b"\r\n\r\n")
        return re.sub(rb"(?im)^date:[^\r\n]*", b"date: " + self.date.encode(), head) + blank + body


def _asked(message: bytes) -> Asked:
    head, _, body = message.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Asked(method, path.partition("?")[0], headers, body)


def _spelt(said: Said, asked: Asked) -> bytes:
    own = {"X-Request-ID": asked.headers["x-request-id"]} if said.as_ct else {}
    own |= {"Retry-After": str(said.retry_after)} if said.retry_after else {}
    headers = {"Content-Type": said.kind, "Content-Length": str(len(said.body)), "Connection": "close", **own}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {said.status} Said\r\n{head}\r\n".encode() + said.body
