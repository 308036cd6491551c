"""Rows of Capacity Tracker's CSV downloads (care homes, home care) and of its monthly report to councils.

Columns are known by their names without case, spaces and underscores, for the editions differ in those. Some columns
are left alone because what they hold is not certain: `declaredvacancies` (of which kind?), `nursesabsentgeneral` and
its like (with those absent for COVID-related reasons, or without?).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from ct_cli.clock import LONDON
from ct_cli.register.seen import ReadExport, Reported, Seen, admission_words
from ct_cli.register.sighting import SightingKind
from ct_cli.register.tracker_cells import NotRead, read_count, read_flag, read_moment, take_count
from ct_cli.returns.identity import NotAService, Service, parse_service
from ct_cli.returns.reading.headers import known_names, plain
from ct_cli.windows.month import Month

IDS = ("cqcid", "cqclocationid", "locationid", "locationcqcid", "cqclocation")
UTC_COLUMNS = ("lastupdatedutc", "cqcsurveylastupdatedutc")
LONDON_COLUMNS = ("lastupdatedbst", "cqcsurveylastupdatedbst")
"""Called BST, and taken as London's own time in winter too (inferred); used only where the column in UTC is blank."""
HOME_CARE_MARKS = frozenset({"cqcsurveylastupdatedutc", "cqcsurveylastupdatedbst", "serviceusercount", "usersnhsla"})
CARE_HOME_MARKS = frozenset({"lastupdatedutc", "lastupdatedbst", "maxcapacity", "usedbeds"})
USER_COUNTS = ("usercount", "numberofusers", "users", "registeredusers")
SERVICES = ("servicetype", "caretype", "service", "cqctype")

_YES_NO = frozenset({"can_provide_more_hours"})
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1,
    )
    for name in names.split()
}  # fmt: skip
_NAMED = re.compile(r"(?<![a-z])([a-z]{3,9})[\s,'’._-]*(?:20)?(\d\d)(?!\d)", re.IGNORECASE)
_NUMBERED = (
    re.compile(r"(?<!\d)(?P<year>20\d\d)[-/](?P<month>\d\d?)(?![\d])"),
    re.compile(r"(?<!\d)(?:\d\d?[-/.])?(?P<month>\d\d?)[-/.](?P<year>20\d\d)(?!\d)"),
)


class NotAnExport(ValueError):
    """No column tells that this is a file of Capacity Tracker's. Words say what is missing."""


def read_rows(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], labels: Mapping[str, Collection[str]]
) -> ReadExport:
    """What a download or a monthly report says; `labels` are the items' keys and labels. Raises NotAnExport."""
    at: dict[str, int] = {}
    for index, title in enumerate(header):
        at.setdefault(plain(title), index)
    id_at = _first(at, IDS)
    if id_at is None:
        raise NotAnExport("it has no column with CQC's ids (cqcid)")
    if at.keys() & HOME_CARE_MARKS:
        return _download(Service.HOME_CARE, id_at, at, rows, labels)
    if at.keys() & CARE_HOME_MARKS:
        return _download(Service.CARE_HOME, id_at, at, rows, labels)
    months = {index: month for index, title in enumerate(header) if (month := period_of(title)) is not None}
    if months:
        return _report(id_at, at, months, rows)
    raise NotAnExport("it has neither a column that says when it was last updated nor one for each month")


