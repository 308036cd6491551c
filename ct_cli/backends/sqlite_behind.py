"""Writes to the embedded store while whoever handed it the rows goes on with the next.

SQLite's own work on a statement, and the disk's, need no Python: for a file of 20,000 rows and two years of history
they take as long together as all else that a row costs (measured), and there is nearly always a second processor.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ct_cli.backends.sqlite_file import open_store, transact


class WriterBehind:
    """A connection to the store with a thread of its own. It is handed one transaction at a time."""

    def __init__(self, path: Path) -> None:
        """Raises StoreUnusable."""
        self._path, self._connection = path, open_store(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ct-writer")

    def start(self, work: Callable[[sqlite3.Connection], None]) -> Future[None]:
        """Do some work in one transaction; what it raises is raised where its result is asked for."""
        return self._thread.submit(transact, self._connection, self._path, work)

    def close(self) -> None:
        """Let go of the file, after what was begun."""
        self._thread.shutdown()
        self._connection.close()
