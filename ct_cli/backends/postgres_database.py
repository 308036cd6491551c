"""One PostgreSQL database: its pool of connections, whether it answers, and transactions that are tried again.

The pool is psycopg's own. It never says why it has no connection to give, so when it has none for a moment one is
asked for by hand; and a database that did not answer is left alone for a second, so that while it is away each
request is refused at once and none waits its turn to find out.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from ct_cli.backends.postgres_copy import Many
from ct_cli.backends.postgres_errors import NOT_WRITTEN, PERHAPS_WRITTEN, StoreUnreachable, check_conninfo, refusal
from ct_cli.backends.postgres_schema import VERSION, migrate, version_of
from ct_cli.backends.sql_speaker import Overtaken
from ct_cli.errors import StoreUnusable

if TYPE_CHECKING:
    import psycopg
    from psycopg_pool import ConnectionPool

T = TypeVar("T")

CONNECTIONS = 10
"""Most connections of one process to one database. Two processors serve no more at once; the rest wait their turn."""
_CONNECT_SECONDS = 5
_SOON = 1.0
"""Seconds after which a pool that gives no connection is looked into."""
_BUSY_SECONDS = 30
_LEFT_ALONE = 1.0
"""Seconds for which a database that did not answer is not asked again."""
_TRIES = 60
_LONGEST_PAUSE = 0.25
_MANY = 20
"""Values of one parameter from which on a statement is planned anew each time."""


class Session:
    """A connection in a transaction, with ? for the marks of parameters."""

    def __init__(self, raw: "psycopg.Connection[Any]", *, again: bool) -> None:
        self.raw = raw
        self.again = again
        """Whether the transaction was tried before."""

    def execute(self, sql: str, given: Sequence[Any] = (), /) -> "psycopg.Cursor[Any]":
        return self.raw.execute(marked(sql), given, prepare=prepared(given))

    def changed(self, sql: str, rows: Sequence[Sequence[Any]]) -> list[int]:
        """Run a statement once for each row of parameters; how many rows each run changed, counted as they come back.

        Not by their row count, which on Citus is that of rows sent to its workers.
        """
        if not rows:
            return []
        cursor = self.raw.cursor()
        cursor.executemany(marked(f"{sql} RETURNING 1"), rows, returning=True)
        changed = [len(cursor.fetchall())]
        while cursor.nextset():
            changed.append(len(cursor.fetchall()))
        return changed

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> "psycopg.Cursor[Any]":
        cursor = self.raw.cursor()
        cursor.executemany(marked(sql), rows)
        return cursor


@lru_cache(maxsize=256)
def marked(sql: str) -> bytes:
    """SQL with psycopg's marks for parameters."""
    return sql.replace("%", "%%").replace("?", "%s").encode()


def prepared(given: Sequence[Any]) -> bool | None:
    """Whether a statement with these parameters may be kept prepared; None for psycopg's own rule.

    Not where it names many: its plan would be kept too, from a time when the table may have been small, and a plan
    that goes through the whole table for each of a thousand ids took 40 s where 1 s was enough (measured).
    """
    return False if any(_many(it) for it in given) else None


def _many(value: object) -> bool:
    return value.commas >= _MANY if isinstance(value, Many) else isinstance(value, list) and len(value) > _MANY


