"""A TCP proxy that loses things, between a client and a real server."""

import re
import socket
import time
from collections.abc import Iterator
from enum import StrEnum
from functools import partial

from tests.backends.proxy import Proxy, Way, both_ways


class Mischief(StrEnum):
    """What becomes of the next connection's first answer."""

    NONE = "passes everything on"
    NO_CONNECTION = "hangs up at once"
    CUT_REQUEST = "passes half of the request on and hangs up"
    CUT_ANSWER = "lets the server do it, and loses the answer"
    HALF_ANSWER = "lets the server do it, and passes half of the answer on"
    DOUBLE_ANSWER = "passes the answer on twice"
    LATE_ANSWER = "passes the answer on late"


class LossyProxy(Proxy):
    """Forwards to a port; each connection meets the next mischief of the plan, and after the plan none."""

    def __init__(self, to: int, late_seconds: float = 0.3) -> None:
        self._late = late_seconds
        self.plan: list[Mischief] = []
        super().__init__(to)

    def next_way(self) -> Way | None:
        match self.plan.pop(0) if self.plan else Mischief.NONE:
            case Mischief.NONE:
                return both_ways
            case Mischief.NO_CONNECTION:
                return None
            case mischief:
                return partial(self._one_exchange, mischief)

    def _one_exchange(self, mischief: Mischief, client: socket.socket, server: socket.socket) -> None:
        request = message_from(client)
        if mischief is Mischief.CUT_REQUEST:
            server.sendall(request[: len(request) // 2])
            return
        server.sendall(request)
        answer = message_from(server)
        for part in self._parts(mischief, answer):
            client.sendall(part)

    def _parts(self, mischief: Mischief, answer: bytes) -> Iterator[bytes]:
        match mischief:
            case Mischief.HALF_ANSWER:
                yield answer[: len(answer) // 2]
            case Mischief.DOUBLE_ANSWER:
                yield answer
                yield answer
            case Mischief.LATE_ANSWER:
                time.sleep(self._late)
                yield answer


def message_from(source: socket.socket) -> bytes:
    """One whole request, or one whole answer; or as much of it as comes."""
    message = b""
    while not _is_whole(message) and (part := source.recv(65_536)):
        message += part
    return message


def _is_whole(message: bytes) -> bool:
    head, blank, body = message.partition(b"\r\n\r\n")
    if not blank:
        return False
    if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return len(body) >= (int(length[1]) if length else 0)
