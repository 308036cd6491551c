"""How far a synchronisation with CQC has come: kept in a file, so that one that breaks off goes on where it stopped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from ct_cli.errors import UsageError
from ct_cli.files import replace_file


class SyncNotKept(UsageError):
    """How far the synchronisation has come cannot be kept in {path}: {reason}. Check that the folder is yours to write
    in, or name another: `ct config set cache FOLDER`."""

    code = "sync-not-kept"

    @classmethod
    def because(cls, path: Path, error: OSError) -> "SyncNotKept":
        """The failure of a file, in words."""
        return cls(path=path, reason=(error.strerror or str(error)).lower())


@dataclass
class SyncState:
    """What was asked already. Losing it costs only time."""

    path: Path
    done_until: datetime | None = None
    """Up to when CQC's changes are in the register; None where that is not known."""
    until: datetime | None = None
    """Up to when the run that is under way goes; None where none is."""
    began_from: str = ""
    """What the run that is under way asks for: "all", or a moment."""
    ids: list[str] = field(default_factory=list)
    details: dict[str, dict[str, Any] | None] = field(default_factory=dict)

    @staticmethod
    def path_of(folder: Path, store: str) -> Path:
        """Where the state of a store is kept."""
        return folder / f"cqc-sync-{sha256(store.encode()).hexdigest()[:12]}.json"

    @classmethod
    def read(cls, path: Path) -> "SyncState":
        """The state that was kept; empty where there is none, or it cannot be read."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                path,
                _moment(found["done_until"]),
                _moment(found["until"]),
                str(found["began_from"]),
                list(found["ids"]),
                dict(found["details"]),
            )
        except (OSError, ValueError, KeyError, TypeError):  # it can be made again: CQC is asked once more
            return cls(path)

    def save(self) -> None:
        """Write it, whole or not at all. Raises SyncNotKept."""
        text = json.dumps({**self._moments(), "began_from": self.began_from, "ids": self.ids, "details": self.details})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.path, text.encode("utf-8"))
        except OSError as error:
            raise SyncNotKept.because(self.path, error) from None

    def finish(self) -> None:
        """The run is in the register: only its moment is kept. Raises SyncNotKept."""
        self.done_until, self.until, self.ids, self.details = self.until, None, [], {}
        self.save()

    def _moments(self) -> Mapping[str, str | None]:
        pairs = {"done_until": self.done_until, "until": self.until}
        return {name: None if moment is None else moment.isoformat() for name, moment in pairs.items()}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
