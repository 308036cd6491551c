"""Files that are there whole or as they were, and locks between programs.

A file is written beside its place, brought to the disk and only then put there, so that neither a crash nor a power cut
leaves half of one. A lock is let go of by the system when its holder dies. The only file that meets `filelock`.
"""

import contextlib
import errno
import os
import stat
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ct_cli.errors import UsageError

_PATIENCE = 1.0
"""Seconds to go on trying to replace a file on Windows, where whoever just reads it is in the way."""
_SHARING_VIOLATION, _LOCK_VIOLATION = 32, 33
_NO_SUCH_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM, errno.ENOSYS}
"""How systems say that a folder cannot be brought to the disk by itself, or not by who may not list it."""


class FileNotWritten(UsageError):
    """{path} cannot be written: {reason}. {remedy}"""

    code = "file-not-written"

    def __init__(self, path: Path, reason: str, remedy: str = "Name a file in a folder that you can write to.") -> None:
        super().__init__(path=path, reason=reason, remedy=remedy)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole. Raises FileNotWritten."""
    with new_file(path) as part:
        part.write_bytes(content)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Where to write what then takes the path's place, once `with` is left without an exception.

    Raises FileNotWritten for every OSError within, also those of the caller's own writing.
    """
    with _in_words(path), replacing(_place_of(path)) as part:
        yield part


def check_place(path: Path) -> None:
    """See that a file can be put in the path's place later, and leave what is there as it is. Raises FileNotWritten.

    On Windows a file that another program has open, as Excel has, cannot be replaced.
    """
    with _in_words(path):
        target = _place_of(path)
        _new_part(target).unlink()
        if target.exists():
            target.replace(target)  # Asks for what replacing it will ask for, and changes nothing.


def another_name(path: Path) -> Path:
    """A name in the same folder that no file has yet: "back (2).xlsx" for "back.xlsx"."""
    number = 2
    while os.path.lexists(found := path.with_name(f"{path.stem} ({number}){path.suffix}")):
        number += 1
    return found


@contextlib.contextmanager
def replacing(target: Path, *, private: bool = False) -> Iterator[Path]:
    """A file beside the target, which takes its place once both it and its name are on the disk.

    A new file is its owner's alone; one that was there keeps its mode, unless it is `private`. Whatever goes wrong,
    nothing is left behind. Raises OSError.
    """
    mode = None if private else _mode_of(target)
    part = _new_part(target)
    try:
        yield part
        if mode is not None:
            part.chmod(mode)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        _put_in_place(part, target)
        _sync_folder(target.parent)
    except BaseException:
        with contextlib.suppress(OSError):  # What is told of is why the file could not be written.
            part.unlink()
        raise


def replace_file(target: Path, content: bytes, *, private: bool = False) -> None:
    """Put a content in the target's place, as `replacing` does. Raises OSError."""
    with replacing(target, private=private) as part:
        part.write_bytes(content)


@contextlib.contextmanager
def locked(lock: Path, seconds: float = 0) -> Iterator[bool]:
    """Whether the lock is had within so many seconds; if so, it is held until `with` is left. Raises OSError.

    The lock is a file of that name, which stays. Its folder is made where there is none.
    """
    from filelock import FileLock, Timeout

    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = FileLock(lock, timeout=seconds, mode=0o600)
    try:
        held.acquire()
    except Timeout:
        yield False
        return
    except NotImplementedError as error:  # a file system that has no locks
        raise OSError(errno.ENOTSUP, str(error)) from error
    try:
        yield True
    finally:
        held.release()


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not path.absolute().parent.is_dir():
            raise FileNotWritten(path, "there is no such folder") from None
        if _open_elsewhere(error):
            remedy = "Close it there, or name another file."
            raise FileNotWritten(path, "another program has it open", remedy) from None
        raise FileNotWritten(path, (error.strerror or str(error)).lower()) from None


def _open_elsewhere(error: OSError) -> bool:
    return getattr(error, "winerror", None) in {_SHARING_VIOLATION, _LOCK_VIOLATION}


def _place_of(path: Path) -> Path:
    """The file that is replaced: a link stays a link. Raises FileNotWritten, OSError."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise FileNotWritten(path, "it is a folder" if target.is_dir() else "it is not a file")
    if _is_database(target):
        raise FileNotWritten(path, "it is a database, perhaps your register", "Name another file.")
    return target


def _is_database(target: Path) -> bool:
    if database_is_open(target):
        return True
    for file in _with_what_it_lies_beside(target):
        try:
            with file.open("rb") as opened:  # SQLite has it not open here, so that no lock of its is lost by this
                if opened.read(len(_SQLITE)) == _SQLITE:
                    return True
        except OSError:  # not there, or not to be read: then it is no register of this user's
            continue
    return False


def _with_what_it_lies_beside(path: Path) -> Iterator[Path]:
    """A file and, before it, the database whose log its name makes it, or the log's index."""
    for end in ("-wal", "-shm", "-journal"):
        if path.name.endswith(end) and path.name != end:
            yield path.with_name(path.name.removesuffix(end))
    yield path


_SQLITE = b"SQLite format 3\0"
_databases: Counter[tuple[int, int]] = Counter()
_counting = threading.Lock()


def note_database(path: Path) -> tuple[int, int]:
    """Note that SQLite has a file open in this process, so that nothing else opens it; what to let go of it by.

    On POSIX, closing any other descriptor of it would drop SQLite's locks. Raises OSError.
    """
    found = path.stat()
    with _counting:
        _databases[found.st_dev, found.st_ino] += 1
    return (found.st_dev, found.st_ino)


def let_go_of_database(noted: tuple[int, int]) -> None:
    """Note that one of SQLite's connections to a file was closed."""
    with _counting:
        _databases[noted] -= 1
        if _databases[noted] <= 0:
            del _databases[noted]


def database_is_open(path: Path) -> bool:
    """Whether SQLite has a file open in this process, by whatever name: a database, or what lies beside one. Opens
    nothing."""
    try:
        real = Path(os.path.realpath(path))
        found = [file.stat() for file in _with_what_it_lies_beside(real) if file.exists()]
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return False
    return any(_databases[one.st_dev, one.st_ino] > 0 for one in found)


def _mode_of(target: Path) -> int | None:
    if os.name == "nt":
        return None
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return None


def _new_part(target: Path) -> Path:
    import tempfile

    # Made for its owner alone from the first moment, by mkstemp.
    handle, name = tempfile.mkstemp(prefix=".ct-", suffix=".part", dir=target.parent)
    os.close(handle)
    return Path(name)


def _put_in_place(part: Path, target: Path) -> None:
    until = time.monotonic() + (_PATIENCE if os.name == "nt" else 0)
    while True:
        try:
            part.replace(target)
            return
        except PermissionError:
            if time.monotonic() >= until:
                if target.exists():
                    target.replace(target)  # Says it where another program is in the way.
                raise
        time.sleep(0.02)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can: without it a power cut may take a rename back."""
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:  # a folder that may be written to and not listed
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SUCH_SYNC:
            raise
    finally:
        os.close(handle)
