"""The figures of last returns, noted or looked for: the same as the returns themselves have them."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ct_cli.actions.taking.previous_entry import PreviousEntry
from ct_cli.backends import sqlite_schema
from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import (
    Backend,
    NewEntry,
    Outcome,
    OutcomeKind,
    PlainReturn,
    Shared,
    Source,
    Submission,
)
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.rules.case import CARE_HOME_STAFF, Figures, figures_of
from ct_cli.returns.values_text import values_text
from ct_cli.windows.month import Month
from tests.backends.conftest import CARE_HOME, DECEMBER, HOME_CARE, RECEIVED, Store, nil, submission

IDS = frozenset(f"LOC{number}" for number in range(100, 110))


def said(chance: random.Random, month: Month) -> Submission | PlainReturn:
    """Of one of few locations: full, nil, rehearsed, of a survey, without a count, seen without figures, or plain."""
    location_id, service = chance.choice(sorted(IDS)), chance.choice((CARE_HOME, CARE_HOME, HOME_CARE))
    way = chance.random()
    if way < 0.08:
        return nil(location_id, month, service=service)
    if way < 0.14:
        return submission(location_id, month, service=service, source=Source.CAPACITY_TRACKER, values={})
    if way < 0.2:
        return submission(location_id, month, service=service, survey="snap", values={"occupied": 1})
    values = {**dict.fromkeys(CARE_HOME_STAFF, 3), "occupied": chance.randint(20, 30), "maximum_capacity": 40}
    values["care_workers_employed"] = chance.choice((3, 3, 3, 4))
    if way < 0.26:
        del values["care_workers_employed"]
    if way < 0.34:
        return submission(location_id, month, service=service, values=values, rehearsal=True)
    if way < 0.6:
        return submission(location_id, month, service=service, values=values)
    shared = Shared(service, month, "some-list", "", RECEIVED, True, False, Source.RECORDED_HERE, "sam")
    return PlainReturn(location_id, values_text(values), shared, figures_of(service, values))


def histories(chance: random.Random) -> list[list[Submission | PlainReturn]]:
    """Calls that mostly go forward in time, and now and then correct a month that is past."""
    return [
        [said(chance, DECEMBER + -back + chance.choice((0, 0, 0, 0, -1, 1))) for _ in range(chance.randint(1, 12))]
        for back in range(9, 0, -1)
        for _ in range(2)
    ]


def hold_alike(backend: Backend) -> set[bool]:
    """Ask for the figures before every month; whether it was known since when the staff was the same."""
    known = set()
    for back in range(-2, 10):
        before = DECEMBER + -back
        last = backend.last_returns(IDS, before, "")
        found = backend.last_figures(IDS, before)
        assert found.keys() == last.keys()
        for key, it in found.items():
            alone = PreviousEntry(key, last[key], "", backend)
            assert (it.month, it.rehearsal) == (last[key].month, last[key].rehearsal)
            assert it.figures == figures_of(key[1], alone.values)
            if it.staff_since is not None and it.figures.staff_total is not None:
                assert it.staff_since == alone.staff_total_since
            known.add(it.staff_since is not None)
    return known


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_figures_are_those_of_the_last_returns_whatever_came_before(store: Store, seed: int) -> None:
    with store.open() as backend:
        backend.save_locations(Location(each, "Rose House", (CARE_HOME, HOME_CARE)) for each in sorted(IDS))
        for rows in histories(random.Random(seed)):
            backend.last_figures(IDS, DECEMBER)  # what is met before must not stand in the way of what is met after
            backend.record_rows(rows)
        hold_alike(backend)
    with store.open(rehearsing=True) as backend:
        hold_alike(backend)


def test_the_embedded_store_mostly_knows_since_when_the_staff_is_the_same(tmp_path: Path) -> None:
    with SqliteBackend(tmp_path / "one.sqlite3") as backend:
        for rows in histories(random.Random(5)):
            backend.record_rows(rows)
        assert hold_alike(backend) == {True, False}


def plain(month: Month) -> PlainReturn:
    shared = Shared(CARE_HOME, month, "some-list", "", RECEIVED, True, False, Source.RECORDED_HERE, "sam")
    values = {"maximum_capacity": 40, "occupied": 36}
    return PlainReturn("LOC100", values_text(values), shared, figures_of(CARE_HOME, values))


def record_now(backend: SqliteBackend, row: PlainReturn) -> None:
    backend.record_rows([row])


def record_meanwhile(backend: SqliteBackend, row: PlainReturn) -> None:
    backend.start_recording([row])()


@pytest.mark.parametrize("recording", [record_now, record_meanwhile])
@pytest.mark.parametrize("first", [DECEMBER + -2, None], ids=["moved on", "begun"])
def test_an_end_that_another_program_moved_on_is_followed(
    tmp_path: Path, recording: Callable[[SqliteBackend, PlainReturn], None], first: Month | None
) -> None:
    with SqliteBackend(tmp_path / "one.sqlite3") as ours, SqliteBackend(tmp_path / "one.sqlite3") as theirs:
        if first is not None:
            recording(ours, plain(first))
        ours.last_figures(IDS, DECEMBER)
        theirs.record_rows([plain(DECEMBER + -1)])
        recording(ours, plain(DECEMBER))

        entries, ends = ours.history("LOC100"), list(ours.chain_ends())
        broken = list(breaks(ours.walk(), iter(ends), Tally()))

    assert [it.month for it in entries] == [*([first] if first else []), DECEMBER + -1, DECEMBER]
    assert broken == []


def test_what_another_program_recorded_meanwhile_is_not_recorded_twice(tmp_path: Path) -> None:
    with SqliteBackend(tmp_path / "one.sqlite3") as ours, SqliteBackend(tmp_path / "one.sqlite3") as theirs:
        ours.last_figures(IDS, DECEMBER)
        [theirs_told] = theirs.record_rows([plain(DECEMBER)])
        [told] = ours.start_recording([plain(DECEMBER)])()

        assert len(ours.history("LOC100")) == 1

    assert isinstance(told, Outcome)
    assert isinstance(theirs_told, NewEntry)
    assert told.kind is OutcomeKind.ALREADY_RECORDED
    assert told.entry is not None
    assert told.entry.receipt_id == theirs_told.receipt_id


def test_an_expected_version_is_held_against_what_stands_now(tmp_path: Path) -> None:
    correction = submission("LOC100", DECEMBER, values={"occupied": 30}, expected_version=1)
    with SqliteBackend(tmp_path / "one.sqlite3") as ours, SqliteBackend(tmp_path / "one.sqlite3") as theirs:
        ours.last_figures(IDS, DECEMBER)
        theirs.record_rows([plain(DECEMBER)])
        [told] = ours.record_rows([correction])

    assert isinstance(told, Outcome)
    assert told.kind is OutcomeKind.CORRECTED


def test_a_store_made_before_figures_were_noted_finds_them_all_the_same(tmp_path: Path) -> None:
    with SqliteBackend(tmp_path / "one.sqlite3") as backend:
        for rows in histories(random.Random(5)):
            backend.record_rows(rows)
    connection = sqlite3.connect(tmp_path / "one.sqlite3", isolation_level=None)
    for column in ("month", "last", "staff_since", *Figures._fields):
        connection.execute(f"ALTER TABLE chains DROP COLUMN {column}")
    for statement in sqlite_schema.CHAINS_NOTE_FIGURES.split(";"):
        connection.execute(statement)
    connection.close()

    with SqliteBackend(tmp_path / "one.sqlite3") as backend:
        assert hold_alike(backend) == {False}
        [again] = backend.record_rows([plain(DECEMBER)])
        assert isinstance(again, NewEntry)
        hold_alike(backend)
