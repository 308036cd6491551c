"""Everything that the ledger holds of a location."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import altered
from ct_cli.backends.contract import Entry, Source
from ct_cli.backends.ledger import MonthKey, month_key
from ct_cli.clock import LONDON
from ct_cli.errors import ExitStatus, FiguresUnreadable
from ct_cli.register.location import Scope
from ct_cli.register.refusals import UnknownLocation
from ct_cli.returns.identity import Service, parse_location_id
from ct_cli.returns.the_return import NilReason, ReturnKind
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One entry, and how it stands to the others of its month."""

    receipt_id: str
    service: Service
    month: Month
    survey: str
    version: int
    kind: ReturnKind
    reason: NilReason | None
    note: str
    received_at: datetime
    """In Europe/London."""
    fulfils: bool
    rehearsal: bool
    source: Source
    recorded_by: str
    corrects: str | None
    """The receipt of the version before it; None for the month's first."""
    stands: bool
    """Whether it is the last word on its month. A rehearsal is that only where no real entry is."""
    changed: tuple[str, ...]
    """The items whose values differ from the version before it; none where either cannot be read."""
    altered: str
    """What shows that it is not as it was recorded; empty where its hashes fit. `ct verify` looks at whole chains."""


@dataclass(frozen=True)
class HistoryShown(Answer):
    """The entries of a location by service, in the order in which they were recorded."""

    location_id: str
    location_name: str
    """Empty where the register does not know the location."""
    service: Service | None
    """The one that was asked for; None for all."""
    entries: tuple[EntryShown, ...]


def show_history(workplace: Workplace, location_id: str, service: Service | None = None) -> HistoryShown:
    """The history of a location. The exit status is 3 where an entry of it was altered since it was recorded.

    Raises UnknownLocation where neither register nor ledger knows the location.
    """
    location_id = parse_location_id(location_id)
    entries = workplace.backend.history(location_id, service)
    found = workplace.backend.locations(Scope(frozenset({location_id}), include_closed=True))
    if not found and not entries:
        known = workplace.backend.locations(Scope(include_closed=True))
        raise UnknownLocation.among(location_id, [location.id for location in known])
    name = found[0].name if found else ""
    shown = tuple(_shown(entries))
    status = ExitStatus.REFUSED if any(entry.altered for entry in shown) else ExitStatus.DONE
    return HistoryShown(location_id, name, service, shown, exit_status=status)


def _shown(entries: Sequence[Entry]) -> list[EntryShown]:
    standing = {month_key(entry): entry.receipt_id for entry in entries}
    standing |= {month_key(entry): entry.receipt_id for entry in entries if not entry.rehearsal}
    last: dict[tuple[MonthKey, bool], Entry] = {}
    shown = []
    for entry in entries:
        key = month_key(entry)
        before = last.get((key, entry.rehearsal))
        last[key, True] = entry  # a rehearsal follows whatever was there, a real entry only real ones
        if not entry.rehearsal:
            last[key, False] = entry
        shown.append(_one(entry, before, stands=standing[key] == entry.receipt_id))
    return shown


def _one(entry: Entry, before: Entry | None, *, stands: bool) -> EntryShown:
    try:
        old, new = (before.values, entry.values) if before else ({}, {})
    except FiguresUnreadable:
        old, new = {}, {}
    changed = tuple(sorted(key for key in {*old, *new} if old.get(key) != new.get(key)))
    return EntryShown(
        receipt_id=entry.receipt_id,
        service=entry.service,
        month=entry.month,
        survey=entry.survey,
        version=entry.version,
        kind=entry.kind,
        reason=entry.reason,
        note=entry.note,
        received_at=entry.received_at.astimezone(LONDON),
        fulfils=entry.fulfils,
        rehearsal=entry.rehearsal,
        source=entry.source,
        recorded_by=entry.recorded_by,
        corrects=before.receipt_id if before else None,
        stands=stands,
        changed=changed,
        altered=altered(entry),
    )
