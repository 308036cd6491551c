"""The compliance report as one self-contained page of HTML: no script, nothing fetched, made to be printed on A4."""

from collections.abc import Iterator, Sequence
from html import escape

from ct_cli.clock import LONDON
from ct_cli.compliance.risk import RiskLevel
from ct_cli.reports import compliance_words as words
from ct_cli.reports.charts import columns, hatching, stacked, swatch
from ct_cli.reports.compliance import IN_WORDS, BedRow, Compliance, GridRow, MonthResponse, RiskRow
from ct_cli.reports.frame import document, note, table
from ct_cli.windows.window import WindowState

MOST_AT_RISK = 500
"""Rows of the list of those at risk that a page shows; the sheets have all."""
_LEVELS = {RiskLevel.AT_RISK: "at risk", RiskLevel.NOTICE: "notice level", RiskLevel.NONE: "none"}
_SECTIONS = (
    ("response", "Response month by month"),
    ("councils", "Response by council"),
    ("risk", "Risk of a penalty"),
    ("grid", "Month by month"),
    ("beds", "Beds"),
    ("fresh", "How fresh the figures are"),
    ("queries", "Figures to look at"),
    ("about", "About this report"),
)


def page(report: Compliance) -> str:
    """The whole page. Every word that comes from the register is escaped."""
    title = f"Monthly returns: {report.area}"
    parts = {
        "response": _response(report),
        "councils": _councils(report),
        "risk": _risk(report),
        "grid": _grid(report),
        "beds": _beds(report),
        "fresh": _fresh(report),
        "queries": _queries(report),
        "about": _about(report),
    }
    sections = {key: "\n".join(part) for key, part in parts.items()}
    main = [*_head(report, title), _contents(sections), hatching()]
    for key, heading in _SECTIONS:
        if sections[key]:
            main.append(f'<h2 id="{key}">{heading}</h2>\n{sections[key]}')
    return document(title, "Capacity Tracker: monthly returns", main, _foot(report))


def _contents(sections: dict[str, str]) -> str:
    links = "".join(f'<li><a href="#{key}">{words}</a></li>' for key, words in _SECTIONS if sections[key])
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>'


def _head(report: Compliance, title: str) -> Iterator[str]:
    yield f"<h1>{escape(title)}</h1>"
    made = report.made_at.astimezone(LONDON)
    when = f"{made.day} {made:%B %Y at %H:%M}"
    yield f'<p class="quiet">{words.period(report)}. Made on {when} with ct {report.version}.</p>'
    if report.rehearsal:
        yield note("<strong>Made in a rehearsal.</strong> The present was set by hand; this page proves nothing.")
    if report.public:
        yield note(f"For the public: no location and no provider is named. {words.WHY_LEFT_OUT}")
    latest, risk = report.latest.whole, report.risks[0]
    month = f"{report.last.in_words()} ({words.state(report.latest.state)})"
    facts = [
        (words.percentage(latest.rate), f"of returns made for {month}"),
        (words.count(latest.missing), "owed and not made"),
        (words.count(risk.at_risk), "at risk"),
        (words.count(risk.notice), "at notice level"),
        (words.count(report.locations), "locations"),
    ]
    items = "".join(f"<li><strong>{figure}</strong> {escape(what)}</li>" for figure, what in facts)
    yield f'<ul class="figures">{items}</ul>'


def _response(report: Compliance) -> Iterator[str]:
    bars = [(words.short(it.month), it.whole.rate, it.state is not WindowState.OPEN) for it in report.months]
    told = "; ".join(f"{it.month.in_words()} {words.percentage(it.whole.rate)}" for it in report.months)
    yield columns("rates", "Returns made in a hundred owed, by month", f"{told}. The table below has the counts.", bars)
    if report.latest.state is WindowState.OPEN:
        yield f"<p>Hatched: the window of {report.last.in_words()} is still open, so its rate will change.</p>"
    if report.public and any(rate is None for _, rate, _ in bars):
        yield "<p>A month without a bar: its rate is left out, as a count under six could be worked out from it.</p>"
    services = [group for group, _ in report.latest.groups[1:]]
    rows = [_month_row(it, services) for it in report.months]
    titles = ("Month", "Owed", "Made", "Not made", "Response", *services)
    yield table("Response by month", titles, rows, numeric=len(titles) - 1)


