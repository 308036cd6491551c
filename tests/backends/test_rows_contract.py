"""What a store promises of a file's rows: that the lean way and the usual one come to the same."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import (
    Backend,
    LastReturn,
    NewEntry,
    Outcome,
    OutcomeKind,
    PlainReturn,
    Shared,
    Source,
    Submission,
    TextRefused,
)
from ct_cli.register.location import Scope
from ct_cli.returns.rules.case import figures_of
from ct_cli.returns.the_return import ReturnKind
from ct_cli.returns.values_text import values_text
from ct_cli.windows.month import Month
from tests.backends.conftest import (
    CARE_HOME,
    DECEMBER,
    HOME_CARE,
    JANUARY,
    KINDS,
    RECEIVED,
    location,
    nil,
    record,
    submission,
)

IDS = ("LOC123", "LOC456")
SHARED = Shared(
    CARE_HOME, DECEMBER, "care-home-2023-07-15", "", RECEIVED, True, False, Source.RECORDED_HERE, "sam"
)  # fmt: skip
IN_JANUARY = SHARED._replace(month=JANUARY, received_at=RECEIVED + timedelta(days=31), recorded_by="Ænne")


def plain(location_id: str = "LOC123", occupied: int = 36, shared: Shared = SHARED) -> PlainReturn:
    values = {"maximum_capacity": 40, "occupied": occupied}
    return PlainReturn(location_id, values_text(values), shared, figures_of(CARE_HOME, values))


def in_ledger(backend: Backend) -> list[object]:
    return list(backend.walk())


ROWS = st.lists(
    st.one_of(
        st.builds(plain, st.sampled_from(IDS), st.integers(35, 37), st.sampled_from([SHARED, IN_JANUARY])),
        st.builds(submission, st.sampled_from(IDS), occupied=st.integers(35, 37), note=st.sampled_from(["", "new"])),
        st.builds(nil, st.sampled_from(IDS), st.sampled_from([DECEMBER, JANUARY])),
    ),
    max_size=12,
)


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Backend, Backend]]:
    """Two stores of a kind, for all examples: each has locations of its own."""
    make = KINDS[request.param]
    with make(tmp_path_factory.mktemp("rows")).open() as lean, make(tmp_path_factory.mktemp("usual")).open() as usual:
        yield lean, usual


_numbers = count(1)


def at(row: Submission | PlainReturn, places: Mapping[str, str]) -> Submission | PlainReturn:
    """The same at a location of this example's."""
    if isinstance(row, PlainReturn):
        return row._replace(location_id=places[row.location_id])
    return row._replace(checked=replace(row.checked, location_id=places[row.checked.location_id]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(st.tuples(ROWS, st.booleans()), max_size=3))
def test_rows_come_to_the_same_as_submissions(
    both: tuple[Backend, Backend], calls: list[tuple[list[Submission | PlainReturn], bool]]
) -> None:
    lean, usual = both
    number = next(_numbers)
    places = {id: f"{id}N{number}" for id in IDS}
    for store in both:
        store.save_locations(map(location, places.values()))
    for call, meanwhile in calls:
        rows = [at(row, places) for row in call]
        told = lean.start_recording(rows)() if meanwhile else lean.record_rows(rows)
        alone = usual.record([row.submission() if isinstance(row, PlainReturn) else row for row in rows])
        for one, other in zip(told, alone, strict=True):
            if isinstance(one, NewEntry):
                assert other.kind is OutcomeKind.ACCEPTED
                assert other.entry is not None
                assert (one.receipt_id, other.entry.version) == (other.entry.receipt_id, 1)
            else:
                assert one == other
    for place in places.values():
        there, ends = list(lean.walk(place)), list(lean.chain_ends(place))
        assert there == list(usual.walk(place))
        assert ends == list(usual.chain_ends(place))
        assert not list(breaks(iter(there), iter(ends), Tally()))


def test_a_plain_return_given_again_gets_its_first_receipt(backend: Backend) -> None:
    [first] = backend.record_rows([plain()])
    [again] = backend.record_rows([plain()])

    assert isinstance(again, Outcome)
    assert again.kind is OutcomeKind.ALREADY_RECORDED
    assert again.entry is not None
    assert again.entry.receipt_id == (first if isinstance(first, NewEntry) else first.entry).receipt_id


def test_rows_that_are_being_recorded_are_there_once_their_outcomes_are(backend: Backend) -> None:
    recorded = backend.start_recording([plain()])
    backend.facts(frozenset({"LOC456"}))  # others are asked about meanwhile
    [told] = recorded()

    assert [told] == list(recorded())
    assert [it.receipt_id for it in backend.history("LOC123")] == [
        told.receipt_id if isinstance(told, NewEntry) else told.entry.receipt_id
    ]


def test_a_character_that_no_store_keeps_is_refused_and_nothing_is_recorded(backend: Backend) -> None:
    with pytest.raises(TextRefused):
        backend.record_rows([plain(), plain("LOC456", shared=SHARED._replace(recorded_by="sa\0m"))])

    assert in_ledger(backend) == []


def test_the_last_returns_are_the_latest_ones_with_less_of_them(backend: Backend) -> None:
    record(
        backend,
        submission(month=Month(2024, 10), occupied=30),
        submission(month=Month(2024, 11), occupied=31),
        submission(month=Month(2024, 11), occupied=32),
        submission("LOC456", Month(2024, 11), source=Source.CAPACITY_TRACKER, values={}),
        submission("LOC456", Month(2024, 9), service=HOME_CARE),
        submission("LOC456", Month(2024, 11), service=HOME_CARE, survey="snap", values={"occupied": 1}),
    )
    both = frozenset(IDS)

    for before in (DECEMBER, Month(2024, 11), Month(2024, 9)):
        for survey in ("", "snap"):
            latest = backend.latest(Scope(location_ids=both, include_closed=True), before, survey)
            assert backend.last_returns(both, before, survey) == {key: it.as_last for key, it in latest.items()}
    assert backend.last_returns(both, DECEMBER, "")["LOC123", CARE_HOME].values["occupied"] == 32
    assert ("LOC123", CARE_HOME) not in backend.last_returns(frozenset({"LOC456"}), DECEMBER, "")


def test_months_back_gives_the_latest_first_and_of_a_month_its_last_entry_first(backend: Backend) -> None:
    record(
        backend,
        submission(month=Month(2024, 11), occupied=31),
        submission(month=DECEMBER, occupied=33),
        submission(month=Month(2024, 11), occupied=32),
        submission(month=Month(2024, 10), occupied=30),
        submission(month=Month(2024, 10), survey="snap", values={"occupied": 1}),
        submission(month=Month(2024, 10), service=HOME_CARE),
    )

    back = list(backend.months_back("LOC123", CARE_HOME, Month(2024, 11)))

    assert [(it.month, it.values["occupied"]) for it in back] == [
        (Month(2024, 11), 32), (Month(2024, 11), 31), (Month(2024, 10), 30),
    ]  # fmt: skip
    assert isinstance(back[0], LastReturn)
    assert back[0].kind is ReturnKind.FULL


def test_the_facts_of_locations_are_those_of_the_register(backend: Backend) -> None:
    backend.save_locations([location("LOC789", beds=40, services=(HOME_CARE,))])

    facts = backend.facts(frozenset({"LOC789", "LOC123", "NONE99"}))

    assert facts == {it.id: it.facts for it in backend.locations(Scope()) if it.id in ("LOC789", "LOC123")}


def test_the_returns_before_a_month_are_what_months_back_begins_with(backend: Backend) -> None:
    record(
        backend,
        submission(month=Month(2024, 9), occupied=29),
        submission(month=Month(2024, 11), occupied=31),
        submission(month=Month(2024, 11), occupied=32),
        submission(month=Month(2024, 11), occupied=33, rehearsal=True),
        submission("LOC456", Month(2024, 11), source=Source.CAPACITY_TRACKER, values={}),
        submission("LOC456", Month(2024, 11), survey="snap", values={"occupied": 1}),
        submission("LOC456", Month(2024, 10), service=HOME_CARE),
    )

    for before in (JANUARY, DECEMBER, Month(2024, 11), Month(2024, 9)):
        for rehearsals in (False, True):
            found = backend.returns_before(IDS, CARE_HOME, before, rehearsals=rehearsals)
            for each in IDS:
                back = backend.months_back(each, CARE_HOME, before + -1)
                assert found.get(each) == next((it for it in back if rehearsals or not it.rehearsal), None)


def test_a_receipt_is_found_by_its_beginning_in_whichever_month_it_is(backend: Backend) -> None:
    made = record(backend, *(submission(each, Month(2023, 1) + n) for n in range(6) for each in IDS))
    entries = [outcome.entry for outcome in made if outcome.entry is not None]

    assert len(entries) == 12
    for entry in entries:
        assert list(backend.receipts(entry.receipt_id[:6])) == [entry]
    assert list(backend.receipts("")) == sorted(entries, key=lambda it: it.receipt_id)[:10]
