"""A TCP proxy that loses things, between a client and a real server."""

import contextlib
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

    def __init__(self, port: int) -> None:
        self._to = port
        self.plan: list[Mischief] = []
        self.down = False
        """Whether every new connection is hung up on, as where the server is away."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                mischief = self.plan.pop(0) if self.plan else Mischief.NONE
                mischief = Mischief.NO_CONNECTION if self.down else mischief
                threading.Thread(target=self._serve, args=(client, mischief), daemon=True).start()

    def _serve(self, client: socket.socket, mischief: Mischief) -> None:
        with client, contextlib.suppress(OSError):
            if mischief is Mischief.NO_CONNECTION:
                return
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                if mischief is Mischief.NONE:
                    threading.Thread(target=_pump, args=(client, server), daemon=True).start()
                    _pump(server, client)
                    return
                request = _message(client)
                server.sendall(request[: len(request) // 2] if mischief is Mischief.CUT_REQUEST else request)
                if mischief is Mischief.CUT_REQUEST:
                    return
                answer = _message(server)
                for part in _parts(mischief, answer):
                    client.sendall(part)


def _parts(mischief: Mischief, answer: bytes) -> Iterator[bytes]:
    match mischief:
        case Mischief.HALF_ANSWER:
            yield answer[: len(answer) // 2]
        case Mischief.DOUBLE_ANSWER:
            yield answer
            yield answer
        case Mischief.LATE_ANSWER:
            time.sleep(0.3)
            yield answer


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _message(source: socket.socket) -> bytes:
    """What arrives until nothing more does for a moment: one whole request, or one whole answer."""
    message = source.recv(65_536)
    source.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        while part := source.recv(65_536):
            message += part
    return message
