"""An embedded store held against what was noted of it when it was last used on this computer."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from ct_cli.backends.sqlite_file import half_restored, in_words
from ct_cli.errors import StoreDamaged
from ct_cli.shell import shell_word
from ct_cli.stores.known_store import Known


def refuse_emptied(path: Path, noted: Known | None) -> None:
    """Raise StoreDamaged where a store that held something is a file of no bytes now."""
    if noted is None or not noted.used:
        return
    with in_words(path):
        # Of a restore that was cut off something else is said, where it is opened.
        emptied = not half_restored(path).exists() and path.is_file() and not path.stat().st_size
    if emptied:
        remedy = (
            "Keep the files beside it, and put a backup back with `ct restore FILE`; `ct backup` makes them. To start"
            f" again with an empty store, type: ct config set store {shell_word(str(path))}"
        )
        raise StoreDamaged(path=path, reason="ct has used it before, and it is empty now", remedy=remedy)


def known_of(connection: sqlite3.Connection) -> Known:
    """How a store stands, to be noted. Raises sqlite3.Error."""
    end = connection.execute("SELECT seq, receipt_id FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    if end is None:
        return Known(connection.execute("SELECT 1 FROM locations LIMIT 1").fetchone() is not None)
    (first,) = connection.execute("SELECT receipt_id FROM entries ORDER BY seq LIMIT 1").fetchone()
    return Known(True, end[0], *(receipt if isinstance(receipt, str) else "" for receipt in (first, end[1])))


class Lack(NamedTuple):
    """What a store held when it was noted and holds no longer."""

    words: str
    same: bool
    """Whether it is the store that was noted; else another is in its place."""


def lacking(connection: sqlite3.Connection, path: Path, noted: Known) -> Lack | None:
    """What a store lacks, with what to do, by what was noted of it; None where it lacks nothing. Raises StoreUnusable.

    Only the last receipt that was noted is looked for: what was recorded before it, and is gone, `ct verify` finds.
    """
    with in_words(path):
        there = connection.execute("SELECT receipt_id FROM entries WHERE seq = ?", (noted.entries,)).fetchone()
        if not noted.used or (noted.entries and there == (noted.last,)):
            return None
        now = known_of(connection)
    again = f"ct config set store {shell_word(str(path))}"
    if not now.used or (noted.entries and now.entries and now.first != noted.first):
        found = "another store" if now.used else "a new and empty one"
        words = (
            f"The store {path} is {found}, not the one that ct used here before. If that was moved, or its disk is not"
            f" connected, put it back before you record anything. If you meant it, type: {again}"
        )
        return Lack(words, same=False)
    if not noted.entries:
        return None
    missing = noted.entries - now.entries
    many = f"at least {missing:,}, the last of them {noted.last}" if missing > 1 else f"{noted.last} at least"
    ends = f" It ends now with {now.last}." if now.entries else " It has none now."
    words = (
        f"Receipts are missing from the store {path}: {many}.{ends} An older copy was put in its place, or the file"
        f" {path.name}-wal was taken away from beside it. Put that back, or a newer copy, or a backup with"
        f" `ct restore FILE`. To go on without them, type: {again}"
    )
    return Lack(words, same=True)
