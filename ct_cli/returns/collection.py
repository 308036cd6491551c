"""A collection: what is asked for a service from a date on. Kept as data: an amended notice is a data change."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from ct_cli.returns.identity import Service


class Basis(StrEnum):
    """How well an item is known."""

    NOTICE = "notice"
    """Read in the formal notice."""
    EXPORT = "export"
    """Seen in Capacity Tracker's exports or DHSC's published tables; demanded only where DHSC publishes it monthly."""
    INFERRED = "inferred"
    """Follows from other facts; said so wherever it is shown."""
    USER = "user"
    """From the user's own collection file."""


class ItemKind(StrEnum):
    """What an item's value is."""

    COUNT = "count"
    """A whole number, 0 or more. Blank is not 0."""
    PERCENTAGE = "percentage"
    """A whole number, 0 to 100, both included."""
    YES_NO = "yes-no"
    TEXT = "text"
    """Free text of at most 500 characters; the personal-data guard reads it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing asked."""

    key: str
    """Lower case with underscores, stable over versions: maximum_capacity."""
    label: str
    group: str
    """The heading under which it is asked, in Capacity Tracker's order of pages."""
    kind: ItemKind
    unit: str
    """beds, people, hours, days …; what one of it is."""
    mandatory: bool
    basis: Basis
    source: str
    note: str = ""
    season: tuple[int, ...] = ()
    """Months of the year (1 to 12) in which it is asked; empty for every month."""
    on_request: bool = False
    """Taken whenever it is given, but not asked item by item at a terminal unless wanted (vacancies by bed type)."""

    def asked_in(self, month_number: int) -> bool:
        """Whether it is asked in a month of the year."""
        return not self.season or month_number in self.season


@dataclass(frozen=True)
class Collection:
    """A version of what is asked for one service. Without items, nothing is known to be asked."""

    id: str
    """Stable and unique: care-home-2023-07-15."""
    service: Service
    title: str
    effective_from: date
    """The first day on which it is in force."""
    source: str
    items: tuple[Item, ...]
    voluntary: bool = False
    """A one-off survey, asked for by --collection only; it never stands in for the monthly return."""
    opens: date | None = None
    """For a voluntary survey: its first and last day, both included."""
    closes: date | None = None
    origin: str = ""
    """The file it was read from, where that is the user's own."""

    @cached_property
    def by_key(self) -> dict[str, Item]:
        """The items by key."""
        return {item.key: item for item in self.items}

    def items_in(self, month_number: int) -> tuple[Item, ...]:
        """The items asked in a month of the year, 1 to 12."""
        return tuple(item for item in self.items if item.asked_in(month_number))
