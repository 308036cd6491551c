"""Connections to PostgreSQL: how each is opened, and what hangs up on one that waits for nothing.

A database that hangs (its machine is frozen, a firewall drops its packets) answers neither yes nor no. TCP finds some
of that out, and PostgreSQL's own timeouts rest on a server that runs. So where an answer is waited for, the database is
asked on a connection of its own after some seconds. Where that gives no answer, or the question was never heard, the
connection is cut at its socket, and whoever waits is told that it was lost.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ct_cli.stores.patience import (
    CONNECT_SECONDS,
    LONG_UNHEARD_SECONDS,
    SILENT_SECONDS,
    SOON_SECONDS,
    STATEMENT_SECONDS,
    UNHEARD_SECONDS,
)

_LOOKED_AT_EVERY = 0.25

_IDLE = (
    "SELECT state LIKE 'idle%%' AND clock_timestamp() - state_change > interval '2 seconds' FROM pg_stat_activity"
    " WHERE pid = %s AND usename = current_user AND application_name = current_setting('application_name')"
)
"""Whether the server process of a connection has been idle for a while: then it has not heard what was asked. No row
where there is no such process."""
_WHERE = "coalesce(inet_server_addr()::text, ''), coalesce(inet_server_port(), 0)"
"""Which server it is. By its own word: behind one name, or a proxy that hands connections out, there may be several."""
_NO_ROOM = ("too many connections", "connection slots", "too many clients", "no more connections allowed")
"""In the words of PostgreSQL and of pgbouncer; libpq tells no SQLSTATE of a connection that was refused."""


def options_of(conninfo: str) -> dict[str, Any]:
    """How ct connects: whatever the connection string leaves open, and what may not be otherwise."""
    wished: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "ct",
        # Packets that nobody acknowledges, and peers that have gone without a word, are found out in seconds.
        "tcp_user_timeout": 10_000,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    }
    given = conninfo_to_dict(conninfo)
    return {name: value for name, value in wished.items() if name not in given} | {
        "autocommit": True,
        # Whatever the database and PGCLIENTENCODING say: what is sent and read here is text.
        "client_encoding": "utf8",
        # A pool such as pgbouncer, in transaction mode, gives each transaction another connection to the server, with
        # the statements that others prepared there.
        "prepare_threshold": None,
    }


def has_no_room(error: Exception) -> bool:
    """Whether a connection was refused only because there are too many: then the database is there, and works."""
    return any(words in str(error) for words in _NO_ROOM)


class Connection(psycopg.Connection[Any]):
    """A connection that its watch, where it has one, hangs up on where it waits in vain."""

    watch: "Watch | None" = None
    patience: float = SOON_SECONDS
    """Most seconds of one wait; the watch may find out sooner that it is in vain."""
    unheard_seconds: float = UNHEARD_SECONDS
    """After how much of a wait it is looked whether the server has heard what is asked."""
    given_up = False
    """Whether it was hung up on."""
    direct = False
    """Whether it leads to a server process, and not to a pool between; known once `make_ready` was called."""
    server: tuple[str, int] = ("", 0)
    """By its own word, the server's address and port; known once `make_ready` was called."""
    begin: bytes
    """What begins a transaction that writes; known once `make_ready` was called."""

    def wait(self, *given: Any, **named: Any) -> Any:
        """Wait for the server: everything that psycopg asks of it comes by here."""
        if self.watch is None:
            return super().wait(*given, **named)
        with self.watch.over(self):
            return super().wait(*given, **named)

    @contextmanager
    def patiently(self, seconds: float) -> Iterator[None]:
        """Give what is asked within this context so many seconds for each wait, and time to be heard."""
        before = self.patience, self.unheard_seconds
        self.patience, self.unheard_seconds = seconds, LONG_UNHEARD_SECONDS
        try:
            yield
        finally:
            self.patience, self.unheard_seconds = before

    @contextmanager
    def planned_once(self) -> Iterator[None]:
        """Have one statement that is run many times planned once: prepared, where no pool could give what was prepared
        to another."""
        before = self.prepare_threshold
        self.prepare_threshold = 5 if self.direct else before
        try:
            yield
        finally:
            self.prepare_threshold = before

    def make_ready(self, watch: "Watch") -> None:
        """Have it watched, and learn how its writes begin. One question."""
        self.watch = watch
        asked = f"SELECT current_setting('synchronous_commit'), pg_backend_pid(), {_WHERE}"
        [(durable, pid, *server)] = self.execute(asked.encode()).fetchall()
        self.direct = pid == self.info.backend_pid
        self.server = (server[0], server[1])
        settings = {
            # Citus passes on to its workers what is set within a transaction, and only if it is asked to; to plain
            # PostgreSQL the name means nothing.
            "citus.propagate_set_commands": "local",
            # A commit is on the disk before it is acknowledged, whatever this database and its workers do by default.
            "synchronous_commit": "on" if durable == "off" else durable,
            "statement_timeout": f"{STATEMENT_SECONDS}s",
            "lock_timeout": "0",
            # A program that is stopped in its transaction does not keep others out for ever.
            "idle_in_transaction_session_timeout": f"{2 * STATEMENT_SECONDS}s",
        }
        # In the transaction, not in the session: a pool gives each transaction another one.
        local = [f"SET LOCAL {name} = '{value}'" for name, value in settings.items()]
        self.begin = "; ".join(["BEGIN", *local]).encode()

    def hang_up(self) -> None:
        """Cut it at its socket. Whoever waits for an answer is told at once that there will be none."""
        self.given_up = True
        with suppress(OSError, psycopg.Error):  # it has just been closed
            end = socket.socket(fileno=self.fileno())
            try:
                end.shutdown(socket.SHUT_RDWR)
            finally:
                end.detach()


