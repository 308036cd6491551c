"""What is asked of every store in SQL, so that the parts of it that are alike need be written once."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Protocol, TypeVar

from ct_cli.backends.contract import Backend
from ct_cli.backends.sql_rows import UNREADABLE, Dialect, Row
from ct_cli.errors import StoreDamaged
from ct_cli.stores.damaged_rows import REMEDY, row_in_words
from ct_cli.stores.owner import Owner

T = TypeVar("T")
R = TypeVar("R", bound=Row)


class Overtaken(Exception):
    """Another writer was faster, so that this transaction has to begin anew. Never leaves this room."""


class Cursor(Protocol):
    """What a statement gave. Not how many rows it changed: of that `_changed` tells."""

    def fetchall(self) -> list[Any]:
        """The rows that it found."""


class Connection(Protocol):
    """A connection in a transaction. Parameters are marked by ? in the SQL."""

    def execute(self, sql: str, given: Sequence[Any] = ..., /) -> Cursor:
        """One statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """One statement for each row of parameters."""


class SqlSpeaker(Backend):
    """A store that can be asked in SQL."""

    dialect: ClassVar[Dialect]
    _owner: Owner

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, as people may be told: a file, or a database without its password."""

    @abstractmethod
    def _read(self, sql: str, given: Sequence[Any]) -> list[Any]:
        """The rows of a question."""

    @abstractmethod
    def _stream(self, sql: str, given: Sequence[Any]) -> Iterator[Row]:
        """The rows of a question that may have more of them than memory should hold."""

    @abstractmethod
    def _changed(self, connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> list[int]:
        """Run an INSERT, UPDATE or DELETE once for each row of parameters; return how many rows each run changed.

        Guards rest on it, so a store counts what it has seen to be changed, never what it was sent.
        """

    _joined: Connection | None = None
    """The connection of the transaction that `in_one` is in."""

    def _made(self, make: Callable[[R], T], rows: Iterable[R], columns: str = "") -> list[T]:
        """The value of each row. Raises StoreDamaged; `columns` are then what a row that cannot be read is named by."""
        rows = rows if isinstance(rows, list) else list(rows)
        with suppress(*UNREADABLE):  # which row it is, is found below
            return list(map(make, rows))
        made = []
        for row in rows:
            try:
                made.append(make(row))
            except UNREADABLE:  # whose words may quote what is in the row
                raise StoreDamaged(
                    path=self.place, reason=f"{row_in_words(columns.split(', '), row)} cannot be read", remedy=REMEDY
                ) from None
        return made

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Do some work in one transaction: all or none. It may be tried again, where another writer was in the way."""
        self._owner.check()
        return self._transact(work) if self._joined is None else work(self._joined)

    @abstractmethod
    def _transact(self, work: Callable[[Connection], T]) -> T:
        """`_write`, in a transaction of its own."""
