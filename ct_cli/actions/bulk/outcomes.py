"""What became of each row of a file, kept so small that a million rows fit into memory."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import overload

from ct_cli.actions.answer import Answer
from ct_cli.actions.taking.submitted import Change, Fate, NewerReturn
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Place, Severity
from ct_cli.windows.month import Month

_FATES = tuple(Fate)
_SERVICES: tuple[Service | None, ...] = (None, *Service)
_NUMBER_OF = {fate: number for number, fate in enumerate(_FATES)}
_NUMBER_OF_SERVICE: dict[Service | None, int] = {service: number for number, service in enumerate(_SERVICES)}
_ID_WIDTH = 14
"""The most characters of a location id."""
_RECEIPT_WIDTH = 16
_BOTH = _ID_WIDTH + _RECEIPT_WIDTH
_TEXTS = f"%-{_ID_WIDTH}.{_ID_WIDTH}s%-{_RECEIPT_WIDTH}.{_RECEIPT_WIDTH}s"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row."""

    row: int
    """As the spreadsheet shows it, from 1."""
    location_id: str | None
    """None where the row's cell does not hold one."""
    service: Service | None
    month: Month | None
    fate: Fate
    receipt: str | None
    """The receipt's id, where the row is recorded."""


Told = tuple[int, str | None, Service | None, Month | None, Fate, str | None]
"""The fields of a RowOutcome, in their order."""
_PLACES = {field.name: place for place, field in enumerate(fields(RowOutcome))}
_row_of = itemgetter(_PLACES["row"])
_alike_by = itemgetter(_PLACES["service"], _PLACES["month"], _PLACES["fate"])
_texts_of = itemgetter(_PLACES["location_id"], _PLACES["receipt"])


class RowOutcomes(Sequence[RowOutcome]):
    """The outcomes of a file's rows, in their order: 40 bytes for each, made into objects as they are read."""

    def __init__(self) -> None:
        self._rows, self._months = array("I"), array("I")
        self._fates, self._services, self._texts = bytearray(), bytearray(), bytearray()

    def extend(self, told: Iterable[Told]) -> None:
        """Put more at the end, in their order."""
        # Nearly all rows of a file are of one kind: this runs for each row of files of a million.
        for (service, month, fate), alike in groupby(told, _alike_by):
            each = list(alike)
            self._rows.extend(map(_row_of, each))
            self._months.extend([month.key if month else 0] * len(each))
            self._fates += bytes((_NUMBER_OF[fate],)) * len(each)
            self._services += bytes((_NUMBER_OF_SERVICE[service],)) * len(each)
            texts = [_TEXTS % (location_id or "", receipt or "") for location_id, receipt in map(_texts_of, each)]
            self._texts += "".join(texts).encode("ascii", "replace")

    def counts(self) -> dict[Fate, int]:
        """How many rows met each fate, those that none met left out."""
        found = Counter(self._fates)
        return {fate: found[number] for number, fate in enumerate(_FATES) if found[number]}

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> RowOutcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RowOutcome]: ...
    def __getitem__(self, index: int | slice) -> RowOutcome | Sequence[RowOutcome]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        month = self._months[at]
        return RowOutcome(
            self._rows[at],
            self._text(at, 0, _ID_WIDTH),
            _SERVICES[self._services[at]],
            Month.from_key(month) if month else None,
            _FATES[self._fates[at]],
            self._text(at, _ID_WIDTH, _BOTH),
        )

    def __iter__(self) -> Iterator[RowOutcome]:
        return (self[at] for at in range(len(self)))

    def _text(self, at: int, first: int, end: int) -> str | None:
        return self._texts[at * _BOTH + first : at * _BOTH + end].decode().rstrip() or None


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind of problem in a file, with how often and where it was met first."""

    code: str
    severity: Severity
    count: int
    words: str
    """The first one's."""
    remedy: str
    examples: tuple[Place, ...]
    """Where the first few are."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that differs from what stands for its month, or would."""

    row: int
    location_id: str
    service: Service
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RowConflict:
    """A row that was not recorded, for somebody recorded another return after the version that it was made from."""

    row: int
    location_id: str
    service: Service
    newer: NewerReturn


@dataclass(frozen=True, slots=True)
class StillOwed:
    """A return that is owed for a month of the file, not made yet, and not in the file."""

    location_id: str
    name: str
    service: Service
    month: Month


@dataclass(frozen=True)
class FileSubmitted(Answer):
    """What became of a file of returns."""

    file: str
    sheet: str | None
    dry_run: bool
    atomic: bool
    rehearsal: bool
    filed_here: bool
    total: int
    """The rows that hold anything."""
    counts: Mapping[Fate, int]
    fulfilling: int
    """How many of the rows that are recorded meet a month's duty."""
    kinds: tuple[ProblemKind, ...]
    """The problems by kind, errors first, then the most frequent."""
    changed: tuple[RowChange, ...]
    still_owed: tuple[StillOwed, ...] | None
    """Told in a dry run; None in a real one."""
    rows: Sequence[RowOutcome]
    report: Path | None = None
    """Where every problem was written; None where that was not asked for, or could not be done."""
    conflicts: tuple[RowConflict, ...] = ()
