"""What a ledger is verified by, and what is wrong with one that something other than ct wrote to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damaged:
    """A line of the ledger that is not as ct writes it, so that no entry can be made of it."""

    location_id: str
    service: str
    number: int
    receipt_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where a chain ends by the store's own note of it, which is kept apart from the entries."""

    location_id: str
    service: str
    number: int
    """How many entries the chain has."""
    entry_hash: str
    """The last one's."""


@dataclass(frozen=True, slots=True)
class Misnoted:
    """A chain of which a store notes something, so as not to search it, that its entries do not say."""

    location_id: str
    service: str
    reason: str
