"""A TCP proxy that hangs up in the middle of what is said, between a program and a database."""

import contextlib
import socket
import threading


class CuttingProxy:
    """Forwards to a port of this machine, until it is told to cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.down = False
        """Whether every new connection is hung up on."""
        self._cut_in: int | None = None
        self._cut_answers = False
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more, and hang up."""
        self._listener.close()
        self.hang_up()

    def cut(self, after: int, *, answers: bool) -> None:
        """Hang up on everybody after so many more packets of questions, or of answers; the next one is lost."""
        with self._lock:
            self._cut_in, self._cut_answers = after, answers

    def mend(self) -> None:
        """Pass everything on again."""
        with self._lock:
            self._cut_in = None
        self.down = False

    def hang_up(self) -> None:
        """Cut every connection now."""
        with self._lock:
            live, self._live = self._live, set()
        for each in live:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if self.down:
                return
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                with self._lock:
                    self._live |= {client, server}
                there = threading.Thread(target=self._pump, args=(client, server, False), daemon=True)
                there.start()
                self._pump(server, client, True)
                there.join()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            while part := source.recv(65_536):
                if self._is_due(answers):
                    self.hang_up()
                    return
                sink.sendall(part)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _is_due(self, answers: bool) -> bool:
        with self._lock:
            if self._cut_in is None or answers is not self._cut_answers:
                return False
            due = self._cut_in == 0
            self._cut_in = None if due else self._cut_in - 1
            return due
