"""One PostgreSQL database: its pool of connections, whether it answers, and transactions that are tried again.

The pool is psycopg's own. It never says why it has no connection to give, so when it has none for a moment one is
asked for by hand; and a database that did not answer is left alone for a second, so that while it is away each
request is refused at once and none waits its turn to find out.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from ct_cli.backends.postgres_copy import Many, copy_rows
from ct_cli.backends.postgres_errors import (
    NOT_WRITTEN,
    PERHAPS_WRITTEN,
    StoreUnreachable,
    check_conninfo,
    is_lost,
    outcome_unknown,
    refusal,
    text_in_words,
)
from ct_cli.backends.postgres_schema import ENCODINGS, NOTE_LOST, VERSION, has_tables, migrate, no_room, version_of
from ct_cli.backends.sql_rows import Row
from ct_cli.backends.sql_speaker import Overtaken
from ct_cli.errors import StoreUnusable
from ct_cli.stores.patience import READ_SECONDS, ROWS_SECONDS, SOON_SECONDS, STATEMENT_SECONDS

if TYPE_CHECKING:
    import psycopg
    from psycopg_pool import ConnectionPool

    from ct_cli.stores.postgres_connection import Connection, Watch

T = TypeVar("T")

CONNECTIONS = 10
"""Most connections of one process to one database. Two processors serve no more at once; the rest wait their turn."""
_SOON = 1.0
"""Seconds after which a pool that gives no connection is looked into."""
_WRITERS = CONNECTIONS // 2
"""Most transactions of one process that write to it at once. What is read meanwhile for one of them is read over
another connection: had they all of them, each would wait for the others."""
_BUSY_SECONDS = 30
_LEFT_ALONE = 1.0
"""Seconds for which a database that did not answer is not asked again."""
_TRIES = 60
_LONGEST_PAUSE = 0.25
_LONG = 1_000
"""Values of one parameter from which on a question takes a while to arrive."""


class Session:
    """A connection in a transaction that writes, with ? for the marks of parameters."""

    def __init__(self, raw: "Connection", *, again: bool) -> None:
        self._raw = raw
        self.again = again
        """Whether the transaction was tried before."""

    def execute(self, sql: str, given: Sequence[Any] = (), /) -> "psycopg.Cursor[Any]":
        return asked(self._raw, sql, given)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> "psycopg.Cursor[Any]":
        cursor = self._raw.cursor()
        with text_in_words(), self._raw.patiently(ROWS_SECONDS), self._raw.planned_once():
            cursor.executemany(marked(sql), rows)
        return cursor

    def changed(self, sql: str, rows: Sequence[Sequence[Any]]) -> list[int]:
        """Run a statement once for each row of parameters; how many rows each run changed, counted as they come back.

        Not by their row count, which on Citus is that of rows sent to its workers.
        """
        if not rows:
            return []
        cursor = self._raw.cursor()
        with text_in_words(), self._raw.patiently(ROWS_SECONDS), self._raw.planned_once():
            cursor.executemany(marked(f"{sql} RETURNING 1"), rows, returning=True)
        changed = [len(cursor.fetchall())]
        while cursor.nextset():
            changed.append(len(cursor.fetchall()))
        return changed

    def copy(self, table: str, columns: str, rows: Iterable[Row]) -> None:
        """Put many rows into a table at once."""
        with text_in_words(), self._raw.patiently(ROWS_SECONDS):
            self._raw.execute(f"SET LOCAL statement_timeout = '{ROWS_SECONDS}s'".encode())
            copy_rows(self._raw, table, columns, rows)


def asked(connection: "Connection", sql: str, given: Sequence[Any]) -> "psycopg.Cursor[Any]":
    """What a statement with ? for the marks of parameters gives. Raises what psycopg raises, and TextRefused."""
    with text_in_words():
        if not any(map(_many, given)):
            return connection.execute(marked(sql), given)
        with connection.patiently(max(connection.patience, ROWS_SECONDS)):
            return connection.execute(marked(sql), given)


@lru_cache(maxsize=256)
def marked(sql: str) -> bytes:
    """SQL with psycopg's marks for parameters."""
    return sql.replace("%", "%%").replace("?", "%s").encode()


def _many(value: object) -> bool:
    return value.commas >= _LONG if isinstance(value, Many) else isinstance(value, list) and len(value) > _LONG


