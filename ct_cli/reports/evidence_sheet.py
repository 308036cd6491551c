"""Evidence as a CSV: a row for each version of each return, and one for each month that has none."""

import csv
import io
from collections.abc import Iterator

from ct_cli.clock import LONDON
from ct_cli.register.location_rows import escaped
from ct_cli.reports.evidence import SOURCES, EntryEvidence, Evidence, MonthEvidence
from ct_cli.reports.evidence_words import kind, standing

COLUMNS = (
    "location_id", "location_name", "service", "month", "window_opens", "window_closes", "close_moved_because",
    "standing", "version", "kind", "received_at", "inside_window", "rehearsal", "survey", "source", "receipt",
    "said", "content_hash", "previous_hash", "entry_hash", "entry_number",
    "altered",
)  # fmt: skip


def sheet(evidence: Evidence) -> str:
    """The whole sheet, with a header row. No cell can be taken for a formula by a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([escaped(cell) for cell in row] for row in _rows(evidence))
    return text.getvalue()


def _rows(evidence: Evidence) -> Iterator[list[str]]:
    entries: dict[tuple[str, str], list[EntryEvidence]] = {}
    for it in evidence.entries:
        entries.setdefault((it.entry.service.value, str(it.entry.month)), []).append(it)
    for month in evidence.months:
        begins = _month(evidence, month)
        key = (month.obligation.service.value, str(month.window.month))
        of_month = entries.pop(key, [])
        yield from ([*begins, *_entry(it)] for it in of_month)
        if not of_month:
            yield begins + [""] * (len(COLUMNS) - len(begins))


def _month(evidence: Evidence, it: MonthEvidence) -> list[str]:
    window, location = it.window, evidence.location
    return [
        location.id,
        location.name,
        it.obligation.service.value,
        str(window.month),
        window.opens_at.isoformat(),
        window.closes_at.isoformat(),
        window.moved_because or "",
        standing(it.obligation),
    ]


def _entry(it: EntryEvidence) -> list[str]:
    entry = it.entry
    return [
        str(entry.version),
        kind(entry),
        entry.received_at.astimezone(LONDON).isoformat() if entry.source.gives_day else "",
        "yes" if entry.fulfils else "no",
        "yes" if entry.rehearsal else "no",
        entry.survey,
        SOURCES[entry.source],
        entry.receipt_id,
        "; ".join(f"{label}: {value}" for label, value in it.said),
        entry.content_hash,
        entry.previous_hash,
        entry.entry_hash,
        str(entry.number),
        it.altered,
    ]
