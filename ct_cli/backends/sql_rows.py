"""Rows of a store in SQL as values, and values as rows; a scope as a condition.

The rows are the same in every such store: the location leads every key, months are whole numbers (202412), moments
are text in UTC, yes and no are 1 and 0. What stores spell differently is in `Dialect`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from ct_cli.backends.contract import Damaged, Entry, LastReturn, Shared, Source, TextRefused
from ct_cli.backends.fulfilments import FULFILMENT_FIELDS
from ct_cli.backends.ledger import RECEIPT_DIGITS, TEXT, Head, moment_text
from ct_cli.clock import now
from ct_cli.errors import FiguresUnreadable
from ct_cli.register.location import Location, Scope
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import LocationFacts
from ct_cli.returns.the_return import NilReason, ReturnKind
from ct_cli.returns.values_text import values_of, values_text
from ct_cli.stores.damaged_rows import has_half_characters, printable
from ct_cli.windows.month import Month

Row = Sequence[Any]

LOCATION_COLUMNS = (
    "id, name, services, provider, provider_id, local_authority, region, postcode, beds, registered_on, ended_on,"
    " public_body, fee_pence, ods_code, latitude, longitude"
)
FACTS_COLUMNS = "id, services, beds, registered_on, ended_on"
ENTRY_COLUMNS = (
    "receipt_id, location_id, service, number, month, version, kind, collection, survey, reason, received_at, fulfils,"
    " rehearsal, source, recorded_by, note, confirmed, content_hash, previous_hash, entry_hash, content"
)
FULFILMENT_COLUMNS = ", ".join(FULFILMENT_FIELDS)
"""Those of a `FulfilmentRow`."""
FOLDED_COLUMNS = ("provider", "provider_id", "local_authority", "region")
"""What is compared without regard to case."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one store spells otherwise than another."""

    folded: str
    """A column, {}, without regard to case, letters beyond ASCII included."""
    among: str
    """The condition that goes after a column which is to be one of many values, with one parameter."""
    many: Callable[[list[str]], object]
    """That parameter."""
    bits: str
    """Whole numbers of which each has one bit, {}, put together."""
    number_in: str
    """A whole number in JSON: of the column {}, under the key {}; NULL where there is none."""
    differ: str
    """Whether {} and {} differ, NULL being equal to itself."""


def marks(columns: str) -> str:
    """A question mark for each column, for VALUES."""
    return ", ".join("?" * (columns.count(",") + 1))


def location_row(it: Location) -> Row:
    """A location as stored."""
    return (
        it.id, it.name, " ".join(service.value for service in it.services), it.provider, it.provider_id,
        it.local_authority, it.region, it.postcode, it.beds, _day_text(it.registered_on), _day_text(it.ended_on),
        int(it.public_body), it.fee_pence, it.ods_code, it.latitude, it.longitude,
    )  # fmt: skip


def location_of(row: Row) -> Location:
    """The location of a row of LOCATION_COLUMNS."""
    id, name, services, provider, provider_id, council, region, postcode, beds, began, ended, public, *rest = row
    return Location(
        id, name, services_of(services), provider, provider_id, council, region, postcode, beds,
        _day(began), _day(ended), bool(public), *rest,
    )  # fmt: skip


def facts_of(row: Row) -> LocationFacts:
    """What the rules need of a location, of a row of FACTS_COLUMNS."""
    # Made thus in half the time that the named tuple's own way takes (measured).
    return tuple.__new__(LocationFacts, (row[0], _services(row[1]), row[2], _day(row[3]), _day(row[4])))


@lru_cache(maxsize=64)  # To look a member up by its value takes as long as to make the rest of a location.
def services_of(names: str) -> tuple[Service, ...]:
    """The services of a location as stored. Raises ValueError where one of them is none."""
    return tuple(map(Service, names.split()))


@lru_cache(maxsize=32)
def _services(names: str) -> frozenset[Service]:
    return frozenset(services_of(names))


@lru_cache(maxsize=32)
def service_of(name: str) -> Service:
    """A service as stored. Raises ValueError where it is none."""
    return Service(name)


def entry_row(it: Entry) -> Row:
    """An entry as stored."""
    return (
        it.receipt_id, it.location_id, TEXT[it.service], it.number, it.month.key, it.version, TEXT[it.kind],
        it.collection, it.survey, it.reason.value if it.reason else "", moment_text(it.received_at), int(it.fulfils),
        int(it.rehearsal), TEXT[it.source], it.recorded_by, it.note,
        json.dumps(it.confirmed) if it.confirmed else "[]",
        it.content_hash, it.previous_hash, it.entry_hash, it.content,
    )  # fmt: skip


class PlainRows:
    """Plain returns as stored: what those of a batch share is put together once."""

    def __init__(self, it: Shared) -> None:
        self._between = (
            it.month.key, 1, TEXT[ReturnKind.FULL], it.collection, it.survey, "", moment_text(it.received_at),
            int(it.fulfils), int(it.rehearsal), TEXT[it.source], it.recorded_by, "", "[]",
        )  # fmt: skip
        self._service = TEXT[it.service]

    def row(self, location_id: str, content: str, head: Head, content_hash: str, entry_hash: str) -> Row:
        """The first version of its month, after the end of its chain."""
        return (
            entry_hash[:RECEIPT_DIGITS], location_id, self._service, head[0] + 1, *self._between,
            content_hash, head[1], entry_hash, content,
        )  # fmt: skip


def last_return_of(row: Row) -> LastReturn:
    """As much as the rules look at, of a row of month, kind, content and rehearsal."""
    month, kind = _month_and_kind(row[0], row[1])
    return LastReturn(month, kind, row[2], bool(row[3]))


