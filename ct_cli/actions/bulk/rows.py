"""The rows of a file of returns, matched to what is asked, with those known that stand for the same return."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from ct_cli.actions.bulk.header_map import whole_mapping
from ct_cli.actions.bulk.row_identities import RowIdentities
from ct_cli.actions.taking.order import FileOrder
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Backend
from ct_cli.register.location import Scope
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.reading.columns import ColumnPlan, known_fields, match_columns
from ct_cli.returns.reading.headers import LOCATION_ID, names_of_location_id
from ct_cli.returns.reading.open_sheet import sheet_in
from ct_cli.returns.reading.rows import RowDecoder, RowDefaults
from ct_cli.returns.reading.sheet import Sheet
from ct_cli.returns.reading.source import Source, open_source
from ct_cli.windows.month import Month

_NAMED = 5  # as many rivals of a row are named
MOST_NAMED = 10_000
"""Locations up to which a store is asked about them by name, and not about all there are."""

Identity = tuple[str, Service, Month]


@dataclass(frozen=True)
class FileRows:
    """A file that is open, and how to make returns of its rows."""

    sheet: Sheet
    plan: ColumnPlan
    decoder: RowDecoder
    mapping: Mapping[str, str]
    """The user's own headers, each with its field."""

    @cached_property
    def scanned(self) -> "Scanned":
        """The whole file read once, for what one row alone cannot tell."""
        return scan(self)


@dataclass(frozen=True)
class Scanned:
    """What the first reading of a file tells."""

    total: int
    """The rows that hold anything."""
    location_ids: frozenset[str] | None
    """The locations that they are of; None where there are more than `MOST_NAMED` of them."""
    hashes: RowIdentities
    """Of the identity of each return in it."""
    months: frozenset[Month]
    twice: set[int]
    """Of the identity of each return that several rows are of."""
    rivals: Mapping[int, tuple[int, ...]]
    """Of each row that says something else than another row for the same return: those other rows."""


class Opened(NamedTuple):
    """A file of returns that is open."""

    sheet: Sheet
    rows: FileRows | None
    """None where anything is wrong with its header."""
    problems: tuple[Problem, ...]
    """What is wrong with it."""
    here_at: datetime
    """When all of it was here: standard input, or a pipe, had been read to its end."""


def open_rows(workplace: Workplace, order: FileOrder, backend: Callable[[], Backend]) -> Opened:
    """The file, its rows, and what is wrong with its header. `backend` is asked for where a row leaves it to the
    register which service is meant.

    Raises FileRefused and its kinds, FileMissing, FormatUnknown, NoSuchMap, MapsToNothing, SettingRefused.
    """
    catalogue = workplace.catalogue
    if order.survey:
        asked = [catalogue.survey(order.survey)]
    else:
        asked = [version for service in Service for version in catalogue.versions(service)]
    known = known_fields(asked)
    mapping = whole_mapping(workplace.settings, order.mapping, order.use_map, known)
    own_ids = [header for header, field in mapping.items() if field == LOCATION_ID]
    with ExitStack() as unless_read:
        source = unless_read.enter_context(_source(order))
        here_at = workplace.present
        sheet = sheet_in(source, order.format, names_of_location_id(own_ids))
        unless_read.pop_all()
    plan, problems = match_columns(sheet, known, mapping, order.ignore)
    if plan is None:
        return Opened(sheet, None, problems, here_at)
    defaults = RowDefaults(
        order.month or Month.of(workplace.now.date()),
        _Owed(backend).__getitem__,
        asked[0].service if order.survey else order.service,
    )
    rows = FileRows(sheet, plan, RowDecoder(sheet, plan, defaults), mapping)
    return Opened(sheet, rows, problems, here_at)


def _source(order: FileOrder) -> Source:
    return open_source(order.file) if order.content is None else Source(order.file, order.content, "", owned=False)


class _Owed:
    """The services that each location owes returns for, read from the register when a row first leaves it blank."""

    def __init__(self, backend: Callable[[], Backend]) -> None:
        self._backend = backend

    def __getitem__(self, location_id: str) -> Sequence[Service]:
        return self._by_location.get(location_id, ())

    @cached_property
    def _by_location(self) -> Mapping[str, Sequence[Service]]:
        locations = self._backend().locations(Scope(include_closed=True))
        return {location.id: location.mandated_services or location.services for location in locations}


def scan(rows: FileRows) -> Scanned:
    """Read the whole file once. Keeps a number for each row, not the rows."""
    identity = rows.decoder.identity
    months: set[Month] = set()
    ids: set[str] = set()
    total = 0

    def numbers() -> Iterator[int]:
        nonlocal total
        for _, cells in rows.sheet.starts(rows.plan.identity_width, rows.plan.names):
            total += 1
            who = identity(cells)
            if who is not None:
                months.add(who[2])
                if len(ids) <= MOST_NAMED:
                    ids.add(who[0])
                yield hash(who)

    hashes = RowIdentities(numbers())
    twice = hashes.repeated()
    named = frozenset(ids) if len(ids) <= MOST_NAMED else None
    return Scanned(total, named, hashes, frozenset(months), twice, _rivals(rows, twice) if twice else {})


def _rivals(rows: FileRows, twice: set[int]) -> Mapping[int, tuple[int, ...]]:
    """The rows that say different things of the same return. Identical ones are one return, and no rivals."""
    groups: defaultdict[Identity, list[tuple[int, int]]] = defaultdict(list)
    plan = rows.plan
    frame = (plan.kind, plan.nil_reason, plan.unchanged, plan.confirm, plan.note)
    told = [at for at in (*frame, *(at for at, _ in plan.items)) if at is not None]
    for number, cells in rows.sheet.rows(plan.names):
        who = rows.decoder.identity(cells)
        if who is not None and hash(who) in twice:
            groups[who].append((number, hash(tuple([cells[at].strip() for at in told]))))
    rivals: dict[int, tuple[int, ...]] = {}
    for group in groups.values():
        if len({said for _, said in group}) > 1:
            numbers = [number for number, _ in group]
            rivals.update({number: tuple(n for n in numbers if n != number)[:_NAMED] for number in numbers})
    return rivals
