"""The compliance report as sheets, for those who count on; and as plain values, for programs."""

from collections.abc import Iterator

from ct_cli.reports import compliance_words as words
from ct_cli.reports.compliance import IN_WORDS, BedRow, Compliance, Count, Response
from ct_cli.returns.annotating.grids import Cell, Grid


def grids(report: Compliance) -> list[Grid]:
    """A sheet for each part. The first is what a CSV holds: the grid or, in a public report, the response by month."""
    response = Grid("Response", ("month", "state", "service", *_RESPONSE), list(_response(report)))
    risk = Grid("Risk", ("service", "not at risk", "at risk", "notice level", "not known"), [
        (it.group, *map(_cell, (it.none, it.at_risk, it.notice, it.not_known))) for it in report.risks
    ])  # fmt: skip
    councils = [Grid("Councils", ("local authority", *_RESPONSE), list(_councils(report)))] if report.councils else []
    fresh = [(it.words, _cell(it.services)) for it in report.freshness]
    common = [
        response,
        *councils,
        risk,
        Grid("Beds", ("type", "beds", "occupied", "admittable", "not admittable"), list(_beds(report))),
        Grid("Freshness", ("last updated", "services"), fresh),
        Grid("Queries", ("query", "returns"), [(code, _cell(number)) for code, number in report.queries.codes]),
    ]
    if report.public:
        return [*common, Grid("About", ("about this report",), [(line,) for line in _about(report)])]
    return [_grid(report), *common, _at_risk(report), _providers(report),
            Grid("About", ("about this report",), [(line,) for line in _about(report)])]  # fmt: skip


_RESPONSE = ("owed", "made", "not made", "response %")


def _cell(count: Count) -> Cell:
    return words.LEFT_OUT if count is None else count


def _of(it: Response) -> tuple[Cell, ...]:
    return (_cell(it.owed), _cell(it.made), _cell(it.missing), it.rate)


def _response(report: Compliance) -> Iterator[tuple[Cell, ...]]:
    for it in report.months:
        for group, response in it.groups:
            yield (str(it.month), words.state(it.state), group, *_of(response))


def _councils(report: Compliance) -> Iterator[tuple[Cell, ...]]:
    for it in report.councils:
        yield (it.name, *_of(it.latest))


def _beds(report: Compliance) -> Iterator[tuple[Cell, ...]]:
    def row(it: BedRow) -> tuple[Cell, ...]:
        return (it.name, _cell(it.total), _cell(it.occupied), _cell(it.admittable), _cell(it.not_admittable))

    yield from map(row, (*report.beds.types, report.beds.whole))


def _grid(report: Compliance) -> Grid:
    header = ("location_id", "location_name", "service", "provider", "local authority", "risk")
    rows = (
        (
            it.location_id,
            it.location_name,
            it.service.value,
            it.provider,
            it.local_authority,
            it.risk.value,
            *(IN_WORDS[letter] for letter in it.letters),
        )
        for it in report.grid
    )
    return Grid("Month by month", (*header, *(str(it.month) for it in report.months)), rows)


def _at_risk(report: Compliance) -> Grid:
    header = ("location_id", "location_name", "service", "provider", "local authority", "risk", "why", "months",
              "liable", "nothing recorded before", "users")  # fmt: skip
    rows = (
        (
            it.location_id,
            it.location_name,
            it.service.value,
            it.provider,
            it.local_authority,
            it.level.value,
            it.why,
            ", ".join(map(str, it.months)),
            "yes" if it.liable else "no",
            "yes" if it.rests_on_no_record else "no",
            it.users,
        )
        for it in report.at_risk
    )
    return Grid("At risk", header, rows)


def _providers(report: Compliance) -> Grid:
    header = ("provider", "returns", "with a query", "explained", "query", "times")
    rows = (
        (it.provider, it.returns, it.queried, it.explained, code, number)
        for it in report.queries.providers
        for code, number in it.codes
    )
    return Grid("Queries by provider", header, rows)


def _about(report: Compliance) -> Iterator[str]:
    yield f"{report.area}, {words.period(report)}"
    yield f"Made {report.made_at.isoformat(timespec='seconds')} with ct {report.version}"
    if report.rehearsal:
        yield "Made in a rehearsal: it proves nothing."
    if report.public:
        yield words.WHY_LEFT_OUT
    yield "ct is not affiliated with DHSC, NECS, CQC or NHSBSA and files nothing with them."
