"""Whose a store is: one thread's at a time.

A store has one transaction, one moment that it reads as of, and cursors that are half read. A second thread that used
it would commit, or take back, what is not its own.
"""

import threading


class NotThisThreads(RuntimeError):
    """A store was used by a thread that it does not belong to. A fault in ct, never in what a user did."""


class Owner:
    """The thread that a store belongs to: the one that opened it."""

    def __init__(self) -> None:
        self._threads = {threading.get_ident()}

    def admit(self) -> None:
        """Let the calling thread use the store as well: one of the store's own, that works for its user."""
        self._threads.add(threading.get_ident())

    def check(self) -> None:
        """Raises NotThisThreads where the calling thread is another."""
        if threading.get_ident() not in self._threads:
            raise NotThisThreads(f"{threading.current_thread().name} used a store that belongs to another thread")
