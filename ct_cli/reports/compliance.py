"""A council's or a board's picture: who responded over the months, who is at risk, the beds, how fresh and how sound.

Values only. They are counted by `ct_cli.actions.compliance_reading`, made fit for the public by
`ct_cli.reports.compliance_public`, and drawn by the page and the sheets beside this file.
"""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.compliance.risk import RiskLevel
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month
from ct_cli.windows.window import WindowState

Count = int | None
"""A count; None where it is left out of a public report because it, or what it gives away, is under six."""

LETTERS: dict[ReturnKind | ObligationStatus, str] = {
    ReturnKind.FULL: "R",
    ReturnKind.NIL: "N",
    ReturnKind.UNCHANGED: "=",
    ObligationStatus.MISSED: "X",
    ObligationStatus.OPEN: "o",
    ObligationStatus.UPCOMING: ".",
    ObligationStatus.NOT_REQUIRED: "-",
}
"""One letter for each way in which a month of a service can stand; `ct status --matrix` has the same."""

UNSAID = "?"
"""Capacity Tracker's monthly report has the month as done for the location, and does not say for which service."""

IN_WORDS = {
    "R": "return made",
    "N": "nil return",
    "=": "no change confirmed",
    "X": "no return known",
    "?": "done at the location, service not said",
    "o": "open, not yet made",
    ".": "not yet open",
    "-": "not required",
}
"""What the letters mean."""

EVERYTHING = "All services"
"""The name of the group that the others make together."""
CARE_HOMES = Service.CARE_HOME.in_words.capitalize()
"""The name of the care homes' group; others are named in the same way."""


@dataclass(frozen=True, slots=True)
class Response:
    """How many returns were owed and made."""

    owed: Count
    made: Count
    missing: Count

    @property
    def rate(self) -> float | None:
        """Made in a hundred owed, to one decimal; None where nothing was owed, or either is left out."""
        return round(100 * self.made / self.owed, 1) if self.owed and self.made is not None else None


@dataclass(frozen=True, slots=True)
class MonthResponse:
    """The response in one month: everything first, then service by service."""

    month: Month
    state: WindowState
    groups: tuple[tuple[str, Response], ...]

    @property
    def whole(self) -> Response:
        """Of every service together."""
        return self.groups[0][1]


@dataclass(frozen=True, slots=True)
class CouncilResponse:
    """The response in one council's area."""

    name: str
    latest: Response
    """In the last month of the report."""
    rates: tuple[float | None, ...]
    """In each month of the report; empty where the report is public."""


@dataclass(frozen=True, slots=True)
class RiskCount:
    """How many services at a location stand where; together they are what is owed for the last month."""

    group: str
    none: Count
    at_risk: Count
    notice: Count
    not_known: Count
    """No risk by what is known, but of months that might bring one nothing is recorded, or not for which service."""


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One service at one location that is at risk."""

    location_id: str
    location_name: str
    service: Service
    provider: str
    local_authority: str
    level: RiskLevel
    why: str
    months: tuple[Month, ...]
    liable: bool
    """False for a public body, which owes the return, but to which no penalty reaches."""
    rests_on_no_record: bool
    """Before the first return that ct knows of are months that might raise it: it may only never have been told."""
    users: int
    """People known to be registered to update Capacity Tracker for the location."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One service at one location over the months."""

    location_id: str
    location_name: str
    service: Service
    provider: str
    local_authority: str
    risk: RiskLevel
    letters: str
    """A letter a month, oldest first."""


@dataclass(frozen=True, slots=True)
class BedRow:
    """The beds of one type. The last three make the total."""

    name: str
    total: Count
    occupied: Count
    admittable: Count
    """Vacant and accepting admissions."""
    not_admittable: Count
    """The rest: reserved, closed, or not available."""


@dataclass(frozen=True, slots=True)
class Beds:
    """The beds of the care homes that owe the last month's return, as each last gave them."""

    homes_with: Count
    """Care homes that gave their beds."""
    homes_without: Count
    whole: BedRow
    types: tuple[BedRow, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How many services were last updated how long ago."""

    words: str
    services: Count


@dataclass(frozen=True, slots=True)
class ProviderQueries:
    """What the plausibility queries find in the last returns of one provider."""

    provider: str
    returns: int
    """Last returns looked at; nil returns too, which may come right after one with people in it."""
    queried: int
    """Of these, how many raise at least one query that nobody has explained."""
    explained: int
    """Queries that were confirmed with a note when the return was made."""
    codes: tuple[tuple[str, int], ...]
    """How often each query that nobody has explained is raised, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Queries:
    """The same for everything in the report."""

    sound: Count
    """Last returns that raise no query, or none that was not explained."""
    queried: Count
    codes: tuple[tuple[str, Count], ...]
    providers: tuple[ProviderQueries, ...]
    """Those with a query, the most of them first; empty where the report is public."""


@dataclass(frozen=True, slots=True)
class Compliance:
    """All that the page and the sheets show."""

    area: str
    """What the report is about, in words: Exampleshire; Rose Care in Exampleshire; all locations."""
    first: Month
    last: Month
    made_at: datetime
    rehearsal: bool
    """Whether it was made in a rehearsal, where rehearsed returns count."""
    must_be_seen: bool
    """Whether only what was seen in Capacity Tracker's export counts as made."""
    version: str
    """ct's own."""
    public: bool
    locations: Count
    """Locations with a service that owes the last month's return."""
    months: tuple[MonthResponse, ...]
    """Oldest first."""
    councils: tuple[CouncilResponse, ...]
    """By name; empty where there is only one."""
    risks: tuple[RiskCount, ...]
    """At present: everything first, then service by service."""
    at_risk: tuple[RiskRow, ...]
    """The severest first; empty where the report is public."""
    grid: tuple[GridRow, ...]
    """By location; empty where the report is public, or has more than is read for a page."""
    grid_rows: int
    """How many rows the grid has, or would have."""
    beds: Beds
    freshness: tuple[Freshness, ...]
    queries: Queries

    @property
    def latest(self) -> MonthResponse:
        """The last month's response."""
        return self.months[-1]
