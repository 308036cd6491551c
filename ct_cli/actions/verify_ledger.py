"""Whether the ledger is as it was written: every hash computed anew, every chain followed to its end, and what a store
notes beside its chains held against them; and whether receipts that were given out are still there."""

from collections.abc import Iterable
from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import Break
from ct_cli.backends.contract import Misnoted
from ct_cli.errors import ExitStatus
from ct_cli.ledger.moments import MomentBack
from ct_cli.stores.verification import MissingReceipt, Receipts, verify


@dataclass(frozen=True)
class LedgerVerified(Answer):
    """What was looked at, and the first break of each chain that has one."""

    entries: int
    chains: int
    """One for each location and service that has an entry."""
    rehearsals: int
    """How many of the entries are rehearsals."""
    whole: bool
    """Whether nothing was found to be altered."""
    breaks: tuple[Break, ...]
    misnoted: tuple[Misnoted, ...]
    """Chains without a break of which the store notes what their entries do not say."""
    moments_back: tuple[MomentBack, ...]
    """Entries whose moment of receipt is more than an hour before that of one before them: a clock was set back.
    Nothing was altered, and the exit status is as without."""
    receipts_checked: int | None
    """How many receipts that were once given out were looked for; None where none were named."""
    missing: tuple[MissingReceipt, ...]
    """Those of them that the ledger has no entry of."""
    lacks: str
    """What the store held when it was last used on this computer and holds no longer, in words; empty where nothing."""


def verify_ledger(workplace: Workplace, against: Iterable[Receipts] = ()) -> LedgerVerified:
    """Walk the whole ledger. The exit status is 3 where anything was altered, or a receipt is missing.

    `against` are receipts that were once given out, of several files. Raises StoreUnusable.
    """
    given_out: dict[str, MissingReceipt] | None = None
    for receipts in against:
        given_out = {**(given_out or {}), **receipts}
    found, missing = verify(workplace.backend, given_out)
    lacks = workplace.backend.lacks
    status = ExitStatus.DONE if found.whole and not missing and not lacks else ExitStatus.REFUSED
    return LedgerVerified(
        found.entries, found.chains, found.rehearsals, found.whole, found.breaks, found.misnoted, found.moments_back,
        None if given_out is None else len(given_out), missing, lacks, exit_status=status,
    )  # fmt: skip
