"""Make a backup of the embedded store, and of what belongs to it: one file, which is itself a store.

In the table `ct_backup` of that file lie the settings without their secrets, the user's own collections and wording,
and the returns that wait for a server. Passwords and keys, and the files that hold them, are not copied: whoever comes
by a backup is not to come by those.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from ct_cli.backends.chain_check import Break
from ct_cli.backends.contract import Misnoted
from ct_cli.backends.registry import open_backend
from ct_cli.backends.return_queue import of_the_queue
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.sqlite_copy import about_copy, copying, mark_copy
from ct_cli.backends.sqlite_file import connect, connect_copy, in_words
from ct_cli.backends.sqlite_schema import APPLICATION_ID
from ct_cli.errors import CtError, ExitStatus, StoreDamaged, UsageError
from ct_cli.register.location import Scope
from ct_cli.settings import Settings
from ct_cli.settings_file import as_toml
from ct_cli.stores.beside import OWN_FOLDERS, QUEUE, SETTINGS, without_secret_settings
from ct_cli.stores.elsewhere import refuse_elsewhere
from ct_cli.stores.verification import verify

DATE = "{date}"
MOST_BYTES = 1024 * 1024
"""Of one of the user's own collections or wordings that is taken along."""


class NothingToBackUp(UsageError):
    """There is no store yet: {path} is not there. It is made at the first use, for example by `ct locations add`."""

    code = "nothing-to-back-up"


class KeepNeedsDate(UsageError):
    """--keep needs {{date}} in the file's name, as in `ct backup 'ct-{{date}}.sqlite3' --keep 14`: that is how ct knows
    its earlier backups."""

    code = "keep-needs-date"


class DateInFolder(UsageError):
    """{{date}} stands once, in the name of the file and not of its folder: 'backups/ct-{{date}}.sqlite3'."""

    code = "date-in-folder"


class NotOverwritten(UsageError):
    """{path} is not overwritten: {reason}. Name another file."""

    code = "not-overwritten"


class OwnFileUnreadable(UsageError):
    """No backup was made: {path}, which belongs in it, cannot be read ({reason}). Give yourself permission for it, or
    take it out of the folder that your settings name."""

    code = "own-file-unreadable"


