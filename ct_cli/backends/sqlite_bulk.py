"""Thousands of rows into the embedded store: what they meet is read in a few questions, and plain ones become rows at
once, without an entry in between.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ct_cli.backends import ledger
from ct_cli.backends.contract import ChainKey, Entry, NewEntry, Outcome, PlainReturn, Shared, Submission
from ct_cli.backends.sql_rows import ENTRY_COLUMNS, PlainRows, Row, entry_row, marks
from ct_cli.backends.sql_speaker import Connection
from ct_cli.returns.identity import Service

INSERT_ENTRY = f"INSERT INTO entries ({ENTRY_COLUMNS}) VALUES ({marks(ENTRY_COLUMNS)})"
PREFIXED_COLUMNS = ", ".join("e." + column for column in ENTRY_COLUMNS.split(", "))
SERVICES = {service.value: service for service in Service}
"""By name: found in a fifth of the time that `Service(name)` takes."""


def heads_of(connection: Connection, location_ids: Iterable[str]) -> dict[ChainKey, ledger.Head]:
    """The ends of all chains of these locations."""
    ids = json.dumps(sorted(set(location_ids)))
    rows = connection.execute(
        "SELECT c.location_id, c.service, c.number, c.entry_hash FROM json_each(?) w CROSS JOIN chains c"
        " ON c.location_id = w.value",
        (ids,),
    )
    return {(row[0], SERVICES[row[1]]): ledger.Head(row[2], row[3]) for row in rows.fetchall() if row[1] in SERVICES}


def standing(
    connection: Connection, keys: Collection[ledger.MonthKey], heads: Mapping[ChainKey, ledger.Head]
) -> list[Row]:
    """Every entry of the months of these keys, oldest first in each; `heads` are those that there are."""
    ids_of: dict[tuple[Service, str, int], list[str]] = {}
    for location_id, service, survey, month in keys:
        if (location_id, service) in heads:
            ids_of.setdefault((service, survey, month.key), []).append(location_id)
    sql = (
        f"SELECT {PREFIXED_COLUMNS} FROM json_each(?) w CROSS JOIN entries e ON e.location_id = w.value"
        " AND e.service = ? AND e.survey = ? AND e.month = ? ORDER BY e.number"
    )
    found: list[Row] = []
    for (service, survey, month_key), ids in ids_of.items():
        found += connection.execute(sql, (json.dumps(sorted(ids)), service.value, survey, month_key)).fetchall()
    return found


def write_heads(connection: Connection, heads: Iterable[tuple[str, str, int, str]]) -> None:
    """Note where chains end now; of one chain the last counts."""
    sql = "REPLACE INTO chains (location_id, service, number, entry_hash) VALUES (?, ?, ?, ?)"
    connection.executemany(sql, sorted(heads))


class RowsIntoLedger:
    """One call of `record_rows`, within its transaction."""

    def __init__(
        self,
        connection: Connection,
        rows: Sequence[Submission | PlainReturn],
        entries_of: Callable[[Iterable[Row]], list[Entry]],
    ) -> None:
        """`entries_of` makes entries of stored rows, and raises StoreUnusable for those that were altered."""
        self._connection, self._rows, self._entries_of = connection, rows, entries_of
        self._heads = heads_of(connection, map(_location_of, rows))
        self._months: dict[ledger.MonthKey, list[Entry]] = {}
        self._added: list[Row] = []
        self._fresh: dict[ledger.MonthKey, Row] = {}
        """The months that this call has one plain return for, and nothing stood for before."""

    def record(self) -> list[Outcome | NewEntry]:
        """Append what is new; an outcome for each row, in order. Raises TextRefused."""
        self._read_months()
        outcomes: list[Outcome | NewEntry] = []
        shared: Shared | None = None
        for row in self._rows:
            if not isinstance(row, PlainReturn):
                outcomes.append(self._as_submission(row, ledger.month_key(row.checked)))
                continue
            location_id, content, its = row
            if its is not shared:
                shared, hashes, rows = its, ledger.PlainHashes(its).hashes, PlainRows(its).row
                service, survey, month = its.service, its.survey, its.month
            key = (location_id, service, survey, month)
            if key in self._months or key in self._fresh:
                outcomes.append(self._as_submission(row.submission(), key))
                continue
            head = self._heads.get((location_id, service), ledger.EMPTY_CHAIN)
            said, whole = hashes(location_id, content, head.number + 1, head.entry_hash)
            stored = rows(location_id, content, head, said, whole)
            self._heads[location_id, service] = ledger.Head(head.number + 1, whole)
            self._fresh[key] = stored
            self._added.append(stored)
            outcomes.append(NewEntry(whole[: ledger.RECEIPT_DIGITS]))
        self._write()
        return outcomes

    def _read_months(self) -> None:
        if not self._heads:
            return
        keys = {
            (row.location_id, row.shared.service, row.shared.survey, row.shared.month)
            if isinstance(row, PlainReturn)
            else ledger.month_key(row.checked)
            for row in self._rows
        }
        for entry in self._entries_of(standing(self._connection, keys, self._heads)):
            self._months.setdefault(ledger.month_key(entry), []).append(entry)

    def _as_submission(self, submission: Submission, key: ledger.MonthKey) -> Outcome:
        """The way of a single return, for what has something beside its values or stands beside another."""
        if key in self._fresh:
            self._months[key] = self._entries_of([self._fresh.pop(key)])
        (outcome,) = ledger.append((submission,), self._heads, self._months)
        self._added += map(entry_row, ledger.written((outcome,)))
        return outcome

    def _write(self) -> None:
        self._connection.executemany(INSERT_ENTRY, self._added)
        # Location, service, number and entry hash.
        write_heads(self._connection, [(row[1], row[2], row[3], row[-2]) for row in self._added])


def _location_of(row: Submission | PlainReturn) -> str:
    return row.location_id if isinstance(row, PlainReturn) else row.checked.location_id
