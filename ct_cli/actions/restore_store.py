"""Put a backup back, or say what that would do; or take out of it what lies beside the store."""

from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import ExitStatus
from ct_cli.stores.restore import Restored, files_of, restore


@dataclass(frozen=True)
class StoreRestored(Answer):
    """What was, or would be, restored."""

    dry_run: bool
    restored: Restored


@dataclass(frozen=True)
class FilesTakenOut(Answer):
    """The files that were written: settings without secrets, own collections and wording, the queue."""

    files: tuple[Path, ...]


def restore_store(
    workplace: Workplace,
    file: Path,
    *,
    dry_run: bool = False,
    discard_newer: bool = False,
    even_if_altered: bool = False,
) -> StoreRestored:
    """Restore a backup. The exit status is 3 where it was not done, since receipts would have been lost. Raises what
    `restore` raises."""
    done = restore(
        workplace.settings, file, workplace.now,
        dry_run=dry_run, discard_newer=discard_newer, even_if_altered=even_if_altered,
    )  # fmt: skip
    refused = bool(done.lost) and not discard_newer
    return StoreRestored(dry_run, done, exit_status=ExitStatus.REFUSED if refused else ExitStatus.DONE)


def take_files_out(file: Path, folder: Path) -> FilesTakenOut:
    """Write what a backup keeps beside the store to a folder. Raises NotABackup, SettingsUnwritable."""
    return FilesTakenOut(files_of(file, folder))
