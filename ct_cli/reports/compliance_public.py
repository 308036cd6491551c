"""A compliance report as it may be published: no location and no provider named, no count under six."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ct_cli.reports.compliance import (
    CARE_HOMES,
    EVERYTHING,
    BedRow,
    Compliance,
    CouncilResponse,
    Count,
    MonthResponse,
    Response,
    RiskCount,
)
from ct_cli.reports.suppression import Sum, left_out

Key = tuple[str, ...]
_BEDS = ("total", "occupied", "admittable", "not_admittable")
_LEVELS = ("none", "at_risk", "notice", "not_known")
_RESPONSE = ("owed", "made", "missing")


def made_public(report: Compliance) -> Compliance:
    """The report with what may not be published left out; what is left out is None."""
    cells, sums = dict(_cells(report)), list(_sums(report))
    hidden = left_out(cells, sums)
    shown = {key: None if key in hidden else count for key, count in cells.items()}
    return replace(
        report,
        public=True,
        locations=shown[("locations",)],
        months=tuple(_month(it, shown) for it in report.months),
        councils=tuple(_council(it, shown) for it in report.councils),
        risks=tuple(RiskCount(it.group, *(shown["risk", it.group, level] for level in _LEVELS)) for it in report.risks),
        at_risk=(),
        grid=(),
        beds=replace(
            report.beds,
            homes_with=shown["homes", "with"],
            homes_without=shown["homes", "without"],
            whole=_beds(report.beds.whole, shown),
            types=tuple(_beds(it, shown) for it in report.beds.types),
        ),
        freshness=tuple(replace(it, services=shown["fresh", it.words]) for it in report.freshness),
        queries=replace(
            report.queries,
            sound=shown["queries", "sound"],
            queried=shown["queries", "queried"],
            codes=tuple((code, shown["code", code]) for code, _ in report.queries.codes),
            providers=(),
        ),
    )


def _cells(report: Compliance) -> Iterator[tuple[Key, int]]:
    yield ("locations",), report.locations or 0
    for month in report.months:
        for group, response in month.groups:
            yield from ((("month", str(month.month), group, what), _of(response, what)) for what in _RESPONSE)
    for council in report.councils:
        yield from ((("council", council.name, what), _of(council.latest, what)) for what in _RESPONSE)
    for risk in report.risks:
        yield from ((("risk", risk.group, level), _of(risk, level)) for level in _LEVELS)
    for beds in (report.beds.whole, *report.beds.types):
        yield from ((("beds", beds.name, what), _of(beds, what)) for what in _BEDS)
    yield ("homes", "with"), report.beds.homes_with or 0
    yield ("homes", "without"), report.beds.homes_without or 0
    yield from ((("fresh", it.words), it.services or 0) for it in report.freshness)
    yield ("queries", "sound"), report.queries.sound or 0
    yield ("queries", "queried"), report.queries.queried or 0
    yield from ((("code", code), count or 0) for code, count in report.queries.codes)


def _sums(report: Compliance) -> Iterator[Sum[Key]]:
    """Everything in the report that adds up, and so could give away what is left out."""
    last, services = str(report.last), [group for group, _ in report.latest.groups[1:]]
    for month in report.months:
        for group, _ in month.groups:
            yield _sum(("month", str(month.month), group), ("owed",), [("made",), ("missing",)])
        for what in _RESPONSE:
            whole: Key = ("month", str(month.month), EVERYTHING, what)
            yield Sum(whole, tuple(("month", str(month.month), group, what) for group in services))
    for what in _RESPONSE if report.councils else ():
        named = tuple(("council", it.name, what) for it in report.councils)
        yield Sum(("month", last, EVERYTHING, what), named)
    for council in report.councils:
        yield _sum(("council", council.name), ("owed",), [("made",), ("missing",)])
    for risk in report.risks:
        levels = tuple(("risk", risk.group, level) for level in _LEVELS)
        yield Sum(("month", last, risk.group, "owed"), levels)
    for level in _LEVELS:
        yield Sum(("risk", EVERYTHING, level), tuple(("risk", group, level) for group in services))
    for beds in (report.beds.whole, *report.beds.types):
        yield _sum(("beds", beds.name), ("total",), [(what,) for what in _BEDS[1:]])
    for what in _BEDS:
        yield Sum(("beds", report.beds.whole.name, what), tuple(("beds", it.name, what) for it in report.beds.types))
    if CARE_HOMES in services:
        yield Sum(("month", last, CARE_HOMES, "owed"), (("homes", "with"), ("homes", "without")))
    yield Sum(("month", last, EVERYTHING, "owed"), tuple(("fresh", it.words) for it in report.freshness))


def _sum(of: Key, total: Key, parts: list[Key]) -> Sum[Key]:
    return Sum((*of, *total), tuple((*of, *part) for part in parts))


def _of(row: object, what: str) -> int:
    return getattr(row, what) or 0


def _response(of: Key, shown: Mapping[Key, Count]) -> Response:
    return Response(*(shown[*of, what] for what in _RESPONSE))


def _month(it: MonthResponse, shown: Mapping[Key, Count]) -> MonthResponse:
    groups = ((group, _response(("month", str(it.month), group), shown)) for group, _ in it.groups)
    return replace(it, groups=tuple(groups))


def _council(it: CouncilResponse, shown: Mapping[Key, Count]) -> CouncilResponse:
    return CouncilResponse(it.name, _response(("council", it.name), shown), ())


def _beds(it: BedRow, shown: Mapping[Key, Count]) -> BedRow:
    return BedRow(it.name, *(shown["beds", it.name, what] for what in _BEDS))
