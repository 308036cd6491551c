"""Evidence as one self-contained page of HTML, made to be printed on A4 and sent: no script, nothing fetched."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from ct_cli.compliance.risk import RULES, RiskLevel, penalty_in_words
from ct_cli.reports import evidence_words as words
from ct_cli.reports.evidence import SOURCES, EntryEvidence, Evidence, MonthEvidence
from ct_cli.windows.window import in_words

_STYLE = """
:root { color-scheme: light }
body { font: 11pt/1.45 Arial, Helvetica, sans-serif; color: #0b0c0c; background: #fff; max-width: 60rem;
  margin: 2rem auto; padding: 0 1.5rem }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .25rem } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 0 0 .25rem } p { margin: .4rem 0; max-width: 46rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 } caption { text-align: left; font-weight: bold;
  padding: .4rem 0 } th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid #b1b4b6 }
th[scope=row], td code { white-space: nowrap }
thead th { border-bottom: 2px solid #0b0c0c }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .15rem 1.25rem; margin: .5rem 0 }
dt { font-weight: bold } dd { margin: 0; overflow-wrap: anywhere }
code { font-family: Consolas, "DejaVu Sans Mono", monospace; font-size: .85em; overflow-wrap: anywhere }
.note { border-left: 5px solid #0b0c0c; padding: .25rem 1rem; margin: 1rem 0 } .missed { font-weight: bold }
.entry { border-top: 1px solid #b1b4b6; padding: .6rem 0; break-inside: avoid }
.quiet { color: #484f53 }
@page { size: A4; margin: 16mm 14mm }
@media print { body { font-size: 9pt; margin: 0; padding: 0; max-width: none } h2 { break-after: avoid }
  tr { break-inside: avoid } thead { display: table-header-group } a { color: inherit; text-decoration: none } }
"""


def page(evidence: Evidence) -> str:
    """The whole page. Every word that comes from the register or the ledger is escaped."""
    location = evidence.location
    title = f"Monthly returns: {location.name} ({location.id})"
    parts = (
        *_head(evidence, title),
        *_findings(evidence),
        *_month_tables(evidence),
        *_ledger(evidence),
        *_entries(evidence),
        *_rules(evidence),
        *_about(evidence),
    )
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(evidence: Evidence, title: str) -> Iterator[str]:
    location = evidence.location
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="quiet">Evidence of what was sent for {_period(evidence)}, and when</p>'
    if evidence.rehearsal:
        yield _note("<strong>Made in a rehearsal.</strong> The present was set by hand; this page proves nothing.")
    began = in_words(location.registered_on) if location.registered_on else "not known to ct"
    facts = [
        ("Location", f"{location.name}, {location.id}"),
        ("Provider", " ".join(filter(None, [location.provider, location.provider_id])) or "not given"),
        ("Local authority", location.local_authority or "not given"),
        ("Services", ", ".join(service.in_words for service in location.services)),
        ("Registered", began + (f", until {in_words(location.ended_on)}" if location.ended_on else "")),
        ("Public body", "yes: it owes the return, but no penalty reaches it" if location.public_body else "no"),
        ("Page made", f"{words.exact(evidence.made_at)}, by ct {evidence.version}"),
    ]
    yield _facts(facts)


def _findings(evidence: Evidence) -> Iterator[str]:
    owed = [it for it in evidence.months if it.obligation.status in {"fulfilled", "missed", "open"}]
    yield "<h2>In short</h2>"
    yield (
        f"<p>Of {_count(len(owed), 'return')} owed for windows that have opened, <strong>{evidence.met}</strong>"
        f" met by what this ledger holds and <strong>{evidence.missed}</strong> not known to have been made.</p>"
    )
    for it in evidence.risks:
        if it.risk.level is not RiskLevel.NONE or it.rests_on_no_record:
            yield f"<p>{escape(it.service.in_words.capitalize())}, by the end: {escape(words.risk(it))}.</p>"
    if evidence.ledger.breaks:
        yield _note(
            "<strong>The ledger was altered after it was written.</strong> What this page shows of the entries"
            " named under “The ledger” cannot be relied on."
        )
    else:
        yield "<p>The ledger was checked when this page was made: no entry for this location was altered.</p>"


def _month_tables(evidence: Evidence) -> Iterator[str]:
    yield "<h2>Month by month</h2>"
    services = dict.fromkeys(it.obligation.service for it in evidence.months)
    for service in services:
        rows = [_month_row(it) for it in evidence.months if it.obligation.service is service]
        titles = ("Month", "Window (both days included)", "Return", "Received", "Receipt")
        yield _table(f"{service.in_words.capitalize()}", titles, rows)


def _month_row(it: MonthEvidence) -> list[str]:
    window, found = it.window, it.obligation
    dates = f"{words.day(window.opens_at)} to {words.day(window.closes_at)}"
    if window.moved_because:
        dates += f"<br><span class=quiet>close moved: {escape(window.moved_because)}</span>"
    known = [*found.made, *found.waiting]
    how = "<br>".join(escape(words.known(one)) for one in known) if found.made else ""
    standing = escape(words.standing(found))
    if found.status == "missed":
        standing = f'<span class="missed">{standing}</span>'
    if it.outside and not known:
        standing += f"; {_count(len(it.outside), 'entry', 'entries')} outside the window"
    told = known or it.outside
    return [
        window.month.in_words(),
        dates,
        how or standing,
        "<br>".join(words.received(one) for one in told),
        "<br>".join(f"<code>{escape(one.receipt_id)}</code>" for one in told),
    ]


def _ledger(evidence: Evidence) -> Iterator[str]:
    ledger = evidence.ledger
    yield "<h2>The ledger</h2>"
    yield (
        "<p>Each entry carries a SHA-256 hash over what it says, when it was received and the entry before it,"
        " so an entry that is altered, taken out or put in afterwards shows. A correction is a new version; the"
        " earlier one stays.</p>"
    )
    if not ledger.breaks:
        chains = _count(ledger.chains, "chain")
        yield f"<p>Checked: {_count(ledger.entries, 'entry', 'entries')} in {chains}; all as they were written.</p>"
    for it in ledger.breaks:
        receipt = f", receipt <code>{escape(it.receipt_id)}</code>" if it.receipt_id else ""
        yield _note(f"{escape(it.service)}, entry {it.number}{receipt}: {escape(it.reason)}.")
    yield (
        '<p class="quiet">What no ledger can show by itself is that every hash was computed anew by somebody who held'
        " the store. A receipt that was printed or sent at the time settles that: its number must be found here.</p>"
    )


def _entries(evidence: Evidence) -> Iterator[str]:
    yield "<h2>Each return and each version</h2>"
    if not evidence.entries:
        yield "<p>The ledger holds no return for this location in this period.</p>"
    for it in evidence.entries:
        yield _entry(it)


def _entry(it: EntryEvidence) -> str:
    entry = it.entry
    said = ", ".join(f"{label}: {value}" for label, value in it.said)
    facts = [
        *(
            [("Altered", f"This entry is not as it was recorded: {it.altered}. It proves nothing.")]
            if it.altered
            else []
        ),
        ("Received", words.received(entry)),
        ("Arrival", words.arrival(entry)),
        ("Known from", SOURCES[entry.source]),
        *([("Said", said)] if said else []),
    ]
    hashes = [
        ("Receipt", entry.receipt_id),
        ("Content hash", entry.content_hash),
        ("Entry hash", entry.entry_hash),
        ("Previous hash", entry.previous_hash or "none: the first of its chain"),
    ]
    title = f"{entry.month.in_words()}, {entry.service.in_words}: {words.kind(entry)}, version {entry.version}"
    body = _facts(facts) + _facts(hashes, code=True)
    return f'<section class="entry"><h3>{escape(title)}</h3>{body}</section>'


def _rules(evidence: Evidence) -> Iterator[str]:
    yield "<h2>The rules applied, and where they come from</h2>"
    rows = [[escape(_rule(rule.missed, rule.pattern)), escape(rule.level.value.replace("-", " ")),
             escape(rule.source), escape(rule.basis.value)] for rule in RULES]  # fmt: skip
    yield (
        "<p>The duty: s277A Health and Social Care Act 2012, in force 31 July 2022. The window: from the start"
        " of the 8th to the end of the 14th or, where that is a Saturday, a Sunday or a public holiday in"
        " England, of the next working day (formal notice). Penalties: Adult Social Care Information"
        f" (Enforcement) Regulations 2022, in force 1 December 2022;"
        f" {escape(penalty_in_words(evidence.location))}.</p>"
    )
    yield _table("Missed windows", ("Missed", "Brings", "Source", "Basis"), rows)
    yield (
        "<p>Inferred, and not read in any source: that windows are counted for each location and care type over"
        " twelve rolling windows, from the later of 1 December 2022 and the registration date; and that a"
        " location owes the windows on whose last day it is registered.</p>"
    )


def _rule(missed: int, pattern: str) -> str:
    return {"in a row": f"{missed} in a row", "the last": f"the last {missed}"}.get(pattern, f"any {missed} in 12")


def _about(evidence: Evidence) -> Iterator[str]:
    contact = evidence.contact
    yield "<h2>About this page</h2>"
    yield (
        "<p>It was made from the provider's or council's own records with ct, which is not affiliated with DHSC,"
        " NECS, CQC or NHSBSA and does not file returns with DHSC. “Recorded with ct” shows that a return was"
        " made ready and recorded at that time; that Capacity Tracker took it in shows only where the source"
        " says that it was seen there.</p><p>No names of people, no contact details and no free text are on it;"
        " the hashes cover the notes left out.</p>"
    )
    yield "<h2>Where to send it</h2>"
    yield f"<p>A Notice of Intent gives 14 days for representations, made to the {escape(contact.name)} directly:</p>"
    yield _facts([(what, value) for what, value in (("Email", contact.email), ("Telephone", contact.phone)) if value])


def _period(evidence: Evidence) -> str:
    first, last = evidence.first.in_words(), evidence.last.in_words()
    return first if first == last else f"{first} to {last}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _note(html: str) -> str:
    return f'<p class="note">{html}</p>'


def _facts(facts: Iterable[tuple[str, str]], *, code: bool = False) -> str:
    opened, closed = ("<code>", "</code>") if code else ("", "")
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{opened}{escape(v)}{closed}</dd>" for k, v in facts) + "</dl>"


def _table(caption: str, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are HTML already."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = "".join(
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>\n"
        for first, *rest in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>"