def _download(
    service: Service,
    id_at: int,
    at: Mapping[str, int],
    rows: Iterable[tuple[int, Sequence[str]]],
    labels: Mapping[str, Collection[str]],
) -> ReadExport:
    read = ReadExport(SightingKind.DOWNLOAD)
    names = known_names(labels)
    items = [(index, names[name]) for name, index in at.items() if names.get(name) in labels]
    counts = [(index, key) for index, key in items if key not in _YES_NO]
    flags = [(index, key) for index, key in items if key in _YES_NO]
    status, accepting, confirmed = (
        at.get(name) for name in ("admissionstatus", "isacceptingadmissions", "confirmedsave")
    )
    for _, cells in rows:
        read.rows += 1
        location_id = cells[id_at].strip().upper()
        if not location_id:
            read.unread["rows without a CQC id"] += 1
            continue
        values: dict[str, int | str] = {}
        for index, key in counts:
            if cells[index]:
                take_count(values, key, cells[index], read.unread)
        for index, key in flags:
            if (flag := read_flag(cells[index])) is not None:
                values[key] = "yes" if flag else "no"
        read.seen.append(
            Seen(
                location_id,
                service,
                _updated(at, cells, read),
                values,
                "" if status is None else admission_words(cells[status]),
                None if accepting is None else read_flag(cells[accepting]),
                None if confirmed is None else read_flag(cells[confirmed]),
            )
        )
    return read


def _updated(at: Mapping[str, int], cells: Sequence[str], read: ReadExport) -> datetime | None:
    """By the column in UTC, or else by the one in London's time: the clock alone would be an hour out in summer."""
    for names, zone in ((UTC_COLUMNS, UTC), (LONDON_COLUMNS, LONDON)):
        index = _first(at, names)
        if index is None:
            continue
        try:
            found = read_moment(cells[index], zone)
        except NotRead:
            read.unread["moments of update that cannot be read"] += 1
            continue
        if found is not None:
            return found[0]
    return None


def _report(
    id_at: int, at: Mapping[str, int], months: Mapping[int, Month], rows: Iterable[tuple[int, Sequence[str]]]
) -> ReadExport:
    read = ReadExport(SightingKind.REPORT)
    users_at, service_at = _first(at, USER_COUNTS), _first(at, SERVICES)
    for _, cells in rows:
        read.rows += 1
        location_id = cells[id_at].strip().upper()
        if not location_id:
            read.unread["rows without a CQC id"] += 1
            continue
        done, not_done = set[Month](), set[Month]()
        for index, month in months.items():
            match _one_or_nought(cells[index], read):
                case 1:
                    done.add(month)
                case 0:
                    not_done.add(month)
        users = None if users_at is None else _users(cells[users_at], read)
        service = None if service_at is None else _service(cells[service_at])
        # Of two columns for one month, the one that says done tells of something that happened.
        read.reported.append(Reported(location_id, service, users, tuple(sorted(done)), tuple(sorted(not_done - done))))
    return read


def period_of(title: str) -> Month | None:
    """The month of a reporting period's header, in any spelling: Dec 2024, 2024-12, 08/12/2024 - 16/12/2024.

    None where it names no month, or two different ones. Which spelling Capacity Tracker uses is not known.
    """
    found = set[Month]()
    for named in _NAMED.finditer(title):
        number = _MONTHS.get(named[1].lower())
        if number:
            found.add(Month(2000 + int(named[2]), number))
    for pattern in _NUMBERED if not found else ():
        for match in pattern.finditer(title):
            if 1 <= int(match["month"]) <= 12:
                found.add(Month(int(match["year"]), int(match["month"])))
        if found:
            break
    return found.pop() if len(found) == 1 else None


def _one_or_nought(cell: str, read: ReadExport) -> int | None:
    if not cell.strip():
        return None
    flag = read_flag(cell.strip().removesuffix(".0"))
    if flag is None:
        read.unread["cells of the monthly report that are neither 1 nor 0"] += 1
        return None
    return int(flag)


def _users(cell: str, read: ReadExport) -> int | None:
    try:
        return read_count(cell)
    except NotRead:
        read.unread["numbers of users that are none"] += 1
        return None


def _service(cell: str) -> Service | None:
    try:
        return parse_service(cell)
    except NotAService:
        return None


def _first(at: Mapping[str, int], names: Iterable[str]) -> int | None:
    return next((at[name] for name in names if name in at), None)
