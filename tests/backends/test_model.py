"""Every store against a model of it in plain lists, over every order of events that hypothesis thinks of.

Among the events the line is lost: to the database, to the server, before or after something was done there. What was
submitted is there in the end all the same, once, with the history, the receipts and the status that the model has.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from ct_cli.actions.list_obligations import ObligationsAsked, list_obligations
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import ledger
from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import Entry, Outcome, OutcomeKind, Source, Submission
from ct_cli.backends.return_queue import QueueState
from ct_cli.backends.sending import Sent
from ct_cli.compliance.obligation import Counting, ObligationStatus
from ct_cli.register.location import Scope
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.the_return import ReturnKind
from ct_cli.settings import read_settings
from tests.backends.conftest import CARE_HOME, DECEMBER, HOME_CARE, RECEIVED, location, nil, submission
from tests.backends.ledger_model import Expected, Model
from tests.backends.lossy_proxy import Mischief
from tests.backends.ways import LOST, WAYS, Way

T = TypeVar("T")

SERVICES = (CARE_HOME, HOME_CARE)
MONTHS = tuple(DECEMBER + step for step in range(3))
FIRST, LAST = MONTHS[0], MONTHS[-1]
AFTERWARDS = datetime(2025, 2, 26, 12, tzinfo=ZoneInfo("Europe/London"))
"""When the status is asked for: every window has closed."""
COUNTINGS = (Counting(), Counting(rehearsing=True), Counting(must_be_seen=True))
EXAMPLES = {"sqlite": 40, "postgres": 25, "http on sqlite": 20, "http on postgres": 20}

where = {"place": st.integers(0, 1), "service": st.sampled_from(SERVICES), "month": st.sampled_from(MONTHS)}
how = {"fulfils": st.booleans(), "rehearsal": st.booleans()}
counts = {"occupied": st.integers(0, 2)}
weather = st.one_of(  # done and unheard of is the dangerous case, so it comes often
    st.just([Mischief.CUT_ANSWER]),
    st.lists(st.sampled_from([it for it in Mischief if it is not Mischief.NONE]), min_size=1, max_size=6),
)


@dataclass
class Waiting:
    """Returns that wait to be sent together, no two of them for one month."""

    batch: list[Submission]
    expected: list[Expected] | None = None
    """What has to be answered, where it turned out that they were taken in and only the answer was lost."""

    def goes_on_from(self, done: Submission, version: int) -> None:
        """What is for the month of a return that was sent before is made knowing the version that it became."""
        self.batch = [
            _from_version(it, max(it.checked.expected_version or 0, version)) if _same_month(done, it) else it
            for it in self.batch
        ]


def _month(given: Submission) -> tuple[Any, ...]:
    it = given.checked
    return it.location_id, it.service, it.month


def _same_month(earlier: Submission, later: Submission) -> bool:
    """Whether the versions of the later count the earlier: a real return's count real ones only."""
    return _month(earlier) == _month(later) and earlier.rehearsal <= later.rehearsal


def _from_version(given: Submission, version: int) -> Submission:
    return given._replace(checked=replace(given.checked, expected_version=version))


