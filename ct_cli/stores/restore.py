"""Put a backup back into the embedded store, without losing what was decided since it was made.

The backup is first made ready in a file beside the store: brought up to this ct, checked entry by entry, and merged
with what the present store knows better. Then it is written into the store by SQLite's backup API, as one transaction
under an exclusive lock: a program that is cut off meanwhile leaves the store as it was. Only where SQLite cannot
read what is there is it moved aside; a note beside it then says, until the store is whole, that it is not.

What wins over the backup, where the present store can be read: keys that were revoked, persons who were erased, people
who want no reminders, and which reminders went out. Where it cannot, or has lost entries itself, nobody can tell which
reminders went out since the backup: they are held until somebody says so.
"""

import contextlib
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ct_cli.backends.access import AuditLine, Role
from ct_cli.backends.outbox import Hold
from ct_cli.backends.sql_access import AUDIT_COLUMNS, audit_row
from ct_cli.backends.sql_outbox import forget_person
from ct_cli.backends.sql_rows import marks
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.sqlite_copy import (
    AboutBackup,
    about_copy,
    check_pages,
    copy_pages,
    copying,
    extras_of,
    flush_folder,
    mark_copy,
    new_part,
    remove_part,
)
from ct_cli.backends.sqlite_file import (
    add_functions,
    connect,
    connect_copy,
    half_restored,
    in_words,
    make_folder_and_file,
    refusal,
    refuse_others,
    uri_of,
)
from ct_cli.backends.sqlite_hold import put_hold
from ct_cli.backends.sqlite_known import lacking
from ct_cli.backends.sqlite_schema import holds_anything, migrate
from ct_cli.errors import CtError, ExitStatus, StoreDamaged, StoreUnusable, UsageError
from ct_cli.settings import Settings
from ct_cli.stores.beside import PutBack, put_back_beside, write_beside
from ct_cli.stores.damaged_rows import as_far_as_it_is_text
from ct_cli.stores.elsewhere import refuse_elsewhere
from ct_cli.stores.known_store import Known, KnownStore
from ct_cli.stores.verification import MissingReceipt, missing_of, verify

BUSY_SECONDS = 5
"""How long a short command of another program is waited for. One that stays, such as `ct serve`, has to be ended."""


class NotABackup(UsageError):
    """{path} cannot be restored: {reason}. {remedy}"""

    code = "not-a-backup"


class StoreInUse(UsageError):
    """Another program has the store {path} open, so nothing was restored. End it (`ct serve`, `ct remind`, a window in
    which ct still runs), then run the same again."""

    code = "store-in-use"


class BackupAltered(CtError):
    """The ledger in {path} is not as it was written, so nothing was restored: {found}. Restore another backup or, if
    there is no better one, type --even-if-altered as well."""

    code = "backup-altered"
    exit_status = ExitStatus.REFUSED


