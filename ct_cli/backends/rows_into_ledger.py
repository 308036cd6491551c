"""Thousands of rows into the ledger of a store in SQL: what they meet is read in a few questions, and plain ones become
rows at once, without an entry in between.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from ct_cli.backends import ledger
from ct_cli.backends.contract import ChainKey, Entry, NewEntry, Outcome, PlainReturn, Shared, Submission
from ct_cli.backends.sql_rows import PlainRows, Row, entry_row
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures, figures_of
from ct_cli.windows.month import Month


class RowsIntoLedger:
    """One call of `record_rows`, within its transaction."""

    def __init__(
        self,
        rows: Sequence[Submission | PlainReturn],
        heads: dict[ChainKey, ledger.Head],
        standing: Callable[[], Iterable[Entry]],
        entries_of: Callable[[Iterable[Row]], list[Entry]],
    ) -> None:
        """`heads` are the ends of the chains that these rows are for; `standing` tells what stands for their months.
        `entries_of` makes entries of stored rows."""
        self._rows, self._heads, self._standing, self._entries_of = rows, heads, standing, entries_of
        self._months: dict[ledger.MonthKey, list[Entry]] = {}
        self.added: list[Row] = []
        """What the store has to write, in its order."""
        self.figures: list[Figures] = []
        """Those of each."""
        self._fresh: dict[ledger.MonthKey, Row] = {}
        """The months that this call has one plain return for, and nothing stood for before."""

    def settle(self) -> list[Outcome | NewEntry]:
        """An outcome for each row, in order; what is new is in `added`. Raises TextRefused."""
        if self._heads:
            for entry in self._standing():
                self._months.setdefault(ledger.month_key(entry), []).append(entry)
        heads, months, fresh = self._heads, self._months, self._fresh
        outcomes: list[Outcome | NewEntry] = []
        shared: Shared | None = None
        new = tuple.__new__  # a named tuple's own takes nearly twice as long (measured), and there are two to a row
        for row in self._rows:
            if not isinstance(row, PlainReturn):
                outcomes.append(self._as_submission(row, ledger.month_key(row.checked)))
                continue
            location_id, content, its, figures = row
            if its is not shared:
                shared, hashes, rows = its, ledger.PlainHashes(its).hashes, PlainRows(its).row
                service, survey, month = its.service, its.survey, its.month
            key = (location_id, service, survey, month)
            if key in fresh or key in months:
                outcomes.append(self._as_submission(row.submission(), key))
                continue
            chain = (location_id, service)
            head = heads.get(chain, ledger.EMPTY_CHAIN)
            number, before = head
            said, whole = hashes(location_id, content, number + 1, before)
            fresh[key] = stored = rows(location_id, content, head, said, whole)
            heads[chain] = new(ledger.Head, (number + 1, whole))
            self.added.append(stored)
            self.figures.append(figures)
            outcomes.append(new(NewEntry, (whole[: ledger.RECEIPT_DIGITS],)))
        return outcomes

    def _as_submission(self, submission: Submission, key: ledger.MonthKey) -> Outcome:
        """The way of a single return, for what has something beside its values or stands beside another."""
        if key in self._fresh:
            self._months[key] = self._entries_of([self._fresh.pop(key)])
        (outcome,) = ledger.append((submission,), self._heads, self._months)
        for entry in ledger.written((outcome,)):
            self.added.append(entry_row(entry))
            self.figures.append(figures_of(entry.service, submission.checked.values))
        return outcome


MonthsMet = Mapping[tuple[Service, str, Month], set[str]]
"""Of each service, survey (empty for the monthly return) and month, the locations that something is recorded of."""


def months_met(rows: Iterable[Submission | PlainReturn]) -> MonthsMet:
    """The months that these rows are of."""
    met: dict[tuple[Service, str, Month], set[str]] = {}
    shared: Shared | None = None
    for row in rows:
        if isinstance(row, PlainReturn):
            if row.shared is not shared:
                shared = row.shared
                add = met.setdefault((shared.service, shared.survey, shared.month), set()).add
            add(row.location_id)
        else:
            said = row.checked
            met.setdefault((said.service, said.survey, said.month), set()).add(said.location_id)
    return met


def locations_met(met: MonthsMet) -> set[str]:
    """Their locations."""
    return set().union(*met.values())
