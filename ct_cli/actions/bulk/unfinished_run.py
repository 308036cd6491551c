"""Runs over a file that were killed: so that the same file, run again, ends with the summary of a single run.

A run leaves a note beside the store while it lasts: the file's digest, and when it began. Where a run finds the note
of an earlier one over the same file, that one was killed, and what it had recorded counts as recorded by this one.
"""

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from ct_cli import clock
from ct_cli.actions.taking.order import FileOrder
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Entry
from ct_cli.errors import NotAMoment


@dataclass(frozen=True)
class UnfinishedRun:
    """The note of this run."""

    note: Path | None
    """None where no note is kept: a dry run, or standard input, which cannot be known again."""
    killed_began_at: datetime | None
    """When the killed run over the same file began; None where there was none."""

    @classmethod
    def begin(cls, workplace: Workplace, order: FileOrder, began_at: datetime, *, dry_run: bool) -> "UnfinishedRun":
        """Look for the note of a killed run, and leave one. No row of this run is received before `began_at`."""
        if dry_run or order.file == "-":
            return cls(None, None)
        try:
            with Path(order.file).open("rb") as handle:
                digest = file_digest(handle, "sha256").hexdigest()
        except OSError:  # A named pipe that was read to its end: it cannot be known again.
            return cls(None, None)
        note = workplace.settings.store_path.parent / "unfinished" / f"{digest[:32]}.json"
        earlier = _read(note)
        if earlier is None:
            # Without the note a killed run is finished all the same; only its summary will say "already recorded".
            with contextlib.suppress(OSError):
                note.parent.mkdir(parents=True, exist_ok=True)
                note.write_text(json.dumps({"began_at": began_at.isoformat()}), encoding="utf-8")
        return cls(note, earlier)

    def finish(self) -> None:
        """Take the note away: the run is at its end."""
        if self.note is not None:
            with contextlib.suppress(OSError):  # Where it cannot be taken away, it could not be left either.
                self.note.unlink(missing_ok=True)

    def recorded(self, entry: Entry) -> bool:
        """Whether the killed run recorded an entry."""
        return self.killed_began_at is not None and entry.received_at >= self.killed_began_at


def _read(note: Path) -> datetime | None:
    try:
        return clock.parse_moment(json.loads(note.read_text(encoding="utf-8"))["began_at"])
    except (OSError, ValueError, KeyError, TypeError, NotAMoment):  # none there, or one that was cut off as it was made
        return None