class Ledger(RuleBasedStateMachine):
    """Events in any order, at two locations that no other example has."""

    way: ClassVar[Way]
    desk: ClassVar[Workplace]
    places_so_far: ClassVar[Iterator[int]]

    def __init__(self) -> None:
        super().__init__()
        number = next(self.places_so_far)
        self.places = (f"LOC{number}A", f"LOC{number}B")
        self.scope = Scope(frozenset(self.places))
        self.model, self.seen = Model(), dict[Any, Sighting]()
        self.waiting: list[Waiting] = []
        self.told: list[tuple[Submission, int]] = []
        """What was recorded by this way, with the version that was answered."""
        self.rehearsing = False
        self.foreseeable = True
        """Whether what was handed in last met the ledger as it was before: not where it was done unheard of."""
        self.clock = count(1)
        self.way.begin_anew()
        registered = date(2024, 12, 1)
        self.way.backend.save_locations(location(place, registered_on=registered) for place in self.places)

    # What people do.

    @rule(**where, **how, **counts)
    def submit(self, **said: Any) -> None:
        self.hand_in(self.made(submission, **said))

    @rule(**where, **how)
    def make_a_nil_return(self, **said: Any) -> None:
        self.hand_in(self.made(nil, **said))

    @rule(**where, **how, **counts, expected_version=st.integers(0, 3))
    def correct(self, **said: Any) -> None:
        """As the API's If-Match does: only where nobody else has in the meantime."""
        self.hand_in(self.made(submission, **said))

    @precondition(lambda self: self.model.lines)
    @rule(data=st.data(), unchanged=st.booleans(), fulfils=st.booleans())
    def say_again(self, data: st.DataObject, unchanged: bool, fulfils: bool) -> None:
        """Something that was said before, as it was or as "no change"."""
        given = data.draw(st.sampled_from(self.model.lines)).given
        kind = ReturnKind.UNCHANGED if unchanged else given.checked.kind
        checked = replace(given.checked, kind=kind, expected_version=None)
        self.hand_in(given._replace(checked=checked, fulfils=fulfils, received_at=self.now()))

    @rule(rows=st.lists(st.fixed_dictionaries({**where, **how, **counts}), min_size=1, max_size=3))
    def submit_after_a_dry_run(self, rows: list[dict[str, Any]]) -> None:
        """What was foreseen is what becomes of it."""
        self.settle(self.way.send())
        batch = [self.made(submission, **row) for row in rows]
        months: dict[ledger.MonthKey, list[Entry]] = {}
        for location_id, service, survey, month in {ledger.month_key(it.checked) for it in batch}:
            for entry in self.ask(self.versions, {location_id}, service, month, survey):
                months.setdefault(ledger.month_key(entry), []).append(entry)
        foreseen = ledger.foresee(batch, months)
        outcomes = self.hand_in(*batch)
        if outcomes[0].kind is not OutcomeKind.QUEUED and self.foreseeable:
            for outcome, it in zip(outcomes, foreseen, strict=True):
                assert _foreseeable(outcome) == _foreseeable(it)
                written = it.entry is None or it.entry.receipt_id
                assert not written or it.kind in {OutcomeKind.ALREADY_RECORDED, OutcomeKind.CONFLICT}
                assert not written or outcome.entry == it.entry

    @rule(rows=st.lists(st.fixed_dictionaries({**where, **how, **counts}), min_size=2, max_size=4))
    def submit_a_file(self, rows: list[dict[str, Any]]) -> None:
        """Within one call, later returns are held against earlier ones."""
        self.hand_in(*(self.made(submission, **row) for row in rows))

    @rule(**where, **counts, status=st.sampled_from(["open", "closed"]))
    def import_from_capacity_tracker(self, status: str, **said: Any) -> None:
        """What its export shows: a month's return, and how things stand."""
        shown = self.made(submission, **said, source=Source.CAPACITY_TRACKER)
        self.hand_in(shown)
        it = shown.checked
        sighting = Sighting(it.location_id, it.service, SightingKind.EXPORT, RECEIVED, admission_status=status)
        self.ask(lambda: self.way.backend.save_sightings([sighting]))
        self.seen[it.location_id, it.service] = sighting

    @precondition(lambda self: not any(self.model.would_add(it.batch) == 0 for it in self.waiting if not it.expected))
    @rule(**where, **how, **counts)
    def somebody_else_submits(self, **said: Any) -> None:
        """By another way, while this one may be lost. (Whether what waits and adds nothing was taken in cannot be told
        from the store, so then nobody does.)"""
        given = self.made(submission, **said)
        self.compare(self.way.truth.record([given]), self.model.take_all([given]))

    # What happens to them.

    @rule(rehearsing=st.booleans())
    def restart(self, rehearsing: bool) -> None:
        self.rehearsing = rehearsing
        self.way.restart(rehearsing=rehearsing)

    @rule(plan=weather, away=st.booleans())
    def lose_the_connection(self, plan: list[Mischief], away: bool) -> None:
        self.way.lose(plan, away=away)

    @precondition(lambda self: self.way.database)
    @rule(after=st.integers(0, 8), answers=st.booleans())
    def lose_the_database_in_the_middle(self, after: int, answers: bool) -> None:
        assert self.way.database is not None
        self.way.database.cut(after, answers=answers)

    @rule()
    def come_back(self) -> None:
        self.way.mend()

    @rule()
    def look(self) -> None:
        """What is asked by the way is what the model has."""
        self.model.meet(self.entries())
        entries, latest, sightings, months, obligations = self.ask(self.everything)
        assert sorted(it.receipt_id for it in entries) == sorted(it.receipt for it in self.model.lines)
        assert {key: it.receipt_id for key, it in latest.items()} == self.model.latest(rehearsing=self.rehearsing)
        assert {(it.location_id, it.service): it for it in sightings} == self.seen
        for counting, bits in months:
            assert dict(bits) == self.model.months(counting, LAST)
        assert len(obligations) == len(self.places) * len(SERVICES) * len(MONTHS)
        for it in obligations:
            receipt = self.model.receipt_of((it.location_id, it.service), it.month)
            status = ObligationStatus.FULFILLED if receipt else ObligationStatus.MISSED
            assert (it.status, it.receipt_id) == (status, receipt)

    def everything(self) -> tuple[Any, ...]:
        """History, latest returns, sightings, months and status, as the program has them told."""
        backend, scope = self.way.backend, self.scope
        self.desk.__dict__["backend"] = backend
        return (
            [entry for place in self.places for entry in backend.history(place)],
            backend.latest(scope),
            backend.sightings(scope),
            [(it, backend.months_fulfilled(scope, FIRST, LAST, it)) for it in COUNTINGS],
            list_obligations(self.desk, ObligationsAsked(scope)).items,
        )

    def teardown(self) -> None:
        self.way.mend()
        self.settle(self.way.send())
        assert self.waiting == []
        if self.way.queue is not None:  # What is still there was refused: a correction of what others had corrected.
            assert all(it.state is QueueState.CONFLICT for it in self.way.queue.all())
        self.look()
        tally = Tally()
        for place in self.places:
            assert list(breaks(self.way.backend.walk(place), self.way.backend.chain_ends(place), tally)) == []
        assert tally.entries == len(self.model.lines)

    # Inside.

    def hand_in(self, *batch: Submission) -> Sequence[Outcome]:
        """As one run of ct does: what waits is sent, then this; where neither can be said to be done, it waits, or is
        handed in again."""
        self.settle(self.way.send())
        self.foreseeable = True
        try:
            outcomes = self.way.record(batch)
        except LOST:
            if len(self.entries()) > len(self.model.lines):  # It was done, and only the answer was lost.
                self.model.take_all(batch)
                self.foreseeable = False
            self.model.meet(self.entries())
            self.way.mend()
            outcomes = self.way.record(batch)
        if outcomes[0].kind is OutcomeKind.QUEUED:
            assert {it.kind for it in outcomes} == {OutcomeKind.QUEUED}
            self.waiting.append(Waiting(list(batch)))
            self.notice()  # as it was sent, if it was
            if self.waiting[-1].expected is None:
                self.waiting[-1:] = self.as_queued(batch)
        else:
            assert self.waiting == []
            self.compare(outcomes, self.model.take_all(batch))
            for given, outcome in zip(batch, outcomes, strict=True):
                self.remember(given, outcome)
        return outcomes

    def as_queued(self, batch: Sequence[Submission]) -> list[Waiting]:
        """Returns as they are sent out of the queue: made from the versions that this way was told of, and the second
        of a month only once it is known what became of the first."""
        requests: list[Waiting] = []
        left = list(batch)
        while left:
            first: dict[Any, Submission] = {}
            for given in left:
                first.setdefault(_month(given), given)
            requests.append(Waiting([self.from_what_was_told(it) for it in first.values()]))
            left = [it for it in left if first[_month(it)] is not it]
        return requests

    def from_what_was_told(self, given: Submission) -> Submission:
        if given.checked.expected_version is not None:
            return given
        return _from_version(given, max((at for done, at in self.told if _same_month(done, given)), default=0))

    def remember(self, given: Submission, outcome: Outcome) -> None:
        if outcome.entry is None or outcome.kind is OutcomeKind.CONFLICT:
            return
        self.told.append((given, outcome.entry.version))
        for each in self.waiting:
            each.goes_on_from(given, outcome.entry.version)

    def settle(self, sent: Sequence[Sent]) -> None:
        """What waited was sent: in its order, and as if it had been handed in when it first arrived."""
        outcomes = [it.outcome for it in sent]
        expected: list[Expected] = []
        while len(expected) < len(sent):
            first = self.waiting.pop(0)
            answers = outcomes[len(expected) :][: len(first.batch)]
            expected += first.expected or self.model.take_all(first.batch)
            for given, outcome in zip(first.batch, answers, strict=True):
                self.remember(given, outcome)
        self.notice()
        self.compare(outcomes, expected)

    def notice(self) -> None:
        """Which of those that wait were taken in although no answer came."""
        there = len(self.entries())
        for each in self.waiting:
            if each.expected is None:
                added = self.model.would_add(each.batch)
                if added == 0 or len(self.model.lines) + added > there:
                    break
                each.expected = self.model.take_all(each.batch)

    def compare(self, outcomes: Sequence[Outcome], expected: list[Expected]) -> None:
        """Each outcome is what had to become of it, with the receipt that the store itself has."""
        self.model.meet(self.entries())
        for outcome, it in zip(outcomes, expected, strict=True):
            assert outcome.kind.value == it.kind
            assert (outcome.entry.receipt_id if outcome.entry else None) == (it.line.receipt if it.line else None)

    def ask(self, question: Callable[..., T], *given: Any) -> T:
        """An answer; where the line is lost, when it is back."""
        try:
            return question(*given)
        except LOST:
            self.way.mend()
            return question(*given)

    def entries(self) -> list[Entry]:
        """What the store itself holds."""
        return [entry for place in self.places for entry in self.way.truth.history(place)]

    def versions(self, *asked: Any) -> Sequence[Entry]:
        """Of the program as it is now: where the line was lost, another one asks again."""
        return self.way.backend.versions(*asked)

    def made(self, make: Callable[..., Submission], place: int, **said: Any) -> Submission:
        """A return at one of this example's places, received at a moment of its own."""
        return make(self.places[place], received_at=self.now(), **said)

    def now(self) -> datetime:
        return RECEIVED + timedelta(seconds=next(self.clock))


def _foreseeable(outcome: Outcome) -> tuple[Any, ...]:
    """As much of an outcome as a dry run can know: of what is not written yet neither receipt nor chain."""
    versions = [it and (it.version, it.month, it.content_hash, it.fulfils) for it in (outcome.entry, outcome.previous)]
    return outcome.kind, versions


@pytest.mark.parametrize("kind", WAYS)
def test_a_store_is_its_model_whatever_happens(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ct_cli.backends.postgres_database._LEFT_ALONE", 0.0)
    way = WAYS[kind](tmp_path)
    of_this_test = {"way": way, "desk": Workplace(read_settings(), AFTERWARDS), "places_so_far": count(1)}
    machine = type(f"Ledger_{kind}", (Ledger,), of_this_test)
    try:
        given = settings(max_examples=EXAMPLES[kind], stateful_step_count=12, deadline=None)
        run_state_machine_as_test(machine, settings=given)
    finally:
        way.close()
