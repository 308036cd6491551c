"""One run of reminders at a time on a machine: a lock that the system lets go of when its holder dies. The only file
that meets `filelock`, which knows Windows too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ct_cli.errors import StoreUnusable


@contextmanager
def run_lock(store: Path) -> Iterator[bool]:
    """Whether this run may send: False where another run of the same store holds the lock. Raises StoreUnusable."""
    from filelock import FileLock, Timeout

    path = store.with_name(store.name + ".remind-lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0, mode=0o600)
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        reason = f"the lock beside it cannot be had ({(error.strerror or str(error)).lower()})"
        raise StoreUnusable(path=path, reason=reason, remedy="Check that its folder is yours to write in.") from error
    try:
        yield True
    finally:
        lock.release()
