"""Whom a council should call, why, and in what order; with the notes of the calls made so far.

The list is issued again and again while a window is open. What people wrote into it is carried from one issue to the
next by location and service, together with any column of their own, and is kept even where nothing is owed any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ct_cli.clock import LONDON
from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.compliance.risk import RiskLevel
from ct_cli.returns.annotating.grids import Cell, Grid
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month

NOTES = "Notes"
"""The column for people to write in."""
OWN_COLUMNS = (
    "Order", "Why", "Location ID", "Name", "Service", "Provider", "Council", "Region", "Beds (CQC)",
    "Days left", "Risk", "Risk because", "If the coming close is missed", "Contacts", "Users", "Last return",
)  # fmt: skip
"""The columns that ct fills in anew with each issue. All others are people's own."""
_LEVELS = {RiskLevel.NONE: "none", RiskLevel.AT_RISK: "at risk", RiskLevel.NOTICE: "notice level"}
_KINDS = {ReturnKind.FULL: "return", ReturnKind.NIL: "nil return", ReturnKind.UNCHANGED: "no change"}


@dataclass(frozen=True, slots=True)
class LastReturn:
    """The last return that is known of a service."""

    month: Month
    kind: ReturnKind
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ToCall:
    """One service at one location whose return is wanted."""

    location_id: str
    name: str
    service: Service
    provider: str
    local_authority: str
    region: str
    beds: int | None
    """CQC's number of beds."""
    status: ObligationStatus
    days_left: int | None
    """Whole days to the close; None once it has closed."""
    risk: RiskLevel
    risk_why: str
    if_missed: RiskLevel | None
    if_missed_why: str
    liable: bool
    rests_on_no_record: bool
    unsaid: bool
    """Whether the monthly report has the month as done for the location, without saying for which service."""
    contacts: tuple[str, ...]
    """Email addresses of those who update Capacity Tracker for it: for the council's own use."""
    last: LastReturn | None

    @property
    def key(self) -> tuple[str, str]:
        """By which notes are carried over."""
        return (self.location_id, self.service.value)


@dataclass(frozen=True, slots=True)
class Written:
    """What people wrote beside one service in an earlier issue."""

    name: str
    said: Mapping[str, str]
    """By the title of their column."""


@dataclass(frozen=True)
class Chase:
    """The list for one month."""

    month: Month
    area: str
    made_at: datetime
    rehearsal: bool
    rows: tuple[ToCall, ...]
    """Whom to call, in order."""
    written: Mapping[tuple[str, str], Written] = field(default_factory=dict)
    """What was written in earlier issues, by location id and service."""

    @property
    def carried(self) -> int:
        """How many of the rows have something written beside them."""
        return sum(row.key in self.written for row in self.rows)

    @property
    def kept(self) -> Sequence[tuple[str, str]]:
        """What has something written, but is not to be called any more."""
        calling = {row.key for row in self.rows}
        return [key for key in self.written if key not in calling]


def in_order(rows: Sequence[ToCall]) -> tuple[ToCall, ...]:
    """By what missing this one would bring, then the risk now, the days left and the beds: the most pressing first."""

    def pressing(row: ToCall) -> tuple[int, int, int, int, str, str]:
        coming = row.if_missed.severity if row.if_missed else row.risk.severity
        days = -1 if row.days_left is None else row.days_left
        return (-coming, -row.risk.severity, days, -(row.beds or 0), row.location_id, row.service)

    return tuple(sorted(rows, key=pressing))


def grids(chase: Chase) -> list[Grid]:
    """The list, and a sheet about it."""
    people = list(dict.fromkeys(title for it in chase.written.values() for title in it.said if title != NOTES))
    header = (*OWN_COLUMNS, NOTES, *people)
    rows = [*_calls(chase, people), *_kept(chase, people)]
    return [
        Grid("To call", header, rows, (NOTES, *people)),
        Grid("About", ("about this list",), [(line,) for line in _about(chase)]),
    ]


def _calls(chase: Chase, people: Sequence[str]) -> Iterator[list[Cell]]:
    for order, row in enumerate(chase.rows, 1):
        yield [
            order,
            _why(row, chase.month),
            row.location_id,
            row.name,
            row.service.value,
            row.provider,
            row.local_authority,
            row.region,
            row.beds,
            row.days_left,
            _risk(row) + ("" if row.liable else " (public body: no penalty)"),
            row.risk_why + (" (nothing recorded before)" if row.rests_on_no_record else ""),
            f"{_LEVELS[row.if_missed]}: {row.if_missed_why}" if row.if_missed and row.if_missed_why else "",
            ", ".join(row.contacts),
            len(row.contacts),
            _last(row.last),
            *_said(chase, row.key, people),
        ]


def _risk(row: ToCall) -> str:
    return "not known" if row.risk is RiskLevel.NONE and row.rests_on_no_record else _LEVELS[row.risk]


def _why(row: ToCall, month: Month) -> str:
    asked = {
        ObligationStatus.OPEN: f"{month.in_words()} not made yet",
        ObligationStatus.MISSED: f"{month.in_words()} missed",
        ObligationStatus.UPCOMING: f"at risk before {month.in_words()} opens",
    }
    unsaid = "; done at the location by the monthly report, service not said" if row.unsaid else ""
    few = "" if len(row.contacts) > 1 else "; nobody registered" if not row.contacts else "; only one user"
    return asked.get(row.status, str(row.status)) + unsaid + few


def _last(last: LastReturn | None) -> str:
    if last is None:
        return "none known"
    here = last.received_at.astimezone(LONDON)
    return f"{last.month}: {_KINDS[last.kind]}, {here.date().isoformat()}"


def _said(chase: Chase, key: tuple[str, str], people: Sequence[str]) -> list[str]:
    said = chase.written[key].said if key in chase.written else {}
    return [said.get(title, "") for title in (NOTES, *people)]


def _kept(chase: Chase, people: Sequence[str]) -> Iterator[list[Cell]]:
    for key in chase.kept:
        location_id, service = key
        known = [None, "not to be called now; kept for what is written", location_id, chase.written[key].name, service]
        yield [*known, *[None] * (len(OWN_COLUMNS) - len(known)), *_said(chase, key, people)]


def _about(chase: Chase) -> Iterator[str]:
    yield f"{chase.area}, {chase.month.in_words()}; made {chase.made_at.astimezone(LONDON):%d %B %Y at %H:%M}"
    yield "In order of what missing this return would bring, the risk now, the days left, and the beds."
    yield f"{NOTES}, and any column of your own, stay when the list is written again to the same file or --previous."
    yield "The other columns, further sheets and colours are not kept: they are made anew with each issue."
    yield "It holds people's email addresses: for the council's own use, not to be published or sent on."
    if chase.rehearsal:
        yield "Made in a rehearsal (CT_NOW was set)."
