"""Thousands of returns handed to a server: the same reading, rules and recording as `ct submit --file`, told a row at
a time, so that nothing has to be kept until the last."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from ct_cli.actions.bulk.intake import BulkIntake, SeenRow
from ct_cli.actions.bulk.rows import FileRows, open_rows
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.taking.submitted import Fate, fate_of
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import NewEntry, Outcome, PlainReturn, Submission
from ct_cli.errors import CtError, ExitStatus
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.reading.sheet import Row
from ct_cli.windows.month import Month

CHUNK = 1_000
"""Rows in one transaction, and in one block of the answer."""
MOST_ATOMIC = 10_000
"""Rows that can be taken in all or none."""


class BatchRefused(CtError):
    """The batch cannot be read: {words}"""

    code = "batch-refused"
    exit_status = ExitStatus.REFUSED


class TooManyForAtomic(CtError):
    """All or none is possible for {most:,} returns at most: send this batch in parts, or without atomic."""

    code = "too-many-for-atomic"
    exit_status = ExitStatus.REFUSED


class RowTold(NamedTuple):
    """What became of one row."""

    row: int
    """Its line of NDJSON or its place in the array, from 1."""
    location_id: str | None
    service: Service | None
    month: Month | None
    fate: Fate
    fulfils: bool
    version: int | None
    receipt_id: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ChunkTold:
    """What became of some rows."""

    rows: tuple[RowTold, ...]
    received_at: datetime | None = None
    """When those came that were written now; None where none was."""

    @property
    def written(self) -> Iterator[RowTold]:
        """Those that the ledger has a new entry of."""
        return (row for row in self.rows if row.fate in _WRITTEN) if self.received_at else iter(())


_WRITTEN = frozenset({Fate.ACCEPTED, Fate.CORRECTED})

Tell = Callable[[Sequence[Outcome | NewEntry]], ChunkTold]

Beside = Callable[[Tell, bool], None]
"""Told, before each chunk is recorded, how its rows are told from the outcomes, and whether there is anything to record
in it: for what is written beside them."""


class Batch:
    """One batch on its way through. Closed by whoever opened it."""

    def __init__(self, workplace: Workplace, order: FileOrder, terms: Terms, received_at: datetime) -> None:
        """`received_at` is when all of it had arrived.

        Raises FileRefused and its kinds, NoSuchSurvey, BatchRefused, TooManyForAtomic."""
        self._terms, self._atomic = terms, order.atomic
        self._sheet, rows, problems, _ = open_rows(workplace, order, lambda: workplace.backend)
        try:
            self._rows = _readable(rows, problems)
            # Read whole now: two readings of one file at the same time would move it under each other.
            if self._rows.scanned.total > MOST_ATOMIC and self._atomic:
                raise TooManyForAtomic(most=MOST_ATOMIC)
        except BaseException:
            self._sheet.close()
            raise
        self._intake = BulkIntake(workplace, order, terms, self._rows, received_at)

    def close(self) -> None:
        """Let go of the file."""
        self._sheet.close()

    @property
    def total(self) -> int:
        """The rows that hold anything."""
        return self._rows.scanned.total

    @property
    def chunk_size(self) -> int:
        """Rows in one transaction."""
        return MOST_ATOMIC if self._atomic else CHUNK

    @property
    def chunk_count(self) -> int:
        """How many transactions there are; one at least."""
        return max(1, -(-self.total // self.chunk_size))

    def chunks(self, beside: Beside, skip: int = 0) -> Iterator[ChunkTold]:
        """Each chunk, once it is recorded; without the first few, which an earlier run recorded.

        While one is being recorded the next is examined.
        """
        unread = iter(self._sheet.rows(self._rows.plan.names))
        for _ in islice(unread, skip * self.chunk_size):
            pass
        under_way: list[Callable[[], ChunkTold]] = []
        done: list[ChunkTold] = []
        try:
            while chunk := list(islice(unread, self.chunk_size)):
                seen = self._examined(chunk)
                done = [under_way.pop()()] if under_way else []
                under_way.append(self._start(seen, beside))
                while done:
                    yield done.pop()
            if under_way:
                yield under_way.pop()()
        except CtError:  # what is recorded by then is told first
            if under_way:
                done.append(under_way.pop()())
            yield from done
            raise
        finally:  # also where nobody wants to hear of it any more
            if under_way:
                under_way.pop()()

    def _examined(self, chunk: Sequence[Row]) -> Sequence[SeenRow]:
        seen = self._intake.examine(chunk)
        if self._atomic and any(each.fate is not None for each in seen):
            return [each._replace(fate=each.fate or Fate.HELD_BACK, submission=None) for each in seen]
        return seen

    def _start(self, seen: Sequence[SeenRow], beside: Beside) -> Callable[[], ChunkTold]:
        """Begin to record a chunk; what waits for it, and tells of it."""
        submissions = [each.submission for each in seen if each.submission is not None]
        found: list[ChunkTold] = []

        def tell(outcomes: Sequence[Outcome | NewEntry]) -> ChunkTold:
            each_outcome = iter(outcomes)
            rows = tuple([self._told(each, next(each_outcome) if each.submission else None) for each in seen])
            # The transaction may have been tried again: the last time counts.
            found[:] = [ChunkTold(rows, _received_at(submissions))]
            return found[0]

        beside(tell, bool(submissions))
        recording = self._intake.start(submissions, atomic=self._atomic)

        def told() -> ChunkTold:
            outcomes = recording.outcomes()
            return found[0] if found else tell(outcomes)

        return told

    def _told(self, each: SeenRow, outcome: Outcome | NewEntry | None) -> RowTold:
        if isinstance(outcome, NewEntry):
            assert isinstance(each.submission, PlainReturn)  # the contract's promise
            return RowTold(
                each.row, each.location_id, each.service, each.month, Fate.ACCEPTED, each.submission.shared.fulfils, 1,
                outcome.receipt_id, (),
            )  # fmt: skip
        if outcome is None:
            assert each.fate is not None  # why it is not recorded
            return RowTold(
                each.row, each.location_id, each.service, each.month, each.fate, False, None, None, _here(each.problems)
            )
        fate, entry = fate_of(outcome), outcome.entry
        shown = entry if fate.recorded else None
        return RowTold(
            each.row,
            each.location_id,
            each.service,
            each.month,
            fate,
            shown.fulfils if shown else False,
            shown.version if shown else None,
            (shown.receipt_id or None) if shown else None,
            _here((*each.problems, *outcome.problems)),
        )


def _received_at(submissions: Sequence[Submission | PlainReturn]) -> datetime | None:
    """When the submissions of a chunk came, which is at one moment."""
    if not submissions:
        return None
    first = submissions[0]
    return first.shared.received_at if isinstance(first, PlainReturn) else first.received_at


def _here(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Problems without the name of the file, which is the server's own and tells a client nothing."""
    return tuple(it._replace(place=it.place._replace(file=None)) if it.place else it for it in problems)


def _readable(rows: FileRows | None, problems: Sequence[Problem]) -> FileRows:
    if rows is None:
        raise BatchRefused(words="; ".join(f"{found.words} ({found.remedy})" for found in problems))
    return rows
