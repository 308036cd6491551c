"""Runs over a file that were killed: so that the same file, run again, ends with the summary of a single run.

A run leaves a note beside the store while it lasts: the file's digest, and when it began; and it holds a lock. Where a
run finds the note of an earlier one over the same file and no lock on it, that one was killed, and what it had recorded
counts as recorded by this one. Where the lock is held, both are at work, and each says what it recorded itself.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from ct_cli import clock
from ct_cli.actions.taking.order import FileOrder
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Entry
from ct_cli.errors import NotAMoment
from ct_cli.files import locked, replace_file


@dataclass(frozen=True)
class UnfinishedRun:
    """What is known of a killed run over the same file."""

    killed_began_at: datetime | None
    """When it began; None where there was none."""

    def recorded(self, entry: Entry) -> bool:
        """Whether the killed run recorded an entry."""
        return self.killed_began_at is not None and entry.received_at >= self.killed_began_at


@contextlib.contextmanager
def finishing(workplace: Workplace, order: FileOrder, began_at: datetime, *, dry_run: bool) -> Iterator[UnfinishedRun]:
    """Look for the note of a killed run, and leave one until `with` is left without an exception. No row of this run is
    received before `began_at`."""
    note = None if dry_run or order.file == "-" else _note_of(workplace, order)
    if note is None:
        yield UnfinishedRun(None)
        return
    lock = note.with_suffix(".lock")
    with contextlib.ExitStack() as held:
        alone = False
        with contextlib.suppress(OSError):  # Where no lock can be kept beside the store, no note is.
            alone = held.enter_context(locked(lock))
        killed = _read(note) if alone else None
        if alone and killed is None:
            # Without the note a killed run is finished all the same; only its summary will say "already recorded".
            with contextlib.suppress(OSError):
                replace_file(note, json.dumps({"began_at": began_at.isoformat()}).encode())
        yield UnfinishedRun(killed)
        if alone:
            with contextlib.suppress(OSError):  # Where it cannot be taken away, it could not be left either.
                note.unlink(missing_ok=True)
                lock.unlink(missing_ok=True)


def _note_of(workplace: Workplace, order: FileOrder) -> Path | None:
    """Where the note of a file is; None where the file cannot be known again: a named pipe, which was read to its end
    and would be waited for for ever."""
    if not Path(order.file).is_file():
        return None
    try:
        with Path(order.file).open("rb") as handle:
            digest = file_digest(handle, "sha256").hexdigest()
    except OSError:
        return None
    return workplace.settings.store_path.parent / "unfinished" / f"{digest[:32]}.json"


def _read(note: Path) -> datetime | None:
    try:
        return clock.parse_moment(json.loads(note.read_text(encoding="utf-8"))["began_at"])
    except (OSError, ValueError, KeyError, TypeError, NotAMoment):  # none there, or one that was cut off as it was made
        return None
