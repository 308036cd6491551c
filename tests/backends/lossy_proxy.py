"""A TCP proxy that loses things, between a client and a real server."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from enum import StrEnum


class Mischief(StrEnum):
    """What becomes of the next connection's first answer."""

    NONE = "passes everything on"
    NO_CONNECTION = "hangs up at once"
    CUT_REQUEST = "passes half of the request on and hangs up"
    CUT_ANSWER = "lets the server do it, and loses the answer"
    HALF_ANSWER = "lets the server do it, and passes half of the answer on"
    DOUBLE_ANSWER = "passes the answer on twice"
    LATE_ANSWER = "passes the answer on late"


class LossyProxy:
    """Forwards to a port; each connection meets the next mischief of the plan, and after the plan none."""

    def __init__(self, port: int, late_seconds: float = 0.3) -> None:
        self._to = port
        self._late = late_seconds
        self.plan: list[Mischief] = []
        self.down = False
        """Whether every new connection is hung up on, as where the server is away."""
        self._live: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def hang_up(self) -> None:
        """Cut every connection that is open now."""
        live, self._live = self._live, set()
        for each in live:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                self._live.add(client)
                mischief = self.plan.pop(0) if self.plan else Mischief.NONE
                mischief = Mischief.NO_CONNECTION if self.down else mischief
                threading.Thread(target=self._serve, args=(client, mischief), daemon=True).start()

    def _serve(self, client: socket.socket, mischief: Mischief) -> None:
        with client, contextlib.suppress(OSError):
            if mischief is Mischief.NO_CONNECTION:
                return
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                if mischief is Mischief.NONE:
                    there = threading.Thread(target=pump, args=(client, server), daemon=True)
                    there.start()
                    pump(server, client)
                    there.join()
                    return
                request = message_from(client)
                server.sendall(request[: len(request) // 2] if mischief is Mischief.CUT_REQUEST else request)
                if mischief is Mischief.CUT_REQUEST:
                    return
                answer = message_from(server)
                for part in self._parts(mischief, answer):
                    client.sendall(part)
        self._live.discard(client)

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


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes until there is no more, then hang up at both ends."""
    sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


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
