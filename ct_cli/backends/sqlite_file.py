"""The embedded store's file: made for its owner alone, opened safely, and refused in words where it cannot be used.

No descriptor of a store, its -wal or its -shm is opened here, or anywhere in ct, but by SQLite itself. On POSIX,
closing any descriptor of a file drops all locks that the process has on it: the next program to close the store would
take itself for the last one and delete the -wal under us, with what was committed to it. Names may be looked at (stat),
and a file may be made that was not there. Source: https://www.sqlite.org/howtocorrupt.html, section 2.2.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePath
from typing import Any, TypeVar
from urllib.parse import quote_from_bytes

from ct_cli.backends.contract import TextRefused
from ct_cli.backends.sqlite_schema import APPLICATION_ID, VERSION, migrate, version_of
from ct_cli.clock import now
from ct_cli.errors import StoreDamaged, StoreFull, StoreUnusable
from ct_cli.files import let_go_of_database, note_database
from ct_cli.stores.damaged_rows import REMEDY

T = TypeVar("T")

BUSY_SECONDS = 30
"""How long one program waits for another's transaction. Ours are short: a batch of thousands takes under a second."""

_making = threading.Lock()

_ELSEWHERE = "Name another file with `ct config set store FILE`, or move this one away."


def open_store(path: Path, upgraded: Callable[[Path], None] = lambda _: None) -> sqlite3.Connection:
    """A connection to the store, made if there is none and brought up to date. Raises StoreUnusable.

    A store that may not be written can still be read; a return is then refused when it comes to be recorded.
    `upgraded` is told where the backup is, if the store was of an earlier ct and had anything in it.
    """
    with in_words(path):
        refuse_half_restored(path)
        make_folder_and_file(path)
        _look_at_size(path)
        # Where nobody has it open there is no log, and the file is all there is of it.
        alone = not _log(path).exists()
        connection = connect(path)
        try:
            if alone:
                _look_whether_whole(connection, path)
            _prepare(connection, path, upgraded)
            _refuse_replaced(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def uri_of(path: PurePath, how: str) -> str:
    """The URI by which SQLite is told of an absolute path, with its parameters `how` ("mode=ro").

    Every byte that could be read otherwise is escaped, slashes too: `Path.as_uri` makes of a share's name the host of
    the URI, which SQLite refuses, and of Windows' prefix for long names a question mark.
    """
    return f"file:{quote_from_bytes(os.fsencode(path), safe='')}?{how}"


def open_copy(path: Path) -> sqlite3.Connection:
    """A connection for reading a store that nobody writes to, such as a backup; neither it nor its folder is changed.

    Raises StoreUnusable, also where the tables are not those of this ct.
    """
    with in_words(path):
        connection = connect_copy(path)
        try:
            if refuse_others(connection, path) < VERSION:
                raise StoreUnusable(path=path, reason="it is of an earlier ct", remedy="`ct restore` takes it in.")
        except BaseException:
            connection.close()
            raise
        return connection


def connect_copy(path: Path) -> sqlite3.Connection:
    """A connection for reading a file that nobody writes to, as it is. Raises sqlite3.Error."""
    # A copy that was made by hand while ct ran has its log beside it, without which the end of it is missing.
    how = "mode=ro" if _log(path).exists() else "mode=ro&immutable=1"
    connection = sqlite3.connect(uri_of(path.absolute(), how), uri=True, isolation_level=None)
    add_functions(connection)
    return connection


def connect(path: Path, *, one_thread: bool = False) -> "_Noted":
    """A connection to a file that is there, as it is; SQLite itself reads it once it is used.

    A server lends one from thread to thread, never to two at once; with `one_thread` only this one may use it.
    """
    connection = sqlite3.connect(
        uri_of(path.absolute(), _how(path)),
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=one_thread,
        factory=_Noted,
    )
    connection.noted = note_database(path)
    return connection


class _Noted(sqlite3.Connection):
    """A connection while which lasts nothing else in this process opens its file."""

    noted: tuple[int, int] | None = None

    def close(self) -> None:
        super().close()
        if self.noted is not None:
            let_go_of_database(self.noted)
            self.noted = None


def half_restored(path: Path) -> Path:
    """The note that lies beside a store while `ct restore` puts another file in the place of one that is damaged."""
    return _beside(path, ".restoring")


def refuse_half_restored(path: Path) -> None:
    """Raise StoreUnusable where a restore of this store was cut off: what is there is not yet what it is to be."""
    if half_restored(path).exists():
        reason = "`ct restore` was cut off while it put this store in place, or is still at it"
        raise StoreUnusable(path=path, reason=reason, remedy="Let it end, or type `ct restore FILE` again.")


def _refuse_replaced(connection: "_Noted", path: Path) -> None:
    """Raise StoreUnusable where a restore put this file away while we waited for it: nobody looks into it again."""
    refuse_half_restored(path)
    found = path.stat()
    if connection.noted != (found.st_dev, found.st_ino):
        reason = "another file was put in its place just now"
        raise StoreUnusable(path=path, reason=reason, remedy="Run the same again.")


def _how(path: Path) -> str:
    if os.access(path, os.W_OK) and os.access(_log(path).parent, os.W_OK):
        return "mode=rw"
    # Without a log to follow nobody writes to it either, and SQLite need not make files beside it in order to read.
    return "mode=ro" if _log(path).exists() else "mode=ro&immutable=1"


def _log(path: Path) -> Path:
    return _beside(path, "-wal")


def _beside(path: Path, end: str) -> Path:
    """What lies beside a store: as SQLite has it, beside the file itself, where the path is a link to that."""
    real = Path(os.path.realpath(path))
    return real.with_name(real.name + end)


_SMALLEST_PAGE = 512
"""Bytes. No SQLite file with anything in it is smaller. https://www.sqlite.org/fileformat.html#the_database_header"""


def _look_at_size(path: Path) -> None:
    """Refuse what SQLite itself would take for an empty store, and then write to."""
    logged = _has_log(path)  # First: another program may be making both, and makes the file before its log.
    size = path.stat().st_size
    if 0 < size < _SMALLEST_PAGE:
        raise _not_sqlite(path)
    if not size and logged:
        raise _damaged(path)  # SQLite would delete its log, with all that was committed to it


def _look_whether_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file of which the end is gone, which SQLite may notice only once it comes to that part.

    Only where the file had no log: with one, its newest pages are there.
    """
    connection.execute("BEGIN")
    try:
        pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
        page_size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    finally:
        connection.execute("ROLLBACK")
    # Another program may have begun to write since: then what is not in the file is in its log. Looked at first, for
    # that program may bring it into the file and empty it meanwhile.
    logged = _has_log(path)
    if path.stat().st_size < pages * page_size and not logged:
        raise _damaged(path)


def _has_log(path: Path) -> bool:
    """Whether there is a log with anything in it."""
    try:
        return _log(path).stat().st_size > 0
    except FileNotFoundError:
        return False


def _not_sqlite(path: Path) -> StoreUnusable:
    reason, remedy = _WHY["SQLITE_NOTADB"]
    return StoreUnusable(path=path, reason=reason, remedy=remedy)


def _damaged(path: Path) -> StoreDamaged:
    return StoreDamaged(path=path, reason=_CUT, remedy=REMEDY)


def _prepare(connection: sqlite3.Connection, path: Path, upgraded: Callable[[Path], None]) -> None:
    version = refuse_others(connection, path)
    # WAL: readers and a writer do not wait for each other. FULL: a commit is on the disk before it is acknowledged.
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")
    add_functions(connection)
    if version < VERSION:
        backups: list[Path] = []
        migrate(connection, lambda before: backups.append(backed_up(path, before)))
        for backup in backups:
            upgraded(backup)


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that ct's SQL uses."""
    # SQLite's own lower() leaves É as it is, and so would not find Éire Gofal by éire gofal.
    connection.create_function("lower", 1, _lower, deterministic=True)


def refuse_others(connection: sqlite3.Connection, path: Path) -> int:
    """The steps that a store has taken. Raises StoreUnusable where it is a newer ct's or no store of ct's."""
    version = version_of(connection)
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        reason = "it is a SQLite file of another program"
        raise StoreUnusable(path=path, reason=reason, remedy=_ELSEWHERE)
    if version > VERSION:
        reason = f"a newer ct made it (its tables are version {version}, and this ct knows {VERSION})"
        remedy = "Upgrade ct on this computer, then run the same again. Nothing was changed."
        raise StoreUnusable(path=path, reason=reason, remedy=remedy)
    return version


def backed_up(path: Path, version: int) -> Path:
    """Back a file of ct's up before it is upgraded; where to. Raises StoreUnusable where that cannot be done."""
    from ct_cli.backends.sqlite_copy import BackupNotMade, back_up_before_upgrade

    # Another connection: SQLite copies nothing over one that is in a transaction of its own.
    try:
        with closing(connect(path)) as reading:
            return back_up_before_upgrade(reading, path, version, now())
    except BackupNotMade as error:
        reason = "an earlier ct made it, so that it has to be upgraded, and no backup could be made first"
        remedy = "Nothing was changed. Fix that, then run the same again."
        raise StoreUnusable(path=path, reason=f"{reason} ({error.facts['reason']})", remedy=remedy) from error


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def make_folder_and_file(path: Path) -> None:
    """Make a file, and the folder that it is in, for their owner alone. Raises StoreUnusable where it is a folder."""
    if path.is_dir():
        raise StoreUnusable(path=path, reason="it is a folder", remedy=_ELSEWHERE)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made before SQLite opens it, so that it is never readable by others; SQLite gives -wal and -shm the same mode.
    # Only ever made, never opened: a connection of this process may hold locks on one that is there. One thread at a
    # time, so that none connects to it before it is closed here.
    with _making:
        if not path.exists():
            with suppress(FileExistsError):  # another program was faster
                os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


class Statements:
    """A connection as the work of a transaction has it. Its statements refuse text that no store can keep, in words.

    The rest of the work may be anybody's, whose own errors are not the store's.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, given: Sequence[Any] = ()) -> sqlite3.Cursor:
        """One statement. Raises TextRefused."""
        try:
            return self._connection.execute(sql, given)
        except UnicodeEncodeError as error:
            raise _refused(error) from None

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        """One statement for each row of parameters. Raises TextRefused."""
        try:
            return self._connection.executemany(sql, rows)
        except UnicodeEncodeError as error:
            raise _refused(error) from None


def transact(connection: sqlite3.Connection, path: Path, work: Callable[[Statements], T]) -> T:
    """Do some work in one transaction: all of it, or none. What the work raises comes out as it is."""
    with sqlite_in_words(path), or_rolled_back(connection):
        # It takes the writer's place at once, so that it never has to give way.
        connection.execute("BEGIN IMMEDIATE")
        done = work(Statements(connection))
        connection.execute("COMMIT")
    return done


@contextmanager
def or_rolled_back(connection: sqlite3.Connection) -> Iterator[None]:
    """Take the transaction back where anything is raised."""
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # of some errors, such as a full disk, SQLite may have done so itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def sqlite_in_words(path: Path) -> Iterator[None]:
    """Say what SQLite cannot do as StoreUnusable, with a remedy. Code that is not the store's may run within it."""
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(path, error) from None  # its own words may quote what stands in a row


def _refused(error: UnicodeEncodeError) -> TextRefused:
    """Half a character, as a byte that is not UTF-8 becomes on the way in: its place, never its words."""
    return TextRefused(position=error.start + 1)


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Say what the file system or SQLite cannot do as StoreUnusable, with a remedy.

    Only for the store's own steps: of an OSError that somebody else's code raised it would say that of the store.
    """
    try:
        with sqlite_in_words(path):
            yield
    except UnicodeEncodeError as error:
        raise _refused(error) from None
    except UnicodeDecodeError:  # what SQLite said quotes the file, and that is no text
        raise _damaged(path) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreUnusable(path=path, reason=reason, remedy=_ELSEWHERE) from error


_WHY = {
    "SQLITE_NOTADB": (
        "it is not a SQLite file",
        "If it was your store, put a backup back with `ct restore FILE`. If not, name your store with"
        " `ct config set store FILE`.",
    ),
    "SQLITE_FULL": ("the disk is full", "Make room, then run the same again: what was not acknowledged was not kept."),
    "SQLITE_READONLY": ("it is read-only", "Give yourself write permission for it and its folder, then run it again."),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Check that its folder exists and is yours to write in."),
    "SQLITE_BUSY": ("another program has held it for too long", "Wait for that program to end, then run it again."),
    "SQLITE_IOERR": ("the disk does not answer as it should", "Check the disk and its free space, then run it again."),
    "SQLITE_PERM": ("you have no permission", "Give yourself permission for it, then run it again."),
    "SQLITE_CONSTRAINT_TRIGGER": (
        "a trigger that something other than ct put into it refuses this",
        "Take the trigger away, then run the same again: what was not acknowledged was not kept.",
    ),
    "SQLITE_CONSTRAINT": (
        "a rule of its tables refuses this",
        "What was not acknowledged was not kept. `ct verify` tells whether the store is damaged; where it is not, this"
        " is a fault in ct.",
    ),
}


class TextDamaged(StoreDamaged):
    """The store {path} is damaged: {reason}. {remedy}"""


_CUT = "a part of it cannot be read, or its end is gone"
_CONTRADICTS = {
    "SQLITE_CORRUPT": _CUT,
    "SQLITE_TOOBIG": "something in it is too long",
    "SQLITE_MISMATCH": "something in it is of another kind than ct writes",
    "SQLITE_CONSTRAINT_UNIQUE": "what it holds contradicts itself",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "what it holds contradicts itself",
}
"""What SQLite says of a store only where it is damaged, by the beginning of the error's name."""
_OF_A_VALUE = ("malformed JSON", "user-defined function raised", "integer overflow", "no such table", "no such column")
"""Beginnings of what SQLite says of ct's statements only where what they meet is not as ct writes it."""


def refusal(path: Path, error: sqlite3.Error) -> StoreUnusable:
    """What SQLite says, in ct's words: never in its own where those may quote a row."""
    name, said = getattr(error, "sqlite_errorname", ""), str(error)
    if said.startswith("Could not decode"):
        return TextDamaged(path=path, reason="there is text in it that cannot be read", remedy=REMEDY)
    for beginning, reason in _CONTRADICTS.items():
        if name.startswith(beginning):
            return StoreDamaged(path=path, reason=reason, remedy=REMEDY)
    if said.startswith(_OF_A_VALUE):
        return StoreDamaged(path=path, reason="something in it is not as ct writes it", remedy=REMEDY)
    for known, (reason, remedy) in _WHY.items():
        if name.startswith(known):
            kind = StoreFull if known == "SQLITE_FULL" else StoreUnusable
            return kind(path=path, reason=reason, remedy=remedy)
    return StoreUnusable(path=path, reason=f"SQLite says: {said}", remedy="Run `ct doctor` to see what is wrong.")
