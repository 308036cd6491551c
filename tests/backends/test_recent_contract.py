"""The last two returns of each chain, and since when its staff is as many: the same as asked for one at a time."""

import random

from ct_cli.actions.taking.previous_entry import PreviousEntry
from ct_cli.backends.contract import Backend, Source, Submission
from ct_cli.register.location import Location, Scope
from ct_cli.returns.rules.case import CARE_HOME_STAFF
from ct_cli.windows.month import Month
from tests.backends.conftest import CARE_HOME, DECEMBER, HOME_CARE, Store, nil, record, submission

EVERYWHERE = Scope(include_closed=True)
IDS = [f"LOC{number}" for number in range(100, 114)]


def histories(chance: random.Random) -> list[Submission]:
    """Months left out, corrected, rehearsed, nil, without a count, and seen in Capacity Tracker without figures."""
    made = []
    for location_id in IDS:
        for service in (CARE_HOME, HOME_CARE):
            for back in range(6, 0, -1):
                about = {"service": service, "rehearsal": chance.random() < 0.15}
                for _ in range(chance.choice((0, 1, 1, 1, 2))):
                    made.append(_one(location_id, DECEMBER + -back, chance, about))
    return made


def _one(location_id: str, month: Month, chance: random.Random, about: dict[str, object]) -> Submission:
    way = chance.random()
    if way < 0.08:
        return nil(location_id, month, **about)
    if way < 0.2:
        return submission(location_id, month, source=Source.CAPACITY_TRACKER, values={}, **about)
    values = dict.fromkeys(CARE_HOME_STAFF, 3)  # for both services: home care counts its care workers alone
    values["nurses_employed"] = chance.choice((3, 3, 3, 4))
    values["care_workers_employed"] = chance.choice((3, 3, 3, 4))
    if way > 0.9:
        del values["care_workers_employed"]
    return submission(location_id, month, values=values, **about)


def test_the_last_two_returns_are_as_latest_has_them_and_the_staff_as_each_history_has_it(store: Store) -> None:
    for rehearsing in (False, True):
        with store.open(rehearsing=rehearsing) as backend:
            if not rehearsing:
                backend.save_locations(Location(id, "Rose House", (CARE_HOME, HOME_CARE)) for id in IDS)
                backend.record(histories(random.Random(11)))
            latest = backend.latest(EVERYWHERE)
            before = {month: backend.latest(EVERYWHERE, month) for month in {it.month for it in latest.values()}}

            found = backend.recent(EVERYWHERE)

            assert [(it.location_id, it.service) for it in found] == list(latest)
            runs = set()
            for it in found:
                key = (it.location_id, it.service)
                entry, earlier = latest[key], before[it.last.month].get(key)
                assert (it.last, it.received_at, it.confirmed) == (entry.as_last, entry.received_at, entry.confirmed)
                assert it.before == (earlier and earlier.as_last)
                alone = PreviousEntry(key, entry.as_last, "", backend).staff_total_since
                assert alone in {None, it.staff_since}
                runs.add(alone and it.last.month - alone)
            assert runs > {None, 0, 1, 2}


def test_recent_is_of_the_scope_alone_and_keeps_the_queries_that_were_confirmed(backend: Backend) -> None:
    record(
        backend,
        submission(confirmed=("role-very-large",), note="Counted twice."),
        submission(service=HOME_CARE),
        submission("LOC456"),
        submission("LOC456", survey="snap", values={"occupied": 1}),
    )

    [one] = backend.recent(Scope(frozenset({"LOC123"}), service=CARE_HOME))

    assert (one.location_id, one.service, one.confirmed) == ("LOC123", CARE_HOME, ("role-very-large",))
    assert len(backend.recent(EVERYWHERE)) == 3


def test_a_month_without_figures_neither_ends_nor_lengthens_the_run_of_the_same_staff(backend: Backend) -> None:
    same = {"service": HOME_CARE, "values": {"care_workers_employed": 12}}
    seen = {"service": HOME_CARE, "values": {}, "source": Source.CAPACITY_TRACKER}
    record(
        backend,
        submission(month=Month(2024, 8), **seen),
        submission(month=Month(2024, 9), **same),
        submission(month=Month(2024, 10), **seen),
        submission(month=Month(2024, 11), **same),
        submission(month=Month(2024, 11), **seen),
    )

    [one] = backend.recent(EVERYWHERE)

    assert (one.last.month, one.staff_since) == (Month(2024, 11), Month(2024, 9))
    assert PreviousEntry(("LOC123", HOME_CARE), one.last, "", backend).staff_total_since == Month(2024, 9)
