"""A store against a model of it in plain lists, over every order of events that hypothesis thinks of."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import Backend, Entry, Source, Submission
from ct_cli.compliance.obligation import Counting
from ct_cli.register.location import Scope
from ct_cli.returns.the_return import ReturnKind
from tests.backends.conftest import CARE_HOME, DECEMBER, HOME_CARE, KINDS, Store, location, nil, record, submission

PLACES, SERVICES = ("LOC123", "LOC456"), (CARE_HOME, HOME_CARE)
MONTHS = tuple(DECEMBER + step for step in range(3))
FIRST, LAST = MONTHS[0], MONTHS[-1]

where = {"location_id": st.sampled_from(PLACES), "service": st.sampled_from(SERVICES), "month": st.sampled_from(MONTHS)}
how = {"fulfils": st.booleans(), "rehearsal": st.booleans()}
returns = st.one_of(
    st.builds(submission, **where, **how, occupied=st.integers(0, 2)),
    st.builds(nil, **where, **how),
    st.builds(submission, **where, occupied=st.integers(0, 1), source=st.just(Source.CAPACITY_TRACKER)),
    st.builds(submission, **where, **how, occupied=st.integers(0, 2), expected_version=st.integers(0, 2)),
)


@dataclass
class Line:
    """What the model keeps of an entry."""

    given: Submission
    version: int
    receipt: str

    @property
    def said(self) -> object:
        checked = self.given.checked
        return (checked.kind, dict(checked.values), checked.reason, checked.note)


@dataclass
class Model:
    """The ledger as lists."""

    lines: list[Line] = field(default_factory=list)

    def month(self, given: Submission) -> list[Line]:
        """What a submission may be held against, oldest first."""
        it = given.checked
        return [
            line
            for line in self.lines
            if (line.given.checked.location_id, line.given.checked.service) == (it.location_id, it.service)
            and line.given.checked.month == it.month
            and (given.rehearsal or not line.given.rehearsal)
        ]

    def expect(self, given: Submission) -> tuple[str, str | None, int]:
        """What becomes of a submission: its outcome, the receipt that is given again, its version."""
        there = self.month(given)
        version = there[-1].version if there else 0
        expected = given.checked.expected_version
        if expected is not None and expected != version:
            return "conflict", there[-1].receipt if there else None, version
        seen = given.source is Source.CAPACITY_TRACKER
        alike = [line for line in there if (line.given.source is Source.CAPACITY_TRACKER) is seen]
        new = Line(given, 0, "")
        if alike and alike[-1].said == new.said and alike[-1].given.fulfils >= given.fulfils:
            return "already-recorded", alike[-1].receipt, alike[-1].version
        next_version = 1 + max((line.version for line in there), default=0)
        return ("corrected" if there else "accepted"), None, next_version

    def latest(self, *, rehearsing: bool) -> dict[tuple[str, object], str]:
        """The receipt of the last line of the latest month of each chain."""
        found: dict[tuple[str, object], Line] = {}
        for line in self.lines:
            it = line.given.checked
            before = found.get((it.location_id, it.service))
            if (rehearsing or not line.given.rehearsal) and (not before or before.given.checked.month <= it.month):
                found[it.location_id, it.service] = line
        return {key: line.receipt for key, line in found.items()}


class Ledger(RuleBasedStateMachine):
    """Events in any order; after each, the store tells what the model tells."""

    kind = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store: Store = KINDS[self.kind](Path(self.folder.name))
        self.rehearsing = False
        self.backend: Backend = self.store.open()
        self.backend.save_locations(map(location, PLACES))
        self.model = Model()

    def teardown(self) -> None:
        tally = Tally()
        assert list(breaks(self.backend.walk(), self.backend.chain_ends(), tally)) == []
        assert tally.entries == len(self.model.lines)
        self.backend.close()
        self.folder.cleanup()

    @rule(batch=st.lists(returns, min_size=1, max_size=4))
    def hand_in(self, batch: list[Submission]) -> None:
        """One call of record; within it, later returns are held against earlier ones."""
        for given, outcome in zip(batch, record(self.backend, *batch), strict=True):
            kind, receipt, version = self.model.expect(given)
            assert outcome.kind.value == kind
            if kind in {"accepted", "corrected"}:
                assert outcome.entry is not None and outcome.entry.version == version
                self.model.lines.append(Line(given, version, outcome.entry.receipt_id))
            else:
                assert (outcome.entry.receipt_id if outcome.entry else None) == receipt

    @precondition(lambda self: self.model.lines)
    @rule(data=st.data(), fulfils=st.booleans())
    def hand_in_again(self, data: st.DataObject, fulfils: bool) -> None:
        """Something that was said before, perhaps as "no change"."""
        line = data.draw(st.sampled_from(self.model.lines))
        it = line.given.checked
        kind = data.draw(st.sampled_from([it.kind, ReturnKind.UNCHANGED]))
        said = {"location_id": it.location_id, "service": it.service, "month": it.month, "reason": it.reason}
        self.hand_in([submission(**said, values=it.values, kind=kind, fulfils=fulfils)])

    @rule(rehearsing=st.booleans())
    def open_again(self, rehearsing: bool) -> None:
        """As the next run of ct does, by the real clock or in a rehearsal."""
        self.backend.close()
        self.rehearsing = rehearsing
        self.backend = self.store.open(rehearsing=rehearsing)

    @invariant()
    def the_history_is_the_models(self) -> None:
        for place in PLACES:
            for service in SERVICES:
                expected = [
                    (line.receipt, line.version)
                    for line in self.model.lines
                    if (line.given.checked.location_id, line.given.checked.service) == (place, service)
                ]
                found: list[Entry] = list(self.backend.history(place, service))
                assert [(entry.receipt_id, entry.version) for entry in found] == expected
                assert [entry.number for entry in found] == list(range(1, len(found) + 1))

    @invariant()
    def the_latest_are_the_models(self) -> None:
        found = self.backend.latest(Scope())
        assert {key: entry.receipt_id for key, entry in found.items()} == self.model.latest(rehearsing=self.rehearsing)

    @invariant()
    def the_months_fulfilled_are_the_models(self) -> None:
        for counting in (Counting(), Counting(rehearsing=True), Counting(must_be_seen=True)):
            expected: dict[tuple[str, object], int] = {}
            for line in self.model.lines:
                it, given = line.given.checked, line.given
                counts = given.fulfils and (counting.rehearsing or not given.rehearsal)
                if counts and (not counting.must_be_seen or given.source is Source.CAPACITY_TRACKER):
                    key = (it.location_id, it.service)
                    expected[key] = expected.get(key, 0) | 1 << (LAST - it.month)
            assert dict(self.backend.months_fulfilled(Scope(), FIRST, LAST, counting)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_is_its_model_whatever_happens(kind: str) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    examples = 3 if kind.startswith("http") else 25  # an answer over a socket takes long; the store behind is the same
    machine = type(f"Ledger_{kind}", (Ledger,), {"kind": kind})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=15, deadline=None))