@lru_cache(maxsize=512)
def _month_and_kind(key: int, kind: str) -> tuple[Month, ReturnKind]:
    return Month.from_key(key), ReturnKind(kind)


def entry_of(row: Row) -> Entry:
    """The entry of a row of ENTRY_COLUMNS. Raises ValueError where the row is not as ct writes it."""
    return Entry(
        receipt_id=row[0],
        location_id=row[1],
        service=Service(row[2]),
        number=row[3],
        month=Month.from_key(row[4]),
        version=row[5],
        kind=ReturnKind(row[6]),
        collection=row[7],
        survey=row[8],
        reason=NilReason(row[9]) if row[9] else None,
        received_at=datetime.fromisoformat(row[10]),
        fulfils=bool(row[11]),
        rehearsal=bool(row[12]),
        source=Source(row[13]),
        recorded_by=row[14],
        note=row[15],
        confirmed=tuple(json.loads(row[16])),
        content_hash=row[17],
        previous_hash=row[18],
        entry_hash=row[19],
        content=row[20],
    )


def entry_or_damage(row: Row) -> Entry | Damaged:
    """The entry of a row that is exactly as ct writes it; what is wrong with the row where it is not.

    What is wrong names the column, never what stands there: that may be a person's name or figures, put into another
    column or cut through.
    """
    if tuple(map(type, row)) != _TYPES:
        return _damaged(row, f"its {_odd(row)} cannot be read")
    try:
        entry = entry_of(row)
        written = (*entry_row(entry)[:-1], values_text(entry.values))
    except UNREADABLE:
        columns = ENTRY_COLUMNS.split(", ")
        return _damaged(row, f"its {_unreadable(dict(zip(columns, row, strict=True)))} cannot be read")
    if tuple(written) != tuple(row):
        columns = ENTRY_COLUMNS.split(", ")
        changed = next(name for name, one, two in zip(columns, written, row, strict=True) if one != two)
        return _damaged(row, f"its {changed} is not written as ct writes it")
    return entry


def salvaged_or_damage(row: Row) -> Entry | Damaged:
    """`entry_or_damage` of a row whose text was read although it may be none: each byte of it as half a character."""
    if any(map(has_half_characters, row)):
        return _damaged(row, f"its {_odd(row)} cannot be read")
    return entry_or_damage(row)


_NUMBERS = frozenset({"number", "month", "version", "fulfils", "rehearsal"})
"""Columns of an entry that hold whole numbers; all others hold text."""
_TYPES = tuple(int if name in _NUMBERS else str for name in ENTRY_COLUMNS.split(", "))


def _odd(row: Row) -> str:
    """The first column that does not hold what it is to hold."""
    kinds = zip(ENTRY_COLUMNS.split(", "), _TYPES, row, strict=True)
    return next(name for name, kind, value in kinds if type(value) is not kind or has_half_characters(value))


UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, OverflowError, FiguresUnreadable)
"""What reading a value raises that ct did not write."""


def _damaged(row: Row, reason: str) -> Damaged:
    receipt_id, location_id, service, number = row[:4]
    return Damaged(
        printable(location_id), printable(service), number if isinstance(number, int) else 0, printable(receipt_id),
        reason,
    )  # fmt: skip


def _unreadable(row: Mapping[str, Any]) -> str:
    """The column that cannot be read."""
    for name, read in _READING.items():
        try:
            read(row[name])
        except UNREADABLE:
            return name
    return "text"


_READING: Mapping[str, Callable[[Any], object]] = {
    "service": Service,
    "month": Month.from_key,
    "kind": ReturnKind,
    "reason": lambda reason: reason and NilReason(reason),
    "received_at": datetime.fromisoformat,
    "source": Source,
    "confirmed": lambda confirmed: tuple(json.loads(confirmed)),
    "content": lambda content: values_text(values_of(content, str)),
}


def condition(scope: Scope, dialect: Dialect) -> tuple[str, list[Any]]:
    """The scope as a condition on `locations`, with its parameters."""
    parts: list[str] = ["1 = 1"]
    given: list[Any] = []

    def also(part: str, *parameters: object) -> None:
        parts.append(part)
        given.extend(parameters)

    if scope.location_ids is not None:
        also(f"id {dialect.among}", dialect.many(sorted(scope.location_ids)))
    if scope.provider is not None:
        one, other = map(dialect.folded.format, ("provider", "provider_id"))
        also(f"({one} = ? OR {other} = ?)", *[scope.provider.lower()] * 2)
    if scope.local_authority is not None:
        also(f"{dialect.folded.format('local_authority')} = ?", scope.local_authority.lower())
    if scope.region is not None:
        also(f"{dialect.folded.format('region')} = ?", scope.region.lower())
    if scope.service is not None:
        also("' ' || services || ' ' LIKE ?", f"% {scope.service.value} %")
    if not scope.include_closed:
        also("(ended_on IS NULL OR ended_on >= ?)", now().date().isoformat())
    return " AND ".join(parts), given


def keepable(row: Row) -> Row:
    """The row, where every store can keep its text. Raises TextRefused."""
    for text in row:
        if isinstance(text, str) and "\0" in text:
            raise TextRefused(position=text.index("\0") + 1)
    return row


def upsert(table: str, columns: str, key: str) -> str:
    """The statement that adds a row, or changes the one with its key."""
    names = columns.split(", ")
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key.split(", "))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks(columns)}) ON CONFLICT ({key}) DO UPDATE SET {changed}"


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


@lru_cache(maxsize=4_096)
def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
