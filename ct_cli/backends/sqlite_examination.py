"""Looks at an embedded store without changing it, nor making one where there is none: for `ct doctor`."""

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ct_cli.backends.sqlite_file import half_restored, in_words, uri_of
from ct_cli.backends.sqlite_hold import find_hold
from ct_cli.backends.sqlite_known import lacking, refuse_emptied
from ct_cli.backends.sqlite_schema import APPLICATION_ID, VERSION, version_of
from ct_cli.errors import StoreUnusable
from ct_cli.stores.known_store import Known

LITTLE_ROOM = 100 * 1024 * 1024
"""Bytes free below which a warning is due: a year of 400 locations takes some 10 MB, and SQLite needs room to work."""


@dataclass(frozen=True, slots=True)
class StoreSeen:
    """A store as it was found."""

    exists: bool
    writable: bool
    """The file or, where there is none, the nearest folder above it."""
    open_to_others: bool
    """Whether other users of this machine may read it; never on Windows, where its folder guards it."""
    free_bytes: int
    version: int
    newest_version: int
    locations: int
    returns: int
    damage: str
    """What SQLite's quick check says is wrong; empty where nothing is."""
    half_restored: bool = False
    """Whether `ct restore` was cut off while it put this store in place."""
    lacks: str = ""
    """What it held when it was last used on this computer and holds no longer, in words; empty where nothing."""
    reminders_held: bool = False
    """Whether `ct remind` sends nothing since a restore, until it is told to."""


def examine_store(path: Path, noted: Known | None = None) -> StoreSeen:
    """A store as it is, and held against what was noted of it. Raises StoreUnusable where it cannot even be read."""
    refuse_emptied(path, noted)
    with in_words(path):
        half = half_restored(path).exists()
        exists = path.exists() and not half
        here = path if exists else _nearest_folder(path.parent)
        free = _free_bytes(here if here.is_dir() else here.parent)
        others = exists and os.name != "nt" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
        writable = os.access(here, os.W_OK) and os.access(here if here.is_dir() else here.parent, os.W_OK)
        if not exists:
            gone = noted is not None and noted.used and not half
            lacks = f"ct has used a store as {path} before, and it is not there now" if gone else ""
            return StoreSeen(False, writable, False, free, VERSION, VERSION, 0, 0, "", half, lacks)
        version, locations, returns, damage, lacks, held = _inside(path, noted)
        return StoreSeen(True, writable, others, free, version, VERSION, locations, returns, damage, False, lacks, held)


def _inside(path: Path, noted: Known | None) -> tuple[int, int, int, str, str, bool]:
    if path.is_dir():
        raise StoreUnusable(path=path, reason="it is a folder", remedy="Name a file with `ct config set store FILE`.")
    with closing(sqlite3.connect(uri_of(path.absolute(), "mode=ro"), uri=True)) as connection:
        version = version_of(connection)
        if version == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return VERSION, 0, 0, "", "", False  # An empty file becomes a store at its first use.
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            remedy = "Name another file with `ct config set store FILE`, or move this one away."
            raise StoreUnusable(path=path, reason="it is a SQLite file of another program", remedy=remedy)
        said = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
        damage = "" if said == ["ok"] else "; ".join(said)
        if version > VERSION:
            return version, 0, 0, damage, "", False
        locations = connection.execute("SELECT count(*) FROM locations").fetchone()[0]
        returns = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
        lack = lacking(connection, path, noted) if noted is not None and not damage else None
        held = version == VERSION and not damage and find_hold(connection) is not None
        return version, locations, returns, damage, "" if lack is None else lack.words, held


def _nearest_folder(folder: Path) -> Path:
    return next((above for above in (folder, *folder.parents) if above.is_dir()), Path.cwd())


def _free_bytes(folder: Path) -> int:
    import shutil

    return shutil.disk_usage(folder).free
