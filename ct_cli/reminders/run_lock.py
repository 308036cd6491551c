"""One run of reminders at a time on a machine: a lock that the system lets go of when its holder dies."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ct_cli.errors import StoreUnusable
from ct_cli.files import locked


@contextmanager
def run_lock(store: Path) -> Iterator[bool]:
    """Whether this run may send: False where another run of the same store holds the lock. Raises StoreUnusable."""
    path = store.with_name(store.name + ".remind-lock")
    with ExitStack() as held:
        try:
            mine = held.enter_context(locked(path))
        except OSError as error:
            reason = f"the lock beside it cannot be had ({(error.strerror or str(error)).lower()})"
            remedy = "Check that its folder is yours to write in."
            raise StoreUnusable(path=path, reason=reason, remedy=remedy) from error
        yield mine
