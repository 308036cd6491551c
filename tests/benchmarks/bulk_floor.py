"""The floor of a bulk upload: a program that reads the rows and stores them, and does nothing else.

No checking, no receipts, no chain, no register: each row as JSON, all in one transaction, as durable as ct's own.
"""

import csv
import json
import sqlite3
from pathlib import Path

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY",
           "cache_size = -65536")  # fmt: skip
"""Those that ct_cli/backends/sqlite_file.py sets."""


def store_rows(file: Path, store: Path) -> None:
    """Every row of a CSV as JSON into a new store."""
    connection = sqlite3.connect(store, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE returns (content TEXT NOT NULL)")
    with file.open(encoding="utf-8", newline="") as rows:
        connection.execute("BEGIN")
        each = ((json.dumps(row),) for row in csv.DictReader(rows))
        connection.executemany("INSERT INTO returns (content) VALUES (?)", each)
        connection.execute("COMMIT")
    connection.close()