class Database:
    """A database that connections are lent to. Thread-safe. Opened at its first use, and again after it was away."""

    def __init__(self, setting: str, conninfo: str, *, replica: bool = False) -> None:
        self.place = check_conninfo(setting, conninfo)
        self._conninfo = conninfo
        self._replica = replica
        self._pool: ConnectionPool[Connection] | None = None
        self._watch: Watch | None = None
        self._opening = threading.Lock()
        self._writing = threading.BoundedSemaphore(_WRITERS)
        self._away_until = 0.0
        self._away_because = ""

    def close(self) -> None:
        """Let go of every connection. May be called twice."""
        with self._opening:
            self._drop_pool()
            if self._watch is not None:
                self._watch.close()
                self._watch = None

    def read(self, work: "Callable[[Connection], T]") -> T:
        """What some reading answers. Where its connection turns out to be dead, it is done on another."""
        import psycopg

        for _ in range(CONNECTIONS + 1):
            with self._connection() as connection:
                try:
                    with text_in_words():
                        return work(connection)
                except psycopg.Error as error:
                    self._look_into(connection, error)
        raise StoreUnreachable(path=self.place, reason="its connections are cut again and again", remedy=NOT_WRITTEN)

    @contextmanager
    def reading(self, begin: bytes) -> "Iterator[Connection]":
        """A connection in a transaction that only reads, which `begin` has begun. What is done with it may be foreign,
        and is not put in words here."""
        import psycopg

        for _ in range(CONNECTIONS + 1):
            with self._connection() as connection:
                try:
                    connection.execute(begin)
                except psycopg.Error as error:
                    self._look_into(connection, error)
                    continue
                try:
                    yield connection
                finally:
                    self._end(connection)
                return
        raise StoreUnreachable(path=self.place, reason="its connections are cut again and again", remedy=NOT_WRITTEN)

    def write(self, work: Callable[[Session], T]) -> T:
        """Do some work in one transaction; again from its beginning, where another writer or a lost line prevented it.

        It is never tried again once COMMIT was sent: whether that took is then not known. Only what PostgreSQL refuses
        is put in words: the work may be foreign, and what else it raises passes as it is.
        """
        from psycopg.errors import DeadlockDetected, SerializationFailure

        for tried in range(_TRIES):
            try:
                return self._transaction(work, again=tried > 0)
            except (Overtaken, SerializationFailure, DeadlockDetected):
                time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.002 * 2**tried)))
            except _Lost:  # _look_into found the database answering
                if tried >= CONNECTIONS:
                    reason = "its connections are cut again and again"
                    raise StoreUnreachable(path=self.place, reason=reason, remedy=NOT_WRITTEN) from None
        remedy = "Run it again at a quieter moment: nothing was written."
        raise StoreUnusable(path=self.place, reason="others write to the same places all the time", remedy=remedy)

    def _transaction(self, work: Callable[[Session], T], *, again: bool) -> T:
        import psycopg
        from psycopg.errors import DeadlockDetected, SerializationFailure

        committing = False
        with self._turn_to_write(), self._connection(STATEMENT_SECONDS + 5) as connection:
            try:
                connection.execute(connection.begin)
                done = work(Session(connection, again=again))
                committing = True
                connection.execute(b"COMMIT")
            except (SerializationFailure, DeadlockDetected):
                raise
            except psycopg.Error as error:
                if committing and (is_lost(connection, error) or outcome_unknown(error)):
                    reason = "the connection was lost at the last moment"
                    raise StoreUnreachable(path=self.place, reason=reason, remedy=PERHAPS_WRITTEN) from error
                self._look_into(connection, error, writing=True)
                raise _Lost from error
            finally:
                self._end(connection)
            return done

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        until = time.monotonic() + _BUSY_SECONDS
        while not self._writing.acquire(timeout=_SOON):
            self._refuse_while_away()
            if time.monotonic() > until:
                reason = f"{_WRITERS} others have been writing to it from here for {_BUSY_SECONDS} seconds"
                raise StoreUnreachable(path=self.place, reason=reason, remedy=NOT_WRITTEN)
        try:
            yield
        finally:
            self._writing.release()

    def _end(self, connection: "Connection") -> None:
        """Take back what a transaction did; nothing after COMMIT."""
        import psycopg

        if not connection.closed:
            with suppress(
                psycopg.Error
            ):  # it was lost: the pool throws it away, and PostgreSQL takes it back by itself
                connection.rollback()

    def _look_into(self, connection: "Connection", error: Exception, *, writing: bool = False) -> None:
        """Raise an error in words, unless the connection was lost and the database answers on another."""
        if not is_lost(connection, error):
            raise refusal(self.place, error, writing=writing) from error
        connection.close()
        self._ask()
        # Those that lay idle were lost as well. Where this one had to be hung up on, they would have to be waited for.
        if connection.given_up:
            self._drop_pool()
        elif self._pool is not None:
            self._pool.check()

    def open(self) -> "ConnectionPool[Connection]":
        """Bring the tables up to date and open the pool, unless that was done. Raises StoreUnreachable,
        StoreUnusable."""
        import logging

        from psycopg_pool import ConnectionPool

        from ct_cli.stores.postgres_connection import Connection, Watch, options_of

        with self._opening:
            if self._pool is None:
                self._refuse_while_away()
                if self._watch is None:
                    self._watch = Watch(self._conninfo, self._is_away)
                watch = self._watch
                self._ask(self._prepare)
                # What it would warn of is raised here, in words; and its words name hosts and users.
                logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
                self._pool = ConnectionPool(
                    self._conninfo,
                    connection_class=Connection,
                    kwargs=options_of(self._conninfo),
                    configure=lambda connection: connection.make_ready(watch),
                    min_size=0,
                    max_size=CONNECTIONS,
                    num_workers=1,
                    reconnect_timeout=0,  # it is asked for again at the next need, not ever more seldom
                    open=True,
                )
            return self._pool

    @contextmanager
    def _connection(self, patience: float | None = None) -> "Iterator[Connection]":
        """A connection that commits each statement by itself, and waits no longer than so many seconds for each; as
        long as some reading may take, unless it is said. Raises StoreUnreachable, StoreUnusable."""
        pool, connection = self._lent()
        connection.patience = READ_SECONDS if patience is None else patience
        try:
            yield connection
        finally:
            connection.patience = SOON_SECONDS
            pool.putconn(connection)

    def _lent(self) -> "tuple[ConnectionPool[Connection], Connection]":
        from psycopg_pool import PoolClosed, PoolTimeout

        until = time.monotonic() + _BUSY_SECONDS
        while True:
            self._refuse_while_away()
            pool = self._pool or self.open()
            try:
                return pool, pool.getconn(timeout=_SOON)
            except PoolClosed:
                continue  # another has found the database away meanwhile
            except PoolTimeout:
                self._ask()
                if time.monotonic() > until:
                    reason = f"all {CONNECTIONS} connections to it have been in use for {_BUSY_SECONDS} seconds"
                    raise StoreUnreachable(path=self.place, reason=reason, remedy=NOT_WRITTEN) from None

    def _drop_pool(self) -> None:
        """Let go of the idle connections without a word to them; those that are lent go as they come back."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close(timeout=0)

    def _refuse_while_away(self) -> None:
        if time.monotonic() < self._away_until:
            raise StoreUnreachable(path=self.place, reason=self._away_because, remedy=NOT_WRITTEN)

    def _is_away(self, because: str) -> None:
        """Note that it did not answer: leave it alone for a while, and then begin with new connections."""
        self._away_because = because
        self._away_until = time.monotonic() + _LEFT_ALONE
        self._drop_pool()

    def _ask(self, what: "Callable[[Connection], None] | None" = None) -> None:
        """Whether it answers, on a connection of its own. Raises StoreUnreachable, StoreUnusable."""
        import psycopg

        from ct_cli.stores.postgres_connection import Connection, has_no_room, options_of

        self._refuse_while_away()
        try:
            with Connection.connect(self._conninfo, **options_of(self._conninfo)) as connection:
                connection.watch = self._watch
                if what is not None:
                    connection.patience = math.inf  # to make an index takes as long as it takes
                    what(connection)
        except psycopg.Error as error:
            found = refusal(self.place, error)
            if isinstance(found, StoreUnreachable) and not has_no_room(error):
                self._is_away(str(found.facts["reason"]))
            raise found from error

    def _prepare(self, connection: "Connection") -> None:
        [(encoding,)] = connection.execute("SHOW server_encoding").fetchall()
        if encoding not in ENCODINGS:
            reason, remedy = no_room(encoding)
            raise StoreUnusable(path=self.place, reason=reason, remedy=remedy)
        version = version_of(connection)
        if version == 0 and has_tables(connection):
            reason, remedy = NOTE_LOST
            raise StoreUnusable(path=self.place, reason=reason, remedy=remedy)
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
