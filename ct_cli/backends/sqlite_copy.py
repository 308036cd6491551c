"""Copies of an embedded store, made by SQLite's own backup API while others read and write it.

A copy is one file that needs nothing beside it: ct opens it as a store, as it was at one moment. The store itself is
read through SQLite's connections alone, for to close any other descriptor of it would let go of this process's locks
(https://www.sqlite.org/howtocorrupt.html, 2.2). What is opened by hand here is the copy, before or after SQLite has it.
"""

import contextlib
import errno
import glob
import json
import os
import platform
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ct_cli import __version__
from ct_cli.backends.sqlite_file import uri_of
from ct_cli.errors import UsageError

STEP = 250
"""Pages that are copied at a time, 1 MB: between two steps Ctrl-C is heard."""

_MARK = "CREATE TABLE ct_backup (name TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL)"
_ABOUT = "about"


class BackupNotMade(UsageError):
    """No backup was made at {path}: {reason}. {remedy}"""

    code = "backup-not-made"


@dataclass(frozen=True, slots=True)
class AboutBackup:
    """What a copy says of itself."""

    made_at: datetime
    ct: str
    """The version of the ct that made it."""
    store: str
    """The path of the store that it is a copy of."""


@contextlib.contextmanager
def copying(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Where to make what takes the target's place once `with` is left without an exception: whole, on the disk, and
    for its owner alone. Without `overwrite` a file that is there stays as it is.

    Raises BackupNotMade for whatever the disk or SQLite refuse meanwhile.
    """
    part = None
    try:
        if target.is_dir() or (not overwrite and target.exists()):
            raise _taken(target)
        part = new_part(target)
        yield part
        _flush(part)
        _put_in_place(part, target, overwrite=overwrite)
        flush_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupNotMade(path=target, **_why(error, target)) from error
    finally:
        if part is not None:
            remove_part(part)


def new_part(target: Path) -> Path:
    """An empty file beside the target, for its owner alone. Those that a program left there which was killed are
    removed: they may hold a whole store. Raises OSError."""
    begin = f".{target.name}.{sha256(platform.node().encode()).hexdigest()[:8]}-"
    for left in target.parent.glob(f"{glob.escape(begin)}*.part"):
        if not _running(left.name[len(begin) :].partition("-")[0]):
            remove_part(left)
    handle, name = tempfile.mkstemp(prefix=f"{begin}{os.getpid()}-", suffix=".part", dir=target.parent)
    os.close(handle)  # SQLite has not opened it yet.
    return Path(name)


def remove_part(part: Path) -> None:
    """Remove what was written in the making, with what SQLite left beside it."""
    for end in ("-journal", "-wal", "-shm", ""):
        with contextlib.suppress(OSError):  # Most were never there; one that is in use on Windows stays.
            part.with_name(part.name + end).unlink()


def _running(process: str) -> bool:
    """Whether a process of this computer runs; on Windows no, for there a file that is in use is not removed."""
    if os.name == "nt" or not process.isdigit():
        return not process.isdigit()
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's, or no number of a process
        return True
    return True


def copy_pages(source: sqlite3.Connection, part: Path) -> None:
    """Copy a store as it stands at this moment into an empty file. Writers go on meanwhile.

    Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(uri_of(part.absolute(), "mode=rw"), uri=True, isolation_level=None)) as target:
        # Within one reading the store stands still for us, and in WAL mode nobody has to wait for that. Without it,
        # each entry that another program records would make the copy begin from the start.
        moment = not source.in_transaction
        if moment:
            source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target, pages=STEP)
        finally:
            if moment and source.in_transaction:
                source.execute("ROLLBACK")
        target.execute("PRAGMA journal_mode = DELETE")  # one file, which needs no log beside it
        target.execute("PRAGMA secure_delete = ON")
        target.execute("DROP TABLE IF EXISTS ct_backup")


def mark_copy(part: Path, store: Path, now: datetime, extras: Mapping[str, bytes]) -> None:
    """Note in a copy what it is, and what else is kept in it by name. Raises sqlite3.Error."""
    about = {"made_at": now.isoformat(), "ct": __version__, "store": str(store.absolute())}
    rows = {_ABOUT: json.dumps(about).encode(), **extras}
    with closing(sqlite3.connect(uri_of(part.absolute(), "mode=rw"), uri=True, isolation_level=None)) as target:
        target.execute("BEGIN")
        target.execute(_MARK)
        target.executemany("INSERT INTO ct_backup (name, content) VALUES (?, ?)", rows.items())
        target.execute("COMMIT")


