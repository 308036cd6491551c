"""Whether the ledger is as it was written: every hash computed anew, every chain followed to its end, and what a store
notes beside its chains held against them."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import Break, Tally, breaks
from ct_cli.backends.contract import Misnoted
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
    """Whether nothing was found."""
    breaks: tuple[Break, ...]
    misnoted: tuple[Misnoted, ...]
    """Chains without a break of which the store notes what their entries do not say."""


def verify_ledger(workplace: Workplace) -> LedgerVerified:
    """Walk the whole ledger. The exit status is 3 where anything was altered. Raises StoreUnusable."""
    tally, backend = Tally(), workplace.backend
    with backend.at_one_moment():
        broken = tuple(breaks(backend.walk(), backend.chain_ends(), tally))
        told = {(it.location_id, it.service) for it in broken}
        misnoted = tuple(it for it in backend.misnoted() if (it.location_id, it.service) not in told)
    whole = not broken and not misnoted
    status = ExitStatus.DONE if whole else ExitStatus.REFUSED
    return LedgerVerified(
        tally.entries, tally.chains, tally.rehearsals, whole, broken, misnoted, exit_status=status
    )  # fmt: skip
