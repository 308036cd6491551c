"""How entries are put into the embedded store: what the rows of a file share is given once, not with each."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from ct_cli.backends.sql_rows import ENTRY_COLUMNS, Row, marks
from ct_cli.backends.sql_speaker import Connection

_MANY = 30
"""Rows for which it pays to look at what they share."""

_COLUMNS = ENTRY_COLUMNS.split(", ")
_OWN = ("receipt_id", "location_id", "service", "number", "collection", "content_hash", "previous_hash", "entry_hash",
        "content")  # fmt: skip
_SHARED = tuple(name for name in _COLUMNS if name not in _OWN)
_own, _shared = (itemgetter(*map(_COLUMNS.index, names)) for names in (_OWN, _SHARED))


def append_entries(connection: Connection, added: Sequence[Row]) -> None:
    """Append rows of ENTRY_COLUMNS, in their order.

    Nearly all rows of a file arrive in the same circumstances. Those written into the statement, 9 values of 21 are
    left for each row: 10 µs instead of 11.7 (measured).
    """
    for shared, alike in groupby(added, _shared):
        rows = list(alike)
        if len(rows) < _MANY:
            connection.executemany(f"INSERT INTO entries ({ENTRY_COLUMNS}) VALUES ({marks(ENTRY_COLUMNS)})", rows)
            continue
        # SQLite itself writes them as it reads them. No text holds a NUL, at which it would stop.
        (written,) = connection.execute(f"SELECT {', '.join(['quote(?)'] * len(shared))}", shared).fetchall()
        columns, values = ", ".join((*_OWN, *_SHARED)), ", ".join(("?",) * len(_OWN) + written)
        connection.executemany(f"INSERT INTO entries ({columns}) VALUES ({values})", map(_own, rows))
