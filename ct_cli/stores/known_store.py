"""What is noted, beside the settings, of a store that was used on this computer: that there is one, and how it ended.

A store cannot tell by itself that it was emptied, that an older copy of it was put in its place, or that its log (-wal)
was taken away with what was committed last: each of these is a whole store. So its first and its last receipt are noted
apart from it, and it is held against them when it is next opened. The note may be behind the store, never ahead of it.
"""

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_MOST = 64
"""Stores that are noted: of more, those that were used longest ago are forgotten."""


@dataclass(frozen=True, slots=True)
class Known:
    """A store as it was when ct last used it here."""

    used: bool
    """Whether it held anything: a location or an entry."""
    entries: int = 0
    """The place of its last entry in the order of recording, from 1; 0 where it had none."""
    first: str = ""
    """The receipt of its first entry, by which it is told from another store in its place."""
    last: str = ""


class KnownStore:
    """The note of one store, by its path. What cannot be read or written is as if it were not there."""

    def __init__(self, settings_folder: Path, store: Path) -> None:
        self._store = os.path.realpath(store)
        name = hashlib.sha256(os.fsencode(os.path.normcase(self._store))).hexdigest()[:24]
        self._note = settings_folder / "stores" / f"{name}.json"

    def read(self) -> Known | None:
        """The note; None where there is none."""
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
            known = Known(bool(noted["used"]), int(noted["entries"]), str(noted["first"]), str(noted["last"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return known

    def write(self, known: Known) -> None:
        """Put a note in place of the one before. It is a help, and nothing that is asked for fails for want of it."""
        if self._note.parent.parent == Path("/dev"):  # CT_CONFIG=/dev/null: no settings, and nothing beside them
            return
        # Of this connection alone: a server's threads have one each, to the same store.
        part = self._note.with_name(f"{self._note.name}.{os.getpid()}-{id(self)}")
        with contextlib.suppress(OSError):
            if not self._note.exists():
                self._note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._make_room()
            handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"path": os.fsencode(self._store).decode("utf-8", "replace"), **asdict(known)}, file)
            part.replace(self._note)
        with contextlib.suppress(OSError):  # On Windows whoever reads the note may have been in the way.
            part.unlink(missing_ok=True)

    def forget(self) -> None:
        """Take the note away: what is at the path from now on begins anew."""
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)

    def _make_room(self) -> None:
        notes = sorted(self._note.parent.glob("*.json"), key=lambda note: note.stat().st_mtime)
        for note in notes[: max(0, len(notes) + 1 - _MOST)]:
            note.unlink(missing_ok=True)