class Watch:
    """Looks after the connections to one database that wait for it. Thread-safe; its thread starts with the first."""

    def __init__(self, conninfo: str, away: Callable[[str], None]) -> None:
        """`away` is told, in PostgreSQL's words, that the database did not answer."""
        self._conninfo, self._away = conninfo, away
        self._waits: dict[int, _Wait] = {}
        self._any = threading.Event()
        """Whether there may be a wait. Set after it was noted, and cleared before it is looked whether there is one."""
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = False

    @contextmanager
    def over(self, connection: Connection) -> Iterator[None]:
        """Watch over one wait, as long as the context lasts."""
        wait = _Wait(connection)
        self._waits[id(wait)] = wait
        try:
            if not self._any.is_set():
                self._any.set()
                self._start()
            yield
        finally:
            del self._waits[id(wait)]

    def close(self) -> None:
        """End its thread, for good."""
        self._ended = True
        self._any.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="ct-watch", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        last = time.monotonic()
        while not self._ended:
            self._any.wait()
            time.sleep(_LOOKED_AT_EVERY)
            now, waits = time.monotonic(), list(self._waits.values())
            if waits:
                last = now
            elif now - last > SOON_SECONDS:
                self._any.clear()
                if self._waits:
                    self._any.set()
            for wait in waits:
                if now - wait.since > wait.connection.patience:
                    self._cut(wait)
            silent = [wait for wait in waits if now - wait.asked > SILENT_SECONDS]
            if silent:
                self._ask(silent)

    def _ask(self, silent: "list[_Wait]") -> None:
        """Ask whether the database answers, and has heard what these wait for."""
        try:
            asking = Connection.connect(self._conninfo, **options_of(self._conninfo))
            with _within(SOON_SECONDS, asking):
                asking.execute("SELECT 1")
                for wait in silent:
                    if time.monotonic() - wait.since > wait.connection.unheard_seconds and _unheard(
                        asking, wait.connection
                    ):
                        self._cut(wait)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            # Whoever refuses a connection is there; of a pool, that says nothing of the database behind it.
            refused = "FATAL:" in str(error)
            if not refused:
                self._away(" ".join(str(error).split()) or "it does not answer")
            for wait in silent:
                if not (has_no_room(error) or (refused and wait.connection.direct)):
                    self._cut(wait)
        except psycopg.Error:  # it knows no such view, or lets nobody look: it answers
            pass
        for wait in silent:
            wait.asked = time.monotonic()

    def _cut(self, wait: "_Wait") -> None:
        if id(wait) in self._waits:
            wait.connection.hang_up()


class _Wait:
    """One wait for an answer."""

    __slots__ = ("asked", "connection", "since")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.since = self.asked = time.monotonic()


@contextmanager
def _within(seconds: float, connection: Connection) -> Iterator[None]:
    """Close a connection afterwards, and hang up on it before where that takes too long."""
    timer = threading.Timer(seconds, connection.hang_up)
    timer.daemon = True
    timer.start()
    try:
        with connection:
            yield
    finally:
        timer.cancel()


def _unheard(asking: Connection, waiting: Connection) -> bool:
    """Whether the server process behind a connection has not heard what is asked of it, or is gone. False where that is
    not known: behind a pool its number is made up, and of several servers it may be on another."""
    try:
        pid = waiting.info.backend_pid
    except psycopg.Error:  # it has been closed meanwhile
        return False
    if not waiting.direct or asking.execute(f"SELECT {_WHERE}".encode()).fetchone() != waiting.server:
        return False
    row = asking.execute(_IDLE, (pid,)).fetchone()
    return row is None or bool(row[0])
