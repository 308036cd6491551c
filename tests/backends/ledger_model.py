"""The ledger as plain lists: what a store is held to in test_model.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ct_cli.backends.contract import Entry, Submission
from ct_cli.backends.submission import Source
from ct_cli.compliance.obligation import Counting
from ct_cli.windows.month import Month

ChainOf = tuple[str, object]


@dataclass
class Line:
    """What the model keeps of an entry."""

    given: Submission
    version: int
    receipt: str = ""
    """Known once it was seen in the store itself."""

    @property
    def said(self) -> object:
        """What makes two returns the same."""
        checked = self.given.checked
        return (checked.kind, dict(checked.values), checked.reason, checked.note)

    @property
    def chain(self) -> ChainOf:
        """Its location and service."""
        return self.given.checked.location_id, self.given.checked.service

    @property
    def from_capacity_tracker(self) -> bool:
        """Whether it was seen there."""
        return self.given.source is Source.CAPACITY_TRACKER


@dataclass
class Expected:
    """What has to become of a submission."""

    kind: str
    line: Line | None
    """The entry that it is answered with."""


@dataclass
class Model:
    """The ledger."""

    lines: list[Line] = field(default_factory=list)

    def take(self, given: Submission) -> Expected:
        """Take a return in; what has to become of it."""
        there = self._month(given)
        new = Line(given, 1 + max((line.version for line in there), default=0))
        alike = [line for line in there if line.from_capacity_tracker is new.from_capacity_tracker]
        same = bool(alike) and alike[-1].said == new.said
        if same and alike[-1].given.fulfils >= given.fulfils:
            return Expected("already-recorded", alike[-1])
        expected = given.checked.expected_version
        if expected is not None and not same and not new.from_capacity_tracker:
            returns = [line for line in there if not line.from_capacity_tracker]
            if returns and returns[-1].version > expected:
                return Expected("conflict", returns[-1])
            if expected > (there[-1].version if there else 0):
                return Expected("conflict", there[-1] if there else None)
        self.lines.append(new)
        return Expected("corrected" if there else "accepted", new)

    def take_all(self, batch: Sequence[Submission]) -> list[Expected]:
        """Take a batch in, later returns held against earlier ones."""
        return [self.take(given) for given in batch]

    def would_add(self, batch: Sequence[Submission]) -> int:
        """How many lines a batch would add."""
        other = Model(list(self.lines))
        other.take_all(batch)
        return len(other.lines) - len(self.lines)

    def meet(self, entries: Sequence[Entry]) -> None:
        """Hold the store's own entries against the lines, and learn the receipts."""
        assert len(entries) == len(self.lines)
        for chain in {line.chain for line in self.lines}:
            lines = [line for line in self.lines if line.chain == chain]
            found = [entry for entry in entries if (entry.location_id, entry.service) == chain]
            assert [entry.number for entry in found] == list(range(1, len(lines) + 1))
            for line, entry in zip(lines, found, strict=True):
                it, given = line.given.checked, line.given
                assert (entry.month, entry.version, entry.kind) == (it.month, line.version, it.kind)
                assert (dict(entry.values), entry.reason, entry.note) == (dict(it.values), it.reason, it.note)
                assert (entry.fulfils, entry.rehearsal, entry.source) == (given.fulfils, given.rehearsal, given.source)
                assert entry.received_at == given.received_at
                assert line.receipt in {"", entry.receipt_id}
                line.receipt = entry.receipt_id

    def latest(self, *, rehearsing: bool) -> dict[ChainOf, str]:
        """The receipt of the last line of the latest month of each chain."""
        found: dict[ChainOf, Line] = {}
        for line in self.lines:
            before = found.get(line.chain)
            if (rehearsing or not line.given.rehearsal) and (
                not before or before.given.checked.month <= line.given.checked.month
            ):
                found[line.chain] = line
        return {key: line.receipt for key, line in found.items()}

    def months(self, counting: Counting, last: Month) -> dict[ChainOf, int]:
        """The months that are fulfilled, as bits."""
        found: dict[ChainOf, int] = {}
        for line in self.lines:
            counts = line.given.fulfils and (counting.rehearsing or not line.given.rehearsal)
            if counts and (not counting.must_be_seen or line.from_capacity_tracker):
                found[line.chain] = found.get(line.chain, 0) | 1 << (last - line.given.checked.month)
        return found

    def receipt_of(self, chain: ChainOf, month: Month) -> str | None:
        """The receipt that fulfils a month outside rehearsals: of each source's last, the one received last."""
        last: dict[bool, Line] = {}
        for line in self.lines:
            if (line.chain, line.given.checked.month) != (chain, month):
                continue
            if line.given.fulfils and not line.given.rehearsal:
                last[line.from_capacity_tracker] = line
        return max(last.values(), key=lambda it: it.given.received_at).receipt if last else None

    def _month(self, given: Submission) -> list[Line]:
        """What a submission is held against, oldest first."""
        it = given.checked
        return [
            line
            for line in self.lines
            if line.chain == (it.location_id, it.service)
            and line.given.checked.month == it.month
            and (given.rehearsal or not line.given.rehearsal)
        ]