class Present(StrEnum):
    """What there is in the place of the store."""

    ABSENT = "absent"
    """Nothing, or a store that nothing was ever put into."""
    READABLE = "readable"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class KeyRestored:
    """A key to the API that is in the store after a restore."""

    id: str
    name: str
    role: Role
    belongs_to: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did or, where `done` is false, would do."""

    file: Path
    store: Path
    done: bool
    made_at: datetime | None
    """When the backup was made; None for a copy that ct did not make."""
    present: Present
    entries: int
    """Of the ledger in the backup, each with its hash computed anew."""
    gained: int
    """Entries that the present store does not have, and has again afterwards."""
    lost: tuple[MissingReceipt, ...]
    """Receipts of the present store that are not in the backup, the newest first."""
    lost_locations: int
    lost_users: int
    users_left_out: int
    """Users in the backup whom the present store does not know any more: they may have been erased."""
    keys_revoked: int
    """Keys that work in the backup and were revoked since."""
    keys: tuple[KeyRestored, ...]
    """Every key, where the present store could not say which were revoked since; else none."""
    reminders_held: bool
    """Whether `ct remind` sends nothing until `ct remind resume`."""
    kept: Path | None
    """Where the present store was copied or moved to."""
    beside: PutBack
    """What became of the settings and of the queue."""


@dataclass
class _Merge:
    """What merging found."""

    present: Present
    stale: bool
    """Whether the present store lacks what it held when it was last used here, and so knows not all that came since."""
    lost: list[MissingReceipt] = field(default_factory=list)
    gained: int = 0
    lost_locations: int = 0
    lost_users: int = 0
    users_left_out: int = 0
    keys_revoked: int = 0
    keys: tuple[KeyRestored, ...] = ()
    trusted: bool = False
    """Whether the present store has every entry of the backup: then it is the later state of the same store."""


def restore(
    settings: Settings,
    file: Path,
    now: datetime,
    *,
    dry_run: bool = False,
    discard_newer: bool = False,
    even_if_altered: bool = False,
) -> Restored:
    """Put a backup in the place of the present store. Where that would lose receipts it is not `done`, unless told.

    Raises BackupElsewhere, NotABackup, BackupAltered, StoreInUse, BackupNotMade, StoreUnusable.
    """
    refuse_elsewhere(settings, str(file), restoring=True)
    store = Path(os.path.realpath(settings.store_path))  # A link stays one; what lies beside the file is moved with it.
    if file.resolve() == store:
        raise NotABackup(path=file, reason="it is the store itself", remedy="Name a backup of it.")
    with in_words(store):
        store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if store.is_dir():
            raise StoreUnusable(path=store, reason="it is a folder", remedy="Name a file: `ct config set store FILE`.")
    with contextlib.ExitStack() as stack:
        staged = stack.enter_context(_part(store))
        about, extras = _stage(file, staged)
        entries = _check(file, staged, even_if_altered=even_if_altered)
        target = None if dry_run else stack.enter_context(_locked(store))
        work = stack.enter_context(closing(_open_part(staged)))
        known = KnownStore(settings.path.parent, store)
        with _twin(store, target, known.read()) as (present, twin, stale):
            merge = _merged(work, store, _Merge(present, stale), twin, now, about)
        refused = bool(merge.lost) and not discard_newer
        kept, beside = None, PutBack()
        if not dry_run and not refused:
            # One of which only a row is damaged can be copied and written to as any other.
            sound = target if twin is not None or present is Present.ABSENT else None
            if sound is not None:
                kept = _copy_present(store, sound, now) if present is not Present.ABSENT else None
            else:
                if target is None:
                    _refuse_if_open(store)
                _note_half_restored(store)
                if target is not None:
                    target.close()  # Only now: until the note is there, nobody else is to open it.
                elif merge.present is Present.ABSENT and _has_content(store):
                    half_restored(store).unlink()
                    raise StoreInUse(path=store)  # another program has begun a store there meanwhile
                kept = _move_present(store, now)
            _write(work, store, sound)
            known.forget()  # it may be an older state, and was asked for
            beside = put_back_beside(settings, extras)
        made_at = about.made_at if about is not None else None
        return Restored(
            file, settings.store_path, not dry_run and not refused, made_at, merge.present, entries, merge.gained,
            tuple(merge.lost), merge.lost_locations, merge.lost_users, merge.users_left_out, merge.keys_revoked,
            merge.keys, not merge.trusted, kept, beside,
        )  # fmt: skip


def files_of(file: Path, folder: Path) -> tuple[Path, ...]:
    """Write what a backup keeps beside the store to a folder; the files. Raises NotABackup, SettingsUnwritable."""
    if not file.exists():
        raise NotABackup(path=file, reason="there is no such file", remedy=_NAME_ONE)
    try:
        with closing(connect_copy(file)) as source:
            extras = extras_of(source)
    except sqlite3.Error as error:
        raise NotABackup(path=file, reason=_DAMAGED, remedy=_NAME_ONE) from error
    if not extras:
        raise NotABackup(path=file, reason="nothing is kept in it beside a store", remedy=_NAME_ONE)
    return write_beside(extras, folder)


_NAME_ONE = "Name a file that `ct backup` made."
_DAMAGED = "it is damaged, or no backup of ct's"


# The backup, made ready beside the store.


@contextlib.contextmanager
def _part(store: Path) -> Iterator[Path]:
    """An empty file beside the store, for its owner alone, which is gone afterwards."""
    try:
        part = new_part(store.with_name(f"{store.name}.restore"))
    except OSError as error:
        reason = f"nothing can be written beside it ({(error.strerror or str(error)).lower()})"
        raise StoreUnusable(path=store, reason=reason, remedy="Make room, or give yourself permission.") from error
    try:
        yield part
    finally:
        remove_part(part)


def _open_part(part: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(uri_of(part.absolute(), "mode=rw"), uri=True, isolation_level=None)
    add_functions(connection)
    connection.text_factory = as_far_as_it_is_text  # damage is no reason not to put a backup in its place
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA synchronous = OFF")  # It is made again if this run does not end.
    return connection


def _stage(file: Path, staged: Path) -> tuple[AboutBackup | None, dict[str, bytes]]:
    """Copy a backup to where it is made ready, brought up to this ct; what it says of itself, and what is beside."""
    if not file.exists():
        raise NotABackup(path=file, reason="there is no such file", remedy=_NAME_ONE)
    try:
        with closing(connect_copy(file)) as source:
            if refuse_others(source, file) == 0:
                raise NotABackup(
                    path=file, reason="there is nothing in it", remedy="Name a file that `ct backup` made."
                )
            about, extras = about_copy(source), extras_of(source)
            # ct makes none; one would do at each statement of ct's whatever it says.
            if source.execute("SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall():
                raise NotABackup(
                    path=file, reason="something other than ct put a trigger or a view in", remedy=_NAME_ONE
                )
            copy_pages(source, staged)
        check_pages(staged)
        with closing(_open_part(staged)) as work:
            migrate(work, lambda _: None)
    except StoreUnusable as error:
        raise NotABackup(path=file, reason=error.facts["reason"], remedy=error.facts["remedy"]) from error
    except sqlite3.Error as error:
        if str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_FULL"):
            raise NotABackup(path=file, reason="the disk is full", remedy="Make room beside the store.") from error
        remedy = "Restore another backup."
        raise NotABackup(path=file, reason=_DAMAGED, remedy=remedy) from error
    return about, extras


def _check(file: Path, staged: Path, *, even_if_altered: bool) -> int:
    """How many entries the ledger of a backup has, all of them checked. Raises BackupAltered."""
    try:
        with SqliteBackend(staged, copy=True) as backup:
            found, _ = verify(backup)
    except StoreDamaged as error:
        raise NotABackup(path=file, reason=error.facts["reason"], remedy="Restore another backup.") from None
    if not even_if_altered and not found.whole:
        first = [f"{it.location_id} {it.service}: {it.reason}" for it in found.breaks]
        first += [f"{it.location_id} {it.service}: {it.reason}" for it in found.misnoted]
        raise BackupAltered(path=file, found=first[0])
    return found.entries


# The present store.


def _has_content(store: Path) -> bool:
    return store.exists() and store.stat().st_size > 0


@contextlib.contextmanager
def _locked(store: Path) -> Iterator[sqlite3.Connection | None]:
    """The present store with every other program shut out; None where there is none that SQLite can open.

    Raises StoreInUse, and StoreUnusable where it is a newer ct's or another program's.
    """
    connection = None
    try:
        connection = _locked_or_none(store)
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _locked_or_none(store: Path) -> sqlite3.Connection | None:
    if not _has_content(store):
        return None
    with in_words(store):
        connection = sqlite3.connect(
            uri_of(store.absolute(), "mode=rw"), uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
    try:
        # In this mode SQLite also shuts out those who have the store open and do nothing at the moment.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
        refuse_others(connection, store)
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.DatabaseError as error:
        connection.close()
        name = str(getattr(error, "sqlite_errorname", ""))
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreInUse(path=store) from None
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return None
        with in_words(store):
            raise
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _twin(
    store: Path, target: sqlite3.Connection | None, noted: Known | None
) -> Iterator[tuple[Present, Path | None, bool]]:
    """A copy of the present store, brought up to this ct, to be read, and whether it lacks what was noted of it.

    There is no copy where the store is absent or damaged."""
    if not _has_content(store):
        yield Present.ABSENT, None, False
        return
    with _part(store) as part:
        try:
            if target is not None:
                copy_pages(target, part)
            else:  # a look, which locks nobody out; or what SQLite could not open just now
                with closing(connect(store)) as reading:
                    refuse_others(reading, store)
                    copy_pages(reading, part)
            check_pages(part)
            with closing(_open_part(part)) as work:
                migrate(work, lambda _: None)
                used = holds_anything(work)
                try:
                    stale = noted is not None and lacking(work, store, noted) is not None
                except StoreDamaged:  # its last entry cannot be read
                    stale = True
        except sqlite3.DatabaseError as error:
            if str(getattr(error, "sqlite_errorname", "")).startswith(("SQLITE_BUSY", "SQLITE_FULL")):
                with in_words(store):
                    raise
            yield Present.DAMAGED, None, False
            return
        yield (Present.READABLE, part, stale) if used else (Present.ABSENT, None, stale)


# What the present store knows better.


def _merged(
    work: sqlite3.Connection, store: Path, merge: _Merge, twin: Path | None, now: datetime, about: AboutBackup | None
) -> _Merge:
    """`_merge`; where something in the present store is not as ct writes it, that store counts as damaged.

    SQLite may find a file whole of which a row is none of ct's: its other rows are not believed then either. Raises
    StoreUnusable.
    """
    try:
        return _merge(work, merge, twin, now, about)
    except (sqlite3.Error, ValueError, TypeError) as error:
        if isinstance(error, sqlite3.Error) and not isinstance(said := refusal(store, error), StoreDamaged):
            raise said from None
        if twin is None:
            raise
    if work.in_transaction:
        work.execute("ROLLBACK")
    work.execute("DETACH present")
    # What would be lost may have been found out before.
    believed = _Merge(
        Present.DAMAGED, merge.stale, merge.lost, lost_locations=merge.lost_locations, lost_users=merge.lost_users
    )
    return _merge(work, believed, None, now, about)


def _merge(
    work: sqlite3.Connection, merge: _Merge, twin: Path | None, now: datetime, about: AboutBackup | None
) -> _Merge:
    """Change a backup that is made ready by what the present store knows better; what was found."""
    if twin is not None:
        work.execute("ATTACH ? AS present", [str(twin)])
    work.execute("BEGIN")
    if twin is not None:
        _compare(work, merge)
        _merge_keys(work, merge)
        _merge_people(work, merge)
        _merge_outbox(work, merge)
        columns = AUDIT_COLUMNS
        work.execute(
            f"INSERT INTO main.audit ({columns}) SELECT {columns} FROM present.audit"
            " WHERE id NOT IN (SELECT id FROM main.audit)"
        )
        if merge.trusted:
            work.execute("DELETE FROM main.store_notes")
        work.execute("INSERT OR REPLACE INTO main.store_notes SELECT * FROM present.store_notes")
    if not merge.trusted:
        put_hold(work, Hold(now, about.made_at if about is not None else None))
    line = audit_row(AuditLine(secrets.token_hex(16), now, "", "store-restored"))
    work.execute(f"INSERT INTO main.audit ({AUDIT_COLUMNS}) VALUES ({marks(AUDIT_COLUMNS)})", list(line))
    merge.keys = () if merge.trusted else _keys(work)
    work.execute("COMMIT")
    if twin is not None:
        work.execute("DETACH present")
    return merge


_SAME = (
    "o.location_id = e.location_id AND o.service = e.service AND o.survey = e.survey AND o.month = e.month"
    " AND o.number = e.number AND o.entry_hash = e.entry_hash"
)


def _compare(work: sqlite3.Connection, merge: _Merge) -> None:
    def only_in(one: str, other: str, columns: str, more: str = "") -> list[Any]:
        sql = f"SELECT {columns} FROM {one}.entries e WHERE NOT EXISTS (SELECT 1 FROM {other}.entries o WHERE {_SAME})"
        return work.execute(sql + more).fetchall()

    columns = "receipt_id, location_id, service, month, received_at"
    lost = only_in("present", "main", columns, " ORDER BY received_at DESC, receipt_id")
    merge.lost = [missing_of(row) for row in lost]
    [(merge.gained,)] = only_in("main", "present", "count(*)")
    [(entries,)] = work.execute("SELECT count(*) FROM main.entries").fetchall()
    merge.trusted = merge.gained == 0 and not merge.stale and (entries > 0 or _kin(work))
    sql = "SELECT count(*) FROM present.{0} p WHERE NOT EXISTS (SELECT 1 FROM main.{0} b WHERE {1})"
    merge.lost_locations = work.execute(sql.format("locations", "b.id = p.id")).fetchone()[0]
    same_user = "b.location_id = p.location_id AND b.email = p.email"
    merge.lost_users = work.execute(sql.format("users", same_user)).fetchone()[0]


def _kin(work: sqlite3.Connection) -> bool:
    """Whether two stores are states of one: some entry, key or user is in both."""
    for table, same in (
        ("entries e", f"SELECT 1 FROM present.entries o WHERE {_SAME}"),
        ("api_keys k", "SELECT 1 FROM present.api_keys o WHERE o.id = k.id"),
        ("users u", "SELECT 1 FROM present.users o WHERE lower(o.email) = lower(u.email)"),
    ):
        if work.execute(f"SELECT 1 FROM main.{table} WHERE EXISTS ({same}) LIMIT 1").fetchone():
            return True
    return False


def _merge_keys(work: sqlite3.Connection, merge: _Merge) -> None:
    """Every key of either; one that was revoked in either stays revoked."""
    revoked = "(SELECT p.revoked_at FROM present.api_keys p WHERE p.id = main.api_keys.id)"
    sql = f"UPDATE main.api_keys SET revoked_at = {revoked} WHERE revoked_at IS NULL AND {revoked} IS NOT NULL"
    merge.keys_revoked = work.execute(sql).rowcount
    columns = _columns(work, "api_keys")
    work.execute(
        f"INSERT INTO main.api_keys ({columns}) SELECT {columns} FROM present.api_keys"
        " WHERE id NOT IN (SELECT id FROM main.api_keys)"
    )


def _merge_people(work: sqlite3.Connection, merge: _Merge) -> None:
    """Nobody who was erased comes back, and nobody who wants no reminders is sent one."""
    gone: list[str] = []
    if merge.trusted or _kin(work):
        sql = (
            "SELECT DISTINCT lower(email) FROM main.users"
            " WHERE lower(email) NOT IN (SELECT lower(email) FROM present.users)"
        )
        gone = [row[0] for row in work.execute(sql).fetchall()]
    for email in gone:
        work.execute("DELETE FROM main.users WHERE lower(email) = ?", [email])
        forget_person(work, email)
    merge.users_left_out = len(gone)
    if merge.trusted:  # It has the notes as they are now, and what is not there was taken back or erased.
        work.execute("DELETE FROM main.contact_notes")
    columns = _columns(work, "contact_notes")
    work.execute(
        f"INSERT INTO main.contact_notes ({columns}) SELECT {columns} FROM present.contact_notes WHERE true"
        " ON CONFLICT (email) DO UPDATE SET opted_out = max(opted_out, excluded.opted_out),"
        " away_from = excluded.away_from, away_to = excluded.away_to"
    )


def _merge_outbox(work: sqlite3.Connection, merge: _Merge) -> None:
    """What the present store knows of a reminder is later than what the backup does."""
    once = "recipient, month, rung, part, rehearsal"
    every = "" if merge.trusted else f" WHERE ({once}) IN (SELECT {once} FROM present.outbox)"
    work.execute(f"DELETE FROM main.outbox{every}")
    columns = _columns(work, "outbox")
    work.execute(f"INSERT INTO main.outbox ({columns}) SELECT {columns} FROM present.outbox ORDER BY seq")


def _columns(work: sqlite3.Connection, table: str) -> str:
    """The columns of a table by name, but for the number that a store gives its rows itself."""
    rows = work.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE name <> 'seq'").fetchall()
    return ", ".join(str(name) for (name,) in rows)


def _keys(work: sqlite3.Connection) -> tuple[KeyRestored, ...]:
    rows = work.execute("SELECT id, name, role, belongs_to, revoked_at FROM api_keys ORDER BY created_at, id")
    return tuple(KeyRestored(row[0], row[1], Role(row[2]), row[3], row[4] is not None) for row in rows)


# Writing it.


def _copy_present(store: Path, target: sqlite3.Connection, now: datetime) -> Path:
    """Copy the present store, from the connection that has it alone; where to. Raises BackupNotMade."""
    kept = _free_name(store.with_name(f"{store.name}.before-restore-{now:%Y-%m-%d}"))
    with copying(kept) as part:
        copy_pages(target, part)
        mark_copy(part, store, now, {})
    return kept


def _move_present(store: Path, now: datetime) -> Path | None:
    """Move away a file that is no database any more, and what lies beside it; where to. Raises StoreInUse."""
    kept, moved = _free_name(store.with_name(f"{store.name}.damaged-{now:%Y-%m-%d}")), None
    with in_words(store):
        for end in ("-shm", "-wal", ""):
            there = store.with_name(store.name + end)
            if there.exists() and (end or there.stat().st_size):
                try:
                    there.rename(kept.with_name(kept.name + end))
                except PermissionError:
                    if moved is None:
                        half_restored(store).unlink()  # the store is as it was
                    if os.name != "nt":  # There it says that another program has it open.
                        raise
                    raise StoreInUse(path=store) from None
                moved = kept.with_name(kept.name + end)
    return moved


def _refuse_if_open(store: Path) -> None:
    """Raise StoreInUse where another program's SQLite has a file open that this one's could not open.

    By the lock that SQLite holds on it meanwhile: https://www.sqlite.org/src/file/src/os.h, SHARED_FIRST. This process
    has no connection to the file, of which closing this descriptor would drop the locks.
    """
    if os.name == "nt" or not store.exists():
        return
    import fcntl

    with in_words(store), store.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
        except BlockingIOError:
            raise StoreInUse(path=store) from None


def _free_name(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _note_half_restored(store: Path) -> None:
    note = half_restored(store)
    with in_words(store), note.open("w", encoding="utf-8") as written:
        json.dump({"store": str(store)}, written)
        written.flush()
        os.fsync(written.fileno())


def _write(work: sqlite3.Connection, store: Path, target: sqlite3.Connection | None) -> None:
    """Write what was made ready into the store, whole or not at all. Raises StoreUnusable."""
    with in_words(store), contextlib.ExitStack() as stack:
        if target is None:
            make_folder_and_file(store)
            target = stack.enter_context(closing(connect(store)))
            target.execute("PRAGMA locking_mode = EXCLUSIVE")
            target.execute("PRAGMA journal_mode = WAL")
            target.execute("PRAGMA synchronous = FULL")
        size = target.execute("PRAGMA page_size").fetchone()[0]
        if size != work.execute("PRAGMA page_size").fetchone()[0]:
            work.execute(f"PRAGMA page_size = {size}")
            work.execute("VACUUM")
        work.backup(target)
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        flush_folder(store.parent)
    half_restored(store).unlink(missing_ok=True)
