"""The ways from a program to a store, each of which can be lost and found again, for test_model.py.

A way is made once for a test and used by every example, each at locations of its own: what costs time (a schema, a
server) is paid once.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ct_cli.backends.access import AccessBackend
from ct_cli.backends.contract import Backend, Outcome, Submission
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.offline import OfflineToo
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.postgres_errors import StoreUnreachable
from ct_cli.backends.return_queue import ReturnQueue
from ct_cli.backends.sending import Sent, send_waiting
from ct_cli.backends.server_address import ServerAddress
from ct_cli.backends.server_refusals import ServerUnreachable
from ct_cli.backends.sqlite import SqliteBackend
from tests.backends.cutting_proxy import CuttingProxy
from tests.backends.lossy_proxy import LossyProxy, Mischief
from tests.backends.serving import HISTORY, SECRET, add_key, quay
from tests.postgres_server import running

LOST = (StoreUnreachable, ServerUnreachable)
"""What says that a store was not reached, or not heard."""

_FOR_LONG = 1_000
"""Connections: more than a few commands make."""

Opens = Callable[..., AccessBackend]


class Way(ABC):
    """A program's way to a store."""

    database: CuttingProxy | None = None
    """What stands before the database, where there is one that can be out of reach."""
    backend: Backend
    """The store as the program has it open."""
    truth: AccessBackend
    """The store itself, opened with nothing in between, as a second program on its machine has it."""
    queue: ReturnQueue | None = None
    """Where returns wait, where the way has one."""

    @abstractmethod
    def restart(self, *, rehearsing: bool) -> None:
        """End, and begin again as the next run of ct does, by the real clock or in a rehearsal; the database is there
        then, for without it nothing begins."""

    def begin_anew(self) -> None:
        """Forget what an example before left lying about."""
        self.mend()
        self.restart(rehearsing=False)
        if self.queue is not None:
            self.queue.drop([it.id for it in self.queue.all()])

    @abstractmethod
    def lose(self, plan: Sequence[Mischief], *, away: bool) -> None:
        """Cut the line; so it goes for the next connections and then, `away`, there is none until it is mended."""

    def mend(self) -> None:
        """From now on everything passes."""
        if self.database is not None:
            self.database.mend()

    def send(self) -> Sequence[Sent]:
        """What the next command does first: send what waits; what was sent."""
        return ()

    def record(self, batch: Sequence[Submission]) -> Sequence[Outcome]:
        """Take returns in. May raise what is LOST."""
        return self.backend.record(batch)

    def close(self) -> None:
        """Let go of everything."""
        self.mend()
        self.backend.close()
        self.truth.close()
        if self.database is not None:
            self.database.close()


class ToAStore(Way):
    """A store that the program opens itself: a file, or a database behind a proxy that cuts."""

    def __init__(self, opens: Opens, truth: AccessBackend, database: CuttingProxy | None = None) -> None:
        self._opens, self.truth, self.database = opens, truth, database
        self._abandoned: list[Backend] = []
        self._rehearsing = False
        self.backend = opens()

    def restart(self, *, rehearsing: bool) -> None:
        self.mend()
        self.backend.close()
        self._rehearsing = rehearsing
        self.backend = self._opens(rehearsing=rehearsing)

    def lose(self, plan: Sequence[Mischief], *, away: bool) -> None:
        if self.database is not None:
            self.database.down = away
            self.database.hang_up()
        else:  # A file is lost only with the program, which then closes nothing.
            self._abandoned.append(self.backend)
            self.backend = self._opens(rehearsing=self._rehearsing)

    def close(self) -> None:
        super().close()
        for each in self._abandoned:
            each.close()


class ToAServer(Way):
    """A server before a store, behind a proxy that loses things; what cannot be sent waits here."""

    def __init__(self, opens: Opens, truth: AccessBackend, folder: Path, database: CuttingProxy | None = None) -> None:
        self._opens, self.truth, self.database = opens, truth, database
        self._queue_path = folder / "queue.sqlite3"
        add_key(opens)
        self._address = quay().moor(opens, HISTORY)
        self.proxy = LossyProxy(quay().port, late_seconds=0.01)
        self._begin()

    def restart(self, *, rehearsing: bool) -> None:
        """The server and the program both."""
        super().mend()
        quay().leave(self._address)
        quay().moor(lambda: self._opens(rehearsing=rehearsing), HISTORY, self._address)
        self._end()
        self._begin()

    def lose(self, plan: Sequence[Mischief], *, away: bool) -> None:
        self.proxy.plan = [*plan, *([Mischief.NO_CONNECTION] * _FOR_LONG if away else [])]
        self.proxy.hang_up()

    def mend(self) -> None:
        super().mend()
        self.proxy.plan = []
        self._end()  # Each run of ct asks anew whether the server is there.
        self._begin()

    def send(self) -> Sequence[Sent]:
        assert self.queue is not None
        return send_waiting(self.client, self.queue).sent

    def record(self, batch: Sequence[Submission]) -> Sequence[Outcome]:
        assert self.queue is not None
        return OfflineToo(self.client, self.queue).record(batch)

    def close(self) -> None:
        super().close()
        self._end()
        self.proxy.close()
        quay().leave(self._address)

    def _begin(self) -> None:
        address = ServerAddress.parse(self._address.replace(str(quay().port), str(self.proxy.port)))
        self.client = self.backend = HttpBackend(Connection(address, lambda: SECRET, sleep=lambda _: None))
        self.queue = ReturnQueue(self._queue_path)

    def _end(self) -> None:
        assert self.queue is not None
        self.client.close()
        self.queue.close()


def to_a_file(folder: Path) -> Way:
    """SQLite."""
    opens = _file(folder)
    return ToAStore(opens, opens())


def to_a_database(folder: Path) -> Way:
    """PostgreSQL."""
    opens, truth, database = _database()
    return ToAStore(opens, truth, database)


def to_a_server_on_a_file(folder: Path) -> Way:
    """The API before SQLite."""
    opens = _file(folder)
    return ToAServer(opens, opens(), folder)


def to_a_server_on_a_database(folder: Path) -> Way:
    """The API before PostgreSQL; either line can be lost."""
    opens, truth, database = _database()
    return ToAServer(opens, truth, folder, database)


WAYS = {
    "sqlite": to_a_file, "postgres": to_a_database, "http on sqlite": to_a_server_on_a_file,
    "http on postgres": to_a_server_on_a_database,
}  # fmt: skip
"""By the names that conftest.py gives the kinds of store."""


def _file(folder: Path) -> Opens:
    return lambda **given: SqliteBackend(folder / "ct.sqlite3", **given)


def _database() -> tuple[Opens, AccessBackend, CuttingProxy]:
    server = running()
    schema = server.new_schema()
    proxy = CuttingProxy(server.port)
    by_the_proxy = server.conninfo(schema).replace(f":{server.port}/", f":{proxy.port}/")

    def opens(**given: Any) -> PostgresBackend:
        return PostgresBackend(by_the_proxy, **given)

    return opens, PostgresBackend(server.conninfo(schema)), proxy
