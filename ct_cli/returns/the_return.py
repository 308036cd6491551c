"""The return: what a provider says of one service at one location for one month."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month

Values = Mapping[str, int | str]
"""Counts and percentages are int; yes-no items are "yes" or "no"; text is str. What was left blank is absent."""


REPLACES_FIGURES = "replaces-figures"
"""The code of the query of a return that leaves out figures of the version that it replaces."""


class ReturnKind(StrEnum):
    """The ways to answer a month."""

    FULL = "return"
    NIL = "nil"
    UNCHANGED = "unchanged"
    """Confirms the last return; the ledger keeps the values that it confirms."""


class NilReason(StrEnum):
    """Why there is nothing to report (formal notice: a nil return is still owed)."""

    NO_SERVICE_USERS = "no-service-users"
    NO_STAFF = "no-staff"
    NOT_YET_STARTED = "not-yet-started"
    STOPPED = "stopped"
    NOT_DELIVERED_HERE = "not-delivered-here"
    AWAITING_CQC = "awaiting-cqc"
    CLOSING = "closing"


class Return(NamedTuple):
    """A return as given, before any rule has seen it. Made for each wrong row of a file, so a named tuple."""

    location_id: str
    service: Service
    month: Month
    kind: ReturnKind
    raw: Mapping[str, str] = MappingProxyType({})
    """The text that the user wrote, by item key."""
    reason: NilReason | None = None
    note: str = ""
    confirm: frozenset[str] = frozenset()
    """The codes of queries that the sender confirms; `note` says why they are right, save of REPLACES_FIGURES."""
    survey: str = ""
    """A voluntary collection's id; empty for the month's own return."""
    expected_version: int | None = None
    """Correct only this version (If-Match); None corrects whatever is there."""


@dataclass(frozen=True, slots=True)
class CheckedReturn:
    """A return that every rule has passed: what a backend is given to record."""

    location_id: str
    service: Service
    month: Month
    kind: ReturnKind
    collection: str
    """The id of the collection that it answers."""
    values: Values
    survey: str = ""
    """The same id where that is a voluntary survey; empty for the monthly return."""
    reason: NilReason | None = None
    note: str = ""
    confirmed: tuple[str, ...] = ()
    expected_version: int | None = None
    replaces_figures: bool = False
    """Whether its sender confirmed that it may leave out what the version before it gave. Said on its way to the store
    that decides, and not kept in an entry."""