class StoreAltered(CtError):
    """No backup was made at {path}, because the ledger is not as it was written: {found}. `ct verify` shows it. To keep
    a copy of it all the same, type --even-if-altered as well; it then removes no earlier backup."""

    code = "store-altered"
    exit_status = ExitStatus.REFUSED


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A backup that was made and checked."""

    file: Path
    bytes: int
    entries: int
    """Of the ledger, each with its hash computed anew."""
    chains: int
    locations: int
    users: int
    breaks: tuple[Break, ...]
    """What is wrong with the ledger; only where it was to be kept all the same."""
    misnoted: tuple[Misnoted, ...]
    waiting: int
    """Returns that wait for a server, which are in it too."""
    settings: bool
    """Whether there was a settings file, and it is in it."""
    left_out: tuple[str, ...]
    """Settings that are not in it, since they are or may hold a secret."""
    removed: tuple[Path, ...]
    """Earlier backups that were removed."""
    not_removed: tuple[Path, ...]
    """Those that could not be."""


def make_backup(
    settings: Settings,
    file: str,
    now: datetime,
    *,
    keep: int | None = None,
    overwrite: bool = False,
    even_if_altered: bool = False,
) -> BackupMade:
    """Back the store up to a file while others read and write it; `{date}` in its name is the day.

    The earlier ones are removed only once the new one is in place and found good. Raises BackupElsewhere,
    BackupNotMade, StoreAltered, StoreUnusable and the refusals above.
    """
    target = _target(file, now.date(), keep)
    refuse_elsewhere(settings, file)
    store = settings.store_path
    if not store.exists():
        raise NothingToBackUp(path=store)
    _refuse_to_lose(target, settings, overwrite=overwrite)
    extras, left_out, waiting = _extras(settings)
    with copying(target, overwrite=overwrite) as part:
        backend = open_backend(settings)
        assert isinstance(backend, SqliteBackend)
        with backend:
            backend.copy_to(part)
        mark_copy(part, store, now, extras)
        try:
            with SqliteBackend(part, copy=True) as copy:
                found, _ = verify(copy)
                everywhere = Scope(include_closed=True)
                locations, users = len(copy.locations(everywhere)), len(copy.users(everywhere))
        except StoreDamaged as error:  # and so is what it is a copy of
            raise StoreDamaged(path=store, reason=error.facts["reason"], remedy=error.facts["remedy"]) from None
        if not found.whole and not even_if_altered:
            everything: list[Break | Misnoted] = [*found.breaks, *found.misnoted]
            wrong = [f"{it.location_id} {it.service}: {it.reason}" for it in everything]
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            raise StoreAltered(path=target, found=wrong[0] + more)
    removed, not_removed = [], []
    for old in _older(file, target, now.date(), store)[keep - 1 :] if keep and found.whole else ():
        try:
            old.unlink()
            removed.append(old)
        except OSError:  # it is told of
            not_removed.append(old)
    return BackupMade(
        target, target.stat().st_size, found.entries, found.chains, locations, users, found.breaks, found.misnoted,
        waiting, SETTINGS in extras, left_out, tuple(removed), tuple(not_removed),
    )  # fmt: skip


def _target(file: str, today: date, keep: int | None) -> Path:
    given = Path(file).expanduser()
    if file.count(DATE) > 1 or given.name.count(DATE) != file.count(DATE):
        raise DateInFolder
    if keep is not None and DATE not in file:
        raise KeepNeedsDate
    return given.with_name(given.name.replace(DATE, today.isoformat()))


def _refuse_to_lose(target: Path, settings: Settings, *, overwrite: bool) -> None:
    """A backup is put in its place by its name, which for a store that is in use would be the end of it."""
    for kept in (settings.store_path.resolve(), settings.queue_path.resolve()):
        beside = [kept.with_name(kept.name + end) for end in ("", "-wal", "-shm", "-journal")]
        if target.resolve() in [each.resolve() for each in beside]:
            raise NotOverwritten(path=target, reason="it is what is to be backed up")
    if overwrite and target.is_file() and _is_a_store(target):
        raise NotOverwritten(path=target, reason="it is a store of ct's that may be in use, and not a backup")


def _is_a_store(path: Path) -> bool:
    try:
        with closing(connect_copy(path)) as there:
            marked = there.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            return marked and about_copy(there) is None
    except sqlite3.Error:
        return False  # No store that could be used.


def _older(file: str, new: Path, today: date, store: Path) -> list[Path]:
    """The backups that ct made of this store by this pattern on earlier days, the newest first."""
    before, _, after = Path(file).name.partition(DATE)
    pattern = re.compile(re.escape(before) + r"(\d{4}-\d{2}-\d{2})" + re.escape(after))
    found = []
    for there in new.parent.iterdir():
        named = pattern.fullmatch(there.name)
        day = _day(named[1]) if named else None
        if day is not None and day < today and there.is_file() and not there.is_symlink() and _of_store(there, store):
            found.append((day, there))
    return [there for _, there in sorted(found, reverse=True)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _of_store(path: Path, store: Path) -> bool:
    try:
        with closing(connect_copy(path)) as there:
            about = about_copy(there)
    except sqlite3.Error:  # It is not ct's, or no longer whole; nobody asked to remove that.
        return False
    return about is not None and about.store == str(store.absolute())


def _extras(settings: Settings) -> tuple[dict[str, bytes], tuple[str, ...], int]:
    """What is kept beside the store, by name; which settings are left out; how many returns wait for a server."""
    extras: dict[str, bytes] = {}
    document, left_out = without_secret_settings(settings.document)
    if settings.path.exists():
        extras[SETTINGS] = as_toml(document)
    for key, folder in OWN_FOLDERS.items():
        extras.update(_own_files(settings.file(key), folder))
    waiting = 0
    if settings.queue_path.exists():
        extras[QUEUE], waiting = _queue(settings.queue_path)
    return extras, left_out, waiting


def _own_files(folder: Path | None, name: str) -> Iterator[tuple[str, bytes]]:
    try:
        if folder is None or not folder.is_dir():
            return
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.stat().st_size <= MOST_BYTES:
                yield f"{name}/{file.name}", file.read_bytes()
    except OSError as error:
        path, reason = error.filename or folder, (error.strerror or str(error)).lower()
        raise OwnFileUnreadable(path=path, reason=reason) from error


def _queue(path: Path) -> tuple[bytes, int]:
    """The queue as the bytes of a file, and how many returns wait in it. Raises StoreUnusable."""
    with (
        of_the_queue(path),
        in_words(path),
        closing(connect(path)) as queue,
        closing(sqlite3.connect(":memory:")) as copy,
    ):
        queue.backup(copy)
        there = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'waiting'").fetchone()[0]
        waiting = copy.execute("SELECT count(*) FROM waiting").fetchone()[0] if there else 0
        content = bytearray(copy.serialize())
        content[18:20] = b"\1\1"  # By these it would look for a log beside it: https://www.sqlite.org/fileformat.html
        return bytes(content), int(waiting)
