"""`ct status` on a council's 400 locations with 24 months of history, against the least that a Typer program takes;
the same council among the whole country's locations, against a store that holds it alone; and the whole country's
summary against the SQL that fetches the latest return of each obligation.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from ratio import Row, compare

from ct_cli.actions.show_status import StatusAsked, show_status
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Backend, Source, Submission
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.settings import Settings
from ct_cli.windows.month import Month

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
EMPTY = Path(__file__).with_name("empty_typer.py")
NOW = "2024-12-10T12:00:00+00:00"
IN_A_COUNCIL = 400
MONTHS = [Month(2024, 12) + -back for back in range(24)]
LATEST = """
    SELECT location_id, service, month, kind, receipt_id, received_at, MAX(number) FROM entries
    WHERE survey = '' AND fulfils = 1 AND month BETWEEN ? AND ? GROUP BY location_id, service, month
"""


def rows(rounds: int, *, small: bool) -> list[Row]:
    """A council of 400 by the whole command, alone and in the nation; and 31,000 by the action alone."""
    council, nation = (4, 40) if small else (IN_A_COUNCIL, 31_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone, among = folder / "council.sqlite3", folder / "nation.sqlite3"
        _fill(alone, council, council)
        _fill(among, nation, council)
        return [
            _council(folder, alone, rounds, council),
            _council_in_the_nation(folder, alone, among, rounds, f"{council} of {nation}"),
            _nation(folder, among, rounds, nation),
        ]


def _ct(folder: Path, store: Path, *command: str | Path) -> None:
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CT_", "XDG_", "PYTHON"))},
        **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(folder)),
        "CT_STORE": str(store),
        "CT_NOW": NOW,
    }
    subprocess.run(command, env=surroundings, check=True, stdout=subprocess.DEVNULL)


def _council(folder: Path, store: Path, rounds: int, locations: int) -> Row:
    return compare(
        f"ct status, {locations} locations, 24 months",
        "an empty Typer program",
        lambda: _ct(folder, store, sys.executable, EMPTY),
        lambda: _ct(folder, store, CT, "status"),
        2.0,
        rounds=rounds,
    )


def _council_in_the_nation(folder: Path, alone: Path, among: Path, rounds: int, which: str) -> Row:
    return compare(
        f"ct status --local-authority, {which} locations",
        "ct status on a store of the council alone",
        lambda: _ct(folder, alone, CT, "status"),
        lambda: _ct(folder, among, CT, "status", "--local-authority", "Council 0"),
        1.5,
        rounds=rounds,
    )


def _nation(folder: Path, store: Path, rounds: int, locations: int) -> Row:
    os.environ["CT_NOW"] = NOW
    try:
        settings = Settings(folder / "none.toml", environment={"CT_STORE": str(store), "CT_CACHE": str(folder)})
        with SqliteBackend(store) as backend:
            workplace = Workplace(settings)
            row = compare(
                f"summary, {locations} locations, 24 months",
                "SQL: the latest return of each obligation",
                lambda: backend._read(LATEST, [MONTHS[-1].key, MONTHS[0].key]),
                lambda: show_status(workplace, StatusAsked(summary=True)),
                2.0,
                rounds=min(rounds, 5),
            )
            workplace.close()
            return row
    finally:
        del os.environ["CT_NOW"]


def _fill(store: Path, locations: int, in_a_council: int = IN_A_COUNCIL) -> None:
    with SqliteBackend(store) as backend:
        fill_nation(backend, locations, in_a_council)


def fill_nation(backend: Backend, locations: int, in_a_council: int = IN_A_COUNCIL) -> None:
    """Locations of 40 providers in each council of 400, of which a few miss now and then."""
    names = [f"1-{100_000_000 + place}" for place in range(locations)]
    backend.save_locations(_location(place, name, in_a_council) for place, name in enumerate(names))
    for start in range(0, locations, 500):
        backend.record(list(_history(start, names[start : start + 500])))


def _location(place: int, name: str, in_a_council: int) -> Location:
    service = Service.CARE_HOME if place % 2 else Service.HOME_CARE
    provider, council = f"Provider {place // 10}", f"Council {place // in_a_council}"
    return Location(name, f"Rose House {place}", (service,), provider, f"P{place // 10}", council, "South West",
                    registered_on=date(2015, 1, 1))  # fmt: skip


def _history(start: int, names: list[str]) -> Iterator[Submission]:
    for place, name in enumerate(names, start):
        service = Service.CARE_HOME if place % 2 else Service.HOME_CARE
        for month in MONTHS:
            if (place * 7 + month.ordinal * 5) % 23 == 0:
                continue
            said = CheckedReturn(
                name, service, month, ReturnKind.FULL, f"{service.value}-2024-04-26", {"occupied": place % 40}
            )
            received = datetime(month.year, month.number, 9, 10, tzinfo=UTC)
            yield Submission(said, received, True, False, Source.RECORDED_HERE, "the office")
