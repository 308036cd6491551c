"""Commits to the embedded store while whoever recorded goes on with the next rows.

A commit waits for the disk, and every so often takes the log of changes into the file: for a file of 20,000 rows and
two years of history that is a quarter of the time, in which Python has nothing to do (measured). Statements are not
put off so: one for each row makes two threads wait for each other, and one for many rows costs more than it saves.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ct_cli.backends.sqlite_file import Statements, open_store, or_rolled_back, sqlite_in_words

T = TypeVar("T")


class CommitsBehind:
    """A connection to the store whose commits have a thread of their own. It has one transaction at a time."""

    def __init__(self, path: Path) -> None:
        """Raises StoreUnusable."""
        self._path, self._connection = path, open_store(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ct-commit")

    def start(self, work: Callable[[Statements], T]) -> tuple[T, Future[None]]:
        """Do some work in one transaction; what it answers, which holds once the future's result is there.

        The result raises StoreUnusable where the commit failed.
        """
        with sqlite_in_words(self._path), or_rolled_back(self._connection):
            self._connection.execute("BEGIN IMMEDIATE")
            done = work(Statements(self._connection))
        return done, self._thread.submit(self._commit)

    def close(self) -> None:
        """Let go of the file, after what was begun."""
        self._thread.shutdown()
        self._connection.close()

    def _commit(self) -> None:
        with sqlite_in_words(self._path), or_rolled_back(self._connection):
            self._connection.execute("COMMIT")