def _month_row(it: MonthResponse, services: Sequence[str]) -> list[str]:
    whole, groups = it.whole, dict(it.groups)
    still = " (still open)" if it.state is WindowState.OPEN else ""
    counts = [words.count(number) for number in (whole.owed, whole.made, whole.missing)]
    each = (groups[service] for service in services)
    of_services = [f"{words.count(of.made)} of {words.count(of.owed)}, {words.percentage(of.rate)}" for of in each]
    return [it.month.in_words() + still, *counts, words.percentage(whole.rate), *of_services]


def _councils(report: Compliance) -> Iterator[str]:
    if not report.councils:
        return
    rows = [
        [
            escape(it.name),
            *(words.count(number) for number in (it.latest.owed, it.latest.made, it.latest.missing)),
            words.percentage(it.latest.rate),
        ]
        for it in report.councils
    ]
    titles = ("Council", "Owed", "Made", "Not made", "Response")
    yield table(f"Response by council, {report.last.in_words()}", titles, rows, numeric=4)


def _risk(report: Compliance) -> Iterator[str]:
    yield (
        "<p>At risk: the last two windows missed, as councils count it, or three of twelve (inferred). Notice level:"
        " three in a row or any four of twelve, at which NHSBSA may send a Notice of Intent (2022 Regulations). How it"
        " stands when this page was made. Not known: nothing is recorded of earlier months, so they are not counted as"
        " missed.</p>"
    )
    rows = [
        [escape(it.group), *map(words.count, (it.none, it.at_risk, it.notice, it.not_known))] for it in report.risks
    ]
    titles = ("Service", "Not at risk", "At risk", "Notice level", "Not known")
    yield table("How many services are at risk", titles, rows, numeric=4)
    if report.public:
        return
    if not report.at_risk:
        yield "<p>None is at risk.</p>"
        return
    shown = report.at_risk[:MOST_AT_RISK]
    listed = [
        [
            _place(it),
            it.service.in_words,
            escape(it.provider),
            _LEVELS[it.level] + ("" if it.liable else ", but a public body: no penalty"),
            escape(f"{it.why}: {words.months(it.months)}")
            + (
                " (nothing recorded before: it may be worse, or have been sent elsewhere)"
                if it.rests_on_no_record
                else ""
            ),
            str(it.users),
        ]
        for it in shown
    ]
    yield table("Who is at risk", ("Location", "Service", "Provider", "Risk", "Why", "Users"), listed, numeric=1)
    if len(shown) < len(report.at_risk):
        yield f"<p>The first {len(shown)} of {len(report.at_risk):,}; the report as .xlsx or .csv has all.</p>"