def about_copy(connection: sqlite3.Connection) -> AboutBackup | None:
    """What a copy says of itself; None for a store that is no copy of ct's making. Raises sqlite3.Error."""
    content = extras_of(connection).get(_ABOUT)
    if content is None:
        return None
    try:
        said = json.loads(content)
        return AboutBackup(datetime.fromisoformat(said["made_at"]), str(said["ct"]), str(said["store"]))
    except (ValueError, KeyError, TypeError):
        return None  # Then it is not by ct's word that anything is done with it.


def extras_of(connection: sqlite3.Connection) -> dict[str, bytes]:
    """What else a copy keeps, by name; nothing for a store that is no copy. Raises sqlite3.Error."""
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ct_backup'"
    if not connection.execute(there).fetchall():
        return {}
    rows = connection.execute("SELECT name, content FROM ct_backup")
    return {str(name): it if isinstance(it, bytes) else str(it).encode() for name, it in rows}


def back_up_before_upgrade(connection: sqlite3.Connection, path: Path, version: int, now: datetime) -> Path:
    """Copy a store beside itself before its tables are changed; where the copy is.

    `connection` is not the one that is about to change it. Raises BackupNotMade.
    """
    name = f"{path.name}.before-upgrade-{version}-{now:%Y-%m-%d}"
    target = path.with_name(name)
    for number in range(2, 1_000):
        if not target.exists():
            break
        target = path.with_name(f"{name}-{number}")
    with copying(target) as part:
        copy_pages(connection, part)
        mark_copy(part, path, now, {})
        check_pages(part)
    return target


def check_pages(part: Path) -> None:
    """Raise sqlite3.DatabaseError where SQLite's own check finds fault with a copy."""
    with closing(sqlite3.connect(uri_of(part.absolute(), "mode=ro"), uri=True)) as copy:
        said = [str(row[0]) for row in copy.execute("PRAGMA quick_check(1)")]
    if said != ["ok"]:
        raise sqlite3.DatabaseError(f"the copy is damaged ({said[0]})")


def _put_in_place(part: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        part.replace(target)
        return
    try:
        os.link(part, target)
    except FileExistsError:
        raise _taken(target) from None
    except OSError:  # a memory stick knows no second name for a file; Windows refuses to rename onto one that is there
        if target.exists():
            raise _taken(target) from None
        part.rename(target)


def _taken(target: Path) -> BackupNotMade:
    if target.is_dir():
        return BackupNotMade(path=target, reason="it is a folder", remedy="Name a file in it.")
    remedy = "Name another file, or type --overwrite as well."
    return BackupNotMade(path=target, reason="there is a file of that name", remedy=remedy)


def _flush(path: Path) -> None:
    with path.open("rb+") as written:
        os.fsync(written.fileno())


def flush_folder(folder: Path) -> None:
    """See a new name onto the disk, where the system lets a folder be opened for that: Windows does not."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _why(error: OSError | sqlite3.Error, target: Path) -> dict[str, str]:
    named = getattr(error, "sqlite_errorname", "")
    full = named == "SQLITE_FULL" or (isinstance(error, OSError) and error.errno in _FULL)
    if full:
        return {"reason": "the disk is full", "remedy": "Make room there, or name a file on another disk."}
    if isinstance(error, OSError):
        if not target.parent.is_dir():
            return {"reason": "there is no such folder", "remedy": "Make the folder, or name a file in another one."}
        reason = (error.strerror or str(error)).lower()
        return {"reason": reason, "remedy": "Name a file in a folder that you can write to."}
    if named.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return {"reason": "the store is damaged", "remedy": "`ct verify` tells what is wrong with it."}
    if named.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return {"reason": "another program holds the store", "remedy": "Wait for it to end, then run the same again."}
    return {"reason": f"SQLite says: {error}", "remedy": "Run `ct doctor` to see what is wrong."}


_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""No room on the disk, or none for this user."""
