"""The last return, as rules look at it: alone, and for the many rows of a file at once."""

import random
from datetime import UTC, datetime
from pathlib import Path

from ct_cli.actions.taking.previous_entry import OneOfMany, PreviousEntry, staff_totals_since
from ct_cli.backends.contract import Backend, LastFigures, Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month

DECEMBER = Month(2024, 12)
RECEIVED = datetime(2024, 12, 10, 12, tzinfo=UTC)
IDS = frozenset(f"LOC{number}" for number in range(100, 140))


def returns(chance: random.Random) -> list[Submission]:
    """Home care with 7 or 8 care workers, or without saying how many; months left out, corrected, and rehearsed."""
    made = []
    for location_id in sorted(IDS):
        for back in range(8, 0, -1):
            for _ in range(chance.choice((0, 1, 1, 1, 2))):
                staff = chance.choice((7, 7, 7, 8, None))
                values: dict[str, int | str] = {"people_using_service": chance.randint(1, 9)}
                if staff is not None:
                    values["care_workers_employed"] = staff
                said = CheckedReturn(
                    location_id, Service.HOME_CARE, DECEMBER + -back, ReturnKind.FULL, "home-care-1", values
                )
                rehearsed = chance.random() < 0.2
                made.append(Submission(said, RECEIVED, True, rehearsed, Source.RECORDED_HERE, "the office"))
    return made


def test_since_when_the_staff_is_the_same_is_the_same_looked_up_alone_and_for_many(tmp_path: Path) -> None:
    for rehearsing in (False, True):
        with SqliteBackend(tmp_path / f"{rehearsing}.sqlite3", rehearsing=rehearsing) as backend:
            backend.record(returns(random.Random(7)))
            last = backend.last_returns(IDS, DECEMBER, "")
            figures = Backend.last_figures(backend, IDS, DECEMBER)  # as a store that notes nothing has them
            asking: dict[tuple[str, Service, Month], LastFigures] = {}
            alone = {}
            for key, it in last.items():
                alone[*key, DECEMBER] = PreviousEntry(key, it, "", backend)
                assert OneOfMany((*key, DECEMBER), figures[key], asking).staff_total_since is None

            together = staff_totals_since(asking, backend)

            told = {who: it.staff_total_since for who, it in alone.items()}
            assert {who: it.staff_since for who, it in together.items()} == told
            assert None in told.values()
            assert len(set(told.values())) > 4