def _grid(report: Compliance) -> Iterator[str]:
    if report.public:
        return
    if not report.grid:
        rows_of = f"{report.grid_rows:,} services"
        yield f"<p>{rows_of} are more than a page can show; the report as .xlsx or .csv has each.</p>"
        if report.councils:
            titles = ("Council", *(words.short(it.month) for it in report.months))
            rows = [[escape(it.name), *map(words.percentage, it.rates)] for it in report.councils]
            yield table("Response of each council, month by month", titles, rows, numeric=len(report.months))
        return
    key = "".join(f"<li><strong>{letter}</strong> {meaning}</li>" for letter, meaning in IN_WORDS.items())
    yield f'<ul class="key">{key}</ul>'
    heads = "".join(f'<th scope="col">{words.short(it.month)}</th>' for it in report.months)
    body = "\n".join(_grid_rows(report))
    caption = "Each service at each location, month by month"
    yield (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table class="grid"><caption>{caption}'
        f'</caption>\n<thead><tr><th scope="col">Location</th><th scope="col">Service</th>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _place(it: GridRow | RiskRow) -> str:
    return f"{escape(it.location_name)} <span class=i>({escape(it.location_id)})</span>"


_CELLS = {letter: f"<td>{letter}" for letter in IN_WORDS} | {"X": "<td class=x>X", "o": "<td class=o>o"}


def _grid_rows(report: Compliance) -> Iterator[str]:
    # Cells are most of the page's size, so the end tags that HTML does not need are left out.
    for it in report.grid:
        cells = "".join(_CELLS[letter] for letter in it.letters)
        name = _place(it)
        yield f"<tr><th scope=row>{name}</th><td>{it.service.in_words}{cells}</tr>"


def _beds(report: Compliance) -> Iterator[str]:
    beds = report.beds
    if not (beds.types or report.public):
        return
    homes = f"{words.count(beds.homes_with)} care homes gave their beds; {words.count(beds.homes_without)} did not"
    yield (
        f"<p>As each care home last gave them, in a return or in Capacity Tracker: {homes}. Not admittable are beds"
        " that are reserved, closed or not available: all that are neither occupied nor accepting admissions.</p>"
    )
    bars = [(it.name, (it.occupied, it.admittable, it.not_admittable)) for it in beds.types]
    if any(None not in parts for _, parts in bars):
        names = ("occupied", "vacant and admittable", "vacant, not admittable")
        key = "".join(f"<li>{swatch(part)} {name}</li>" for part, name in enumerate(names))
        yield f'<ul class="key" aria-label="Shades of the chart">{key}</ul>'
        told = "; ".join(f"{it.name}: {_told(it)}" for it in beds.types)
        yield stacked("bedtypes", "Beds by type", f"{told}. The table below has the same.", bars)
    titles = ("Type", "Beds", "Occupied", "Admittable", "Not admittable", "Occupied %", "Admittable %")
    yield table("Beds by type", titles, [_bed_row(it) for it in (*beds.types, beds.whole)], numeric=6)


def _told(it: BedRow) -> str:
    return ", ".join(
        f"{words.count(number)} {name}"
        for number, name in ((it.occupied, "occupied"), (it.admittable, "admittable"), (it.not_admittable, "not"))
    )


def _bed_row(it: BedRow) -> list[str]:
    counts = [words.count(number) for number in (it.total, it.occupied, it.admittable, it.not_admittable)]
    return [it.name, *counts, words.share(it.occupied, it.total), words.share(it.admittable, it.total)]


def _fresh(report: Compliance) -> Iterator[str]:
    yield "<p>When each service was last updated, in Capacity Tracker or here; inside a window or not.</p>"
    whole = report.latest.whole.owed
    rows = [
        [it.words.capitalize(), words.count(it.services), words.share(it.services, whole)] for it in report.freshness
    ]
    yield table("Last updated", ("When", "Services", "Share"), rows, numeric=2)


def _queries(report: Compliance) -> Iterator[str]:
    found = report.queries
    yield (
        "<p>Figures in the last returns that look implausible. They may be right; analysts would throw them away."
        f" {words.count(found.queried)} returns raise a query that nobody has explained,"
        f" {words.count(found.sound)} raise none. <code>ct explain</code> with a query's code tells more.</p>"
    )
    if found.codes:
        rows = [[f"<code>{code}</code>", words.count(number)] for code, number in found.codes]
        yield table("By query", ("Query", "Returns"), rows, numeric=1)
    if found.providers:
        listed = [
            [
                escape(it.provider),
                ", ".join(f"{code} ({number})" for code, number in it.codes),
                f"{it.returns:,}",
                f"{it.queried:,}",
                f"{it.explained:,}",
            ]
            for it in found.providers[:MOST_AT_RISK]
        ]
        titles = ("Provider", "Queries", "Returns", "With a query", "Explained")
        yield table("By provider", titles, listed, numeric=3)
    if len(found.providers) > MOST_AT_RISK:
        yield f"<p>The first {MOST_AT_RISK} of {len(found.providers):,} providers; the .xlsx has all.</p>"


def _about(report: Compliance) -> Iterator[str]:
    counted = (
        "A return counts here once it was seen in Capacity Tracker's own export."
        if report.must_be_seen
        else "A return counts here where it was recorded with ct, received by a ct server, or seen in Capacity"
        " Tracker's own export. What ct was never told is not in it."
    )
    yield (
        f"<p>{counted} One return is owed for each location and care type every month, from the start of the 8th to"
        " the end of the 14th or of the next working day (s277A Health and Social Care Act 2012). That windows are"
        " counted for each location and care type over twelve rolling windows is inferred.</p>"
    )
    yield (
        "<p>A 1 in Capacity Tracker's monthly report for a location that owes two returns does not say which was made:"
        " neither is counted as made, and neither as missed where the risk of a penalty is judged (inferred).</p>"
    )
    if report.public:
        yield f"<p>{words.WHY_LEFT_OUT} Rates that would tell such a count are left out too (–).</p>"


def _foot(report: Compliance) -> Iterator[str]:
    yield (
        '<p class="quiet">Made with ct, which is not affiliated with DHSC, NECS, CQC or NHSBSA and files nothing with'
        " them. No person is named on this page.</p>"
    )
    if not report.public:
        yield '<p class="quiet">For your own use: it names locations. <code>--public</code> makes one to publish.</p>'
