"""The evidence for a location: what was owed, what was sent and when, and whether the ledger is as it was written.

For representations to NHSBSA (a Notice of Intent gives 14 days for them). It holds nothing of the people who recorded
the returns, and no free text: notes are left out, though the hashes cover them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ct_cli.backends.chain_check import Break
from ct_cli.backends.contract import Entry, Source
from ct_cli.compliance.obligation import Counting, Obligation, obligation
from ct_cli.compliance.risk import Risk
from ct_cli.compliance.span import Span
from ct_cli.register.location import Location
from ct_cli.register.support import Contact
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month
from ct_cli.windows.window import ReportingWindow

SOURCES = {
    Source.RECORDED_HERE: "recorded with ct by the provider or on its behalf",
    Source.RECEIVED_BY_API: "received by a ct server, whose clock gave the time",
    Source.CAPACITY_TRACKER: "seen in Capacity Tracker's own export",
    Source.CAPACITY_TRACKER_REPORT: "a 1 in Capacity Tracker's monthly report to councils, which gives no day",
}
"""Each source in words that somebody at NHSBSA can weigh."""


@dataclass(frozen=True, slots=True)
class MonthEvidence:
    """One month of one service: its window, how the obligation stands, and the returns that meet it."""

    window: ReportingWindow
    obligation: Obligation
    outside: tuple[Entry, ...]
    """What was recorded for the month before or after its window, which fulfils nothing."""


@dataclass(frozen=True, slots=True)
class EntryEvidence:
    """One version of one return."""

    entry: Entry
    said: tuple[tuple[str, str], ...]
    """Each item's label and value, in the order in which they are asked."""
    altered: str
    """What shows that it is not as it was recorded; empty where its hashes fit."""


@dataclass(frozen=True, slots=True)
class LedgerEvidence:
    """What the check of the location's chains found when the page was made."""

    entries: int
    chains: int
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class ServiceRisk:
    """Where the missed months bring a service at the end of the period, by what ct knows, as `ct status` has it."""

    service: Service
    risk: Risk
    months: tuple[Month, ...]
    rests_on_no_record: bool
    """Whether months that ct was never told of might make it graver."""
    recorded_from: Month | None
    """The first month of which ct knows whether it was made."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a page or a sheet of evidence shows."""

    location: Location
    first: Month
    last: Month
    made_at: datetime
    rehearsal: bool
    """Whether it was made in a rehearsal, where rehearsed returns count."""
    version: str
    """ct's own."""
    months: tuple[MonthEvidence, ...]
    """By service, oldest first."""
    entries: tuple[EntryEvidence, ...]
    """By service, in the order in which they were recorded."""
    ledger: LedgerEvidence
    risks: tuple[ServiceRisk, ...]
    contact: Contact
    """Where representations go."""

    @property
    def met(self) -> int:
        """How many of the months owed were met."""
        return sum(bool(it.obligation.made) for it in self.months)

    @property
    def missed(self) -> int:
        """How many were missed."""
        return sum(it.obligation.status == "missed" for it in self.months)


def months_of(
    location: Location, services: Iterable[Service], entries: Sequence[Entry], span: Span, counting: Counting
) -> tuple[MonthEvidence, ...]:
    """Every month of the span for each service, with the last return of each source that came inside its window."""
    inside: dict[tuple[Service, Month], dict[tuple[Source, bool], Entry]] = {}
    outside: dict[tuple[Service, Month], list[Entry]] = {}
    for entry in entries:
        key = (entry.service, entry.month)
        if entry.fulfils and not entry.survey:
            inside.setdefault(key, {})[entry.source, entry.rehearsal] = entry
        elif not entry.survey:
            outside.setdefault(key, []).append(entry)
    found = []
    for service in services:
        for window in span.windows:
            key = (service, window.month)
            known = inside.get(key, {}).values()
            one = obligation(location, service, window.month, known, span, counting)
            found.append(MonthEvidence(window, one, tuple(outside.get(key, ()))))
    return tuple(found)