class Database:
    """A database that connections are lent to. Thread-safe. Opened at its first use, and again after it was away."""

    def __init__(self, setting: str, conninfo: str, *, replica: bool = False) -> None:
        self.place = check_conninfo(setting, conninfo)
        self._conninfo = conninfo
        self._replica = replica
        self._pool: ConnectionPool[psycopg.Connection[Any]] | None = None
        self._opening = threading.Lock()
        self._away_until = 0.0
        self._away_because = ""

    def close(self) -> None:
        """Let go of every connection. May be called twice."""
        with self._opening:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    @contextmanager
    def connection(self) -> "Iterator[psycopg.Connection[Any]]":
        """A connection that commits each statement by itself. Raises StoreUnreachable, StoreUnusable."""
        pool = self._pool or self.open()
        connection = self._lent(pool)
        try:
            yield connection
        finally:
            pool.putconn(connection)

    def read(self, work: "Callable[[psycopg.Connection[Any]], T]") -> T:
        """What some reading answers. Where an idle connection turns out to be dead, it is done on another."""
        import psycopg

        for _ in range(CONNECTIONS + 1):
            with self.connection() as connection:
                try:
                    return work(connection)
                except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                    self._look_into(connection, error)
        raise StoreUnreachable(path=self.place, reason="its connections are cut again and again", remedy=NOT_WRITTEN)

    def write(self, work: Callable[[Session], T]) -> T:
        """Do some work in one transaction; again from its beginning, where another writer or a lost line prevented it.

        It is never tried again once COMMIT was sent: whether that took is then not known.
        """
        from psycopg.errors import DeadlockDetected, SerializationFailure

        for tried in range(_TRIES):
            try:
                return self._transaction(work, again=tried > 0)
            except (Overtaken, SerializationFailure, DeadlockDetected):
                time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.002 * 2**tried)))
            except _Lost:
                continue  # _look_into found the database answering
        remedy = "Run it again at a quieter moment: nothing was written."
        raise StoreUnusable(path=self.place, reason="others write to the same places all the time", remedy=remedy)

    def _transaction(self, work: Callable[[Session], T], *, again: bool) -> T:
        import psycopg

        committing = False
        with self.connection() as connection:
            try:
                connection.execute(b"BEGIN")
                done = work(Session(connection, again=again))
                committing = True
                connection.execute(b"COMMIT")
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if connection.closed and committing:
                    reason = "the connection was lost at the last moment"
                    raise StoreUnreachable(path=self.place, reason=reason, remedy=PERHAPS_WRITTEN) from error
                self._look_into(connection, error)
                raise _Lost from error
            finally:
                if not connection.closed:
                    connection.rollback()  # does nothing after COMMIT
            return done

    def _look_into(self, connection: "psycopg.Connection[Any]", error: Exception) -> None:
        """Let an error pass on, unless the connection was lost and the database answers on another."""
        if not connection.closed:
            raise error
        self._ask()
        if self._pool is not None:
            self._pool.check()  # those that lay idle were lost as well

    def open(self) -> "ConnectionPool[psycopg.Connection[Any]]":
        """Bring the tables up to date and open the pool, unless that was done. Raises as `connection` does."""
        import logging

        from psycopg_pool import ConnectionPool

        with self._opening:
            if self._pool is None:
                self._refuse_while_away()
                self._ask(self._prepare)
                # What it would warn of is raised here, in words; and its words name hosts and users.
                logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
                self._pool = ConnectionPool(
                    self._conninfo,
                    kwargs={"autocommit": True, "connect_timeout": _CONNECT_SECONDS, "application_name": "ct"},
                    configure=_durable,
                    min_size=0,
                    max_size=CONNECTIONS,
                    num_workers=1,
                    reconnect_timeout=0,  # it is asked for again at the next need, not ever more seldom
                    open=True,
                )
            return self._pool

    def _lent(self, pool: "ConnectionPool[psycopg.Connection[Any]]") -> "psycopg.Connection[Any]":
        from psycopg_pool import PoolTimeout

        until = time.monotonic() + _BUSY_SECONDS
        while True:
            self._refuse_while_away()
            try:
                return pool.getconn(timeout=_SOON)
            except PoolTimeout:
                self._ask()
                if time.monotonic() > until:
                    reason = f"all {CONNECTIONS} connections to it have been in use for {_BUSY_SECONDS} seconds"
                    raise StoreUnreachable(path=self.place, reason=reason, remedy=NOT_WRITTEN) from None

    def _refuse_while_away(self) -> None:
        if time.monotonic() < self._away_until:
            raise StoreUnreachable(path=self.place, reason=self._away_because, remedy=NOT_WRITTEN)

    def _ask(self, what: "Callable[[psycopg.Connection[Any]], None] | None" = None) -> None:
        """Whether it answers, on a connection of its own. Raises StoreUnreachable, StoreUnusable."""
        import psycopg

        self._refuse_while_away()
        try:
            with psycopg.connect(
                self._conninfo, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name="ct"
            ) as connection:
                if what is not None:
                    what(connection)
        except psycopg.Error as error:
            found = refusal(self.place, error)
            if isinstance(found, StoreUnreachable):
                self._away_because = str(found.facts["reason"])
                self._away_until = time.monotonic() + _LEFT_ALONE
            raise found from error

    def _prepare(self, connection: "psycopg.Connection[Any]") -> None:
        version = version_of(connection)
        if version < VERSION and not self._replica:
            migrate(connection, self.place)
            version = version_of(connection)
        if version < VERSION:
            raise StoreUnusable(
                path=self.place, reason="it is not yet a copy of a store of this ct", remedy="Start the primary first."
            )
        if version > VERSION:
            raise StoreUnusable(
                path=self.place,
                reason=f"a newer ct made it (its tables are version {version}, and this ct knows {VERSION})",
                remedy="Upgrade ct on this computer, then run the same again. Nothing was changed.",
            )


class _Lost(Exception):
    """The connection was lost before COMMIT was sent, and the database answers on another."""


def _durable(connection: "psycopg.Connection[Any]") -> None:
    """A commit is on the disk before it is acknowledged, whatever this database does by default."""
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
