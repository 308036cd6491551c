"""A page or a sheet that proves what was sent for a location, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ct_cli import __version__, clock
from ct_cli.actions.answer import Answer
from ct_cli.actions.backward_period import BackwardPeriod
from ct_cli.actions.find_location import find_location
from ct_cli.actions.status.reading import LOOK_BACK
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import Tally, altered, breaks
from ct_cli.backends.contract import Entry
from ct_cli.compliance.obligation import Counting
from ct_cli.compliance.risk import ROLLING, RiskLevel
from ct_cli.compliance.span import Span
from ct_cli.compliance.standing import months_made, months_told, months_unsaid, standings
from ct_cli.errors import UsageError
from ct_cli.files import write_whole
from ct_cli.register.location import Location, Scope
from ct_cli.register.support import read_support_book
from ct_cli.reports.evidence import EntryEvidence, Evidence, LedgerEvidence, ServiceRisk, months_of
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH


class Format(StrEnum):
    """What evidence is written as."""

    HTML = "html"
    CSV = "csv"


class NoFormat(UsageError):
    """{given} does not say what to write: end the file's name in .html or .csv, or give --format html or csv."""

    code = "no-format"


@dataclass(frozen=True, slots=True)
class RiskTold:
    """The risk of one service by what ct knows, as `ct status` tells it."""

    service: Service
    known_risk: RiskLevel
    known_risk_why: str
    known_risk_months: tuple[Month, ...]
    rests_on_no_record: bool


@dataclass(frozen=True)
class EvidenceWritten(Answer):
    """What was written, and what it shows."""

    location_id: str
    first: Month
    last: Month
    format: Format
    file: Path | None
    """None where it was asked for on stdout."""
    met: int
    missed: int
    entries: int
    risks: tuple[RiskTold, ...]
    ledger_whole: bool
    """Whether no entry of the location was altered; the page says which was."""
    rehearsal: bool
    document: str | None
    """The page or sheet itself, where it was not written to a file."""


def write_evidence(
    workplace: Workplace, location_id: str, out: str, first: Month | None, last: Month | None, given: str | None
) -> EvidenceWritten:
    """Write evidence to a file, or answer it where `out` is -.

    Without months: from the location's first entry, and at least the last twelve windows, to the present one.
    Raises UnknownLocation, NoFormat, BackwardPeriod, FileNotWritten.
    """
    wanted = _format(out, given)
    evidence = _gather(workplace, find_location(workplace, location_id), first, last)
    document = _document(evidence, wanted)
    file = None if out == "-" else Path(out)
    if file is not None:
        # Excel takes a CSV for UTF-8 only where it begins with a mark.
        write_whole(file, document.encode("utf-8-sig" if wanted is Format.CSV else "utf-8"))
    return EvidenceWritten(
        location_id=evidence.location.id,
        first=evidence.first,
        last=evidence.last,
        format=wanted,
        file=file,
        met=evidence.met,
        missed=evidence.missed,
        entries=len(evidence.entries),
        risks=tuple(
            RiskTold(it.service, it.risk.level, it.risk.words, it.months, it.rests_on_no_record)
            for it in evidence.risks
        ),
        ledger_whole=not evidence.ledger.breaks,
        rehearsal=evidence.rehearsal,
        document=document if file is None else None,
    )


def _format(out: str, given: str | None) -> Format:
    ending = (given or (Path(out).suffix.removeprefix(".") if out != "-" else "")).lower()
    if ending not in set(Format):
        raise NoFormat(given=given or out)
    return Format(ending)


def _document(evidence: Evidence, wanted: Format) -> str:
    if wanted is Format.CSV:
        from ct_cli.reports.evidence_sheet import sheet

        return sheet(evidence)
    from ct_cli.reports.evidence_page import page

    return page(evidence)


def _gather(workplace: Workplace, location: Location, first: Month | None, last: Month | None) -> Evidence:
    backend, now = workplace.backend, workplace.now
    with backend.at_one_moment():
        # Walked, for only this shows lines of which no entry can be made any more.
        lines, ends = list(backend.walk(location.id)), list(backend.chain_ends(location.id))
    tally = Tally()
    broken = tuple(breaks(lines, ends, tally))
    entries = [line for line in lines if isinstance(line, Entry)]
    span = _period(workplace, entries, first, last)
    counting = Counting(clock.rehearsing(), workplace.settings.text("filing") == "capacity-tracker")
    services = list(dict.fromkeys([*location.mandated_services, *(it.service for it in entries)]))
    contact = next(it for it in read_support_book(workplace.settings).contacts if it.key == "nhsbsa")
    return Evidence(
        location=location,
        first=span.first,
        last=span.last,
        made_at=now,
        rehearsal=clock.rehearsing(),
        version=__version__,
        months=months_of(location, services, entries, span, counting),
        entries=tuple(_said(workplace, it) for it in entries if span.holds(it.month)),
        ledger=LedgerEvidence(tally.entries, tally.chains, broken),
        risks=_risks(workplace, location, entries, span.last, counting),
        contact=contact,
    )


def _period(workplace: Workplace, entries: Sequence[Entry], first: Month | None, last: Month | None) -> Span:
    present = workplace.calendar.current_or_next(workplace.now).month
    last = last or present
    earliest = min([last + (1 - ROLLING), *(it.month for it in entries)])
    first = first or min(last, max(FIRST_MONTH, earliest))
    if first > last:
        raise BackwardPeriod(first=first, last=last)
    return Span.of(workplace.calendar, first, last, workplace.now)


def _risks(
    workplace: Workplace, location: Location, entries: Sequence[Entry], last: Month, counting: Counting
) -> tuple[ServiceRisk, ...]:
    """By the windows decided by now that end with the period, or before it does; as far back as `ct status` looks."""
    newest = min(last, workplace.calendar.current_or_next(workplace.now).month)
    span = Span.of(workplace.calendar, newest + -LOOK_BACK, newest, workplace.now)
    counted = (it for it in entries if it.fulfils and not it.survey and span.holds(it.month))
    sightings = workplace.backend.sightings(Scope(frozenset({location.id}), include_closed=True))
    told, unsaid = months_told(sightings, span), months_unsaid(sightings, span)
    found = []
    for it in standings([location], months_made(counted, newest, counting), span, told=told, unsaid=unsaid):
        risk = it.known_risk
        months = span.months_of(risk.months)
        found.append(ServiceRisk(it.service, risk, months, it.rests_on_no_record, it.recorded_from))
    return tuple(found)


def _said(workplace: Workplace, entry: Entry) -> EntryEvidence:
    """The entry with its items in the order in which they are asked; free text is left out, as it can name people."""
    asked = workplace.catalogue.for_month(entry.service, entry.month).by_key
    values = entry.values
    order = [key for key in asked if key in values] + [key for key in values if key not in asked]
    said = tuple(
        (asked[key].label if key in asked else key, str(values[key]))
        for key in order
        if isinstance(values[key], int) or values[key] in {"yes", "no"}
    )
    return EntryEvidence(entry, said, altered(entry))
