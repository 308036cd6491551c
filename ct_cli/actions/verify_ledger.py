"""Whether the ledger is as it was written: every hash computed anew, every chain followed to its end."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import Break, Tally, breaks
from ct_cli.errors import ExitStatus


@dataclass(frozen=True)
class LedgerVerified(Answer):
    """What was looked at, and the first break of each chain that has one."""

    entries: int
    chains: int
    """One for each location and service that has an entry."""
    rehearsals: int
    """How many of the entries are rehearsals."""
    whole: bool
    """Whether no break was found."""
    breaks: tuple[Break, ...]


def verify_ledger(workplace: Workplace) -> LedgerVerified:
    """Walk the whole ledger. The exit status is 3 where anything was altered. Raises StoreUnusable."""
    tally, backend = Tally(), workplace.backend
    with backend.at_one_moment():
        found = tuple(breaks(backend.walk(), backend.chain_ends(), tally))
    status = ExitStatus.REFUSED if found else ExitStatus.DONE
    return LedgerVerified(tally.entries, tally.chains, tally.rehearsals, not found, found, exit_status=status)
