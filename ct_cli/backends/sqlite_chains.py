"""What the embedded store notes of each chain beside its end, so that a file's rows need not search a long history.

- `month`: the latest month that the chain has an entry of. Nothing stands for a later one.
- `last`: the chain's last entry, where that is its last return to everybody: monthly, real, with something in it, and
  of no earlier month than another. NULL where the last return has to be looked for. With it come its figures, and
  `staff_since`: the first month of the run of returns with its total of staff, NULL where that has to be looked for.

All of it can be told from the entries, and is only ever noted with one. For 20,000 rows and two years of history, to
look for each last return by month and to read its values took a quarter of the time (measured).
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from ct_cli.backends import ledger
from ct_cli.backends.contract import ChainKey, LastFigures, Source
from ct_cli.backends.sql_rows import ENTRY_COLUMNS, Row, marks
from ct_cli.backends.sql_speaker import Connection, Overtaken
from ct_cli.backends.sqlite_file import Statements
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures
from ct_cli.windows.month import Month

SERVICES = {service.value: service for service in Service}
"""By name: found in a fifth of the time that `Service(name)` takes."""

CHAINS_SQL = (
    "SELECT c.location_id, c.service, c.number, c.entry_hash, c.month, c.last, c.staff_since, c.staff_total,"
    " c.maximum_capacity, c.occupied, c.people_using_service"
    " FROM json_each(?) w CROSS JOIN chains c ON c.location_id = w.value"
)
"""Every chain of some locations, given as a JSON list of ids."""

_NOTED = (
    "location_id, service, number, entry_hash, month, last, staff_since, staff_total, maximum_capacity, occupied,"
    " people_using_service"
)
_PUT = f"INSERT INTO chains ({_NOTED}) VALUES ({marks(_NOTED)}) ON CONFLICT (location_id, service)"
_BEGIN = f"{_PUT} DO NOTHING"
# No numbered parameters: of those Python 3.12.0 to 3.12.3 warn.
_MOVE_END = (
    f"{_PUT} DO UPDATE SET number = excluded.number, entry_hash = excluded.entry_hash,"
    " staff_since = CASE WHEN excluded.last IS NULL OR last IS NULL OR excluded.month <= month THEN NULL"
    " WHEN excluded.staff_total IS staff_total THEN staff_since ELSE excluded.month END,"
    " staff_total = excluded.staff_total, maximum_capacity = excluded.maximum_capacity, occupied = excluded.occupied,"
    " people_using_service = excluded.people_using_service,"
    " last = CASE WHEN excluded.month >= month THEN excluded.last END, month = MAX(month, excluded.month)"
    " WHERE number = excluded.number - 1"
)
"""Both take values of _NOTED, in its order. Apart they take less than one that does either: 1 µs of 9 (measured)."""
_COLUMNS = ENTRY_COLUMNS.split(", ")
_of_end = itemgetter(
    *map(
        _COLUMNS.index,
        ("location_id", "service", "number", "entry_hash", "month", "survey", "rehearsal", "content", "source"),
    )
)


class Ends:
    """The ends of the chains of some locations, and the latest month (202412) that each has an entry of."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        """The locations; those that have no chain yet too."""
        self.heads: dict[ChainKey, ledger.Head] = {}
        self.months: dict[ChainKey, int] = {}

    def take(
        self, location_ids: Iterable[str], rows: Iterable[Row], before: Month
    ) -> tuple[dict[ChainKey, LastFigures], set[str]]:
        """Add those of these locations, by their rows of CHAINS_SQL. The figures of the last returns before a month,
        and the locations of those that have to be looked for."""
        self.ids.update(location_ids)
        heads, months = self.heads, self.months
        found: dict[ChainKey, LastFigures] = {}
        unknown: set[str] = set()
        limit, service_of = before.key, SERVICES.get
        new = tuple.__new__  # a named tuple's own takes nearly twice as long (measured), and there are three to a chain
        for location_id, name, number, entry_hash, month, last, since, *figures in rows:
            service = service_of(name)
            if service is None:
                unknown.add(location_id)  # altered by something other than ct, which is said where it is looked for
                continue
            key = (location_id, service)
            heads[key], months[key] = new(ledger.Head, (number, entry_hash)), month
            if last is None or month >= limit:
                unknown.add(location_id)
            else:
                told = None if since is None else _month(since)
                found[key] = new(LastFigures, (_month(month), new(Figures, figures), told, False))
        return found, unknown


def ends_of(connection: Connection, location_ids: Iterable[str]) -> Ends:
    """The ends of all chains of these locations."""
    ends = Ends()
    ends.ids.update(location_ids)
    rows = connection.execute(CHAINS_SQL, (json.dumps(sorted(ends.ids)),)).fetchall()
    for location_id, service, number, entry_hash, month, *_ in rows:
        if service in SERVICES:
            key = (location_id, SERVICES[service])
            ends.heads[key], ends.months[key] = ledger.Head(number, entry_hash), month
    return ends


_month = lru_cache(maxsize=512)(Month.from_key)


def move_ends(connection: Statements, added: Sequence[Row], figures: Iterable[Figures]) -> None:
    """Note where chains end once these entries are appended, next within the same transaction and in this order.

    Raises Overtaken where another's entry came in between, so that a chain ends elsewhere than these entries follow.
    """
    ((last,),) = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM entries").fetchall()
    begun: list[tuple[Any, ...]] = []
    moved: list[tuple[Any, ...]] = []
    for seq, (row, theirs) in enumerate(zip(added, figures, strict=True), last + 1):
        location_id, service, number, entry_hash, month, survey, rehearsal, content, source = _of_end(row)
        # A chain's later entries follow its first, whatever chains are between.
        ends = begun if number == 1 else moved
        # A last return to all who ask, if it is one of its chain's latest month.
        if survey or rehearsal or (content == "{}" and Source(source).seen):
            ends.append((location_id, service, number, entry_hash, month, None, None, None, None, None, None))
        else:
            ends.append((location_id, service, number, entry_hash, month, seq, month, *theirs))
    for ends in (begun, moved):
        ends.sort()  # told apart by location, service and number, so that nothing which may be NULL is compared
    # SQLite's own count of the rows that it changed, summed over all of them.
    noted = connection.executemany(_BEGIN, begun).rowcount if begun else 0
    noted += connection.executemany(_MOVE_END, moved).rowcount if moved else 0
    if noted != len(added):
        raise Overtaken
