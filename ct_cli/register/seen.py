"""What Capacity Tracker's files say, before the register and the ledger have been asked what to make of it.

Nothing that identifies a person is taken in: not free text (why a bed is closed, what a question asks), only counts,
moments, Capacity Tracker's own words for whether a place admits, and its own flags.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ct_cli.register.sighting import SightingKind
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month

LONGEST_STATUS = 60
"""Characters of an admission status that are kept: it is a choice out of a list, and no place for sentences."""


class Seen(NamedTuple):
    """What an item or a row says of one location. A named tuple, for there are 31,000 at a time."""

    location_id: str
    """In capitals and trimmed, and otherwise as written: look it up."""
    service: Service | None
    """None where it does not say: the location's only one is meant."""
    updated_at: datetime | None
    """Aware; None where it has never been updated, or that cannot be read."""
    values: dict[str, int | str]
    """By item key."""
    admission_status: str = ""
    accepting: bool | None = None
    confirmed_save: bool | None = None


class Reported(NamedTuple):
    """What a row of the council's monthly report says of one location."""

    location_id: str
    service: Service | None
    user_count: int | None
    done: tuple[Month, ...]
    """The months that have a 1."""
    not_done: tuple[Month, ...]
    """The months that have a 0."""


@dataclass
class ReadExport:
    """What was read, gathered as it goes by."""

    kind: SightingKind
    seen: list[Seen] = field(default_factory=list)
    reported: list[Reported] = field(default_factory=list)
    rows: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    """What could not be read, in words, and how often."""
    zone_assumed: int = 0
    """Moments without a zone, which were taken as UTC."""


def admission_words(given: object) -> str:
    """An admission status on one line."""
    return " ".join(given.split())[:LONGEST_STATUS] if isinstance(given, str) else ""
