"""Back the store up."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import ExitStatus
from ct_cli.stores.backup import BackupMade, make_backup


@dataclass(frozen=True)
class BackedUp(Answer):
    """The backup that was made."""

    backup: BackupMade


def back_up(
    workplace: Workplace, file: str, *, keep: int | None = None, overwrite: bool = False, even_if_altered: bool = False
) -> BackedUp:
    """Back the store up to a file. The exit status is 3 where the ledger was altered, 4 where an earlier backup that
    was to go could not be removed. Raises what `make_backup` raises."""
    made = make_backup(
        workplace.settings, file, workplace.now, keep=keep, overwrite=overwrite, even_if_altered=even_if_altered
    )
    status = ExitStatus.OUTSTANDING if made.not_removed else ExitStatus.DONE
    return BackedUp(made, exit_status=ExitStatus.REFUSED if made.breaks or made.misnoted else status)
