"""`ct status` on a council's 400 locations with 24 months of history, against the least that a Typer program takes;
the same council among the whole country's locations, against a store that holds it alone; and the whole country's
summary against the SQL that fetches the latest return of each obligation.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from nation import IN_A_COUNCIL, MONTHS, NOW, nation
from ratio import Row, compare

from ct_cli.actions.show_status import StatusAsked, show_status
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.settings import Settings

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
EMPTY = Path(__file__).with_name("empty_typer.py")
LATEST = """
    SELECT location_id, service, month, kind, receipt_id, received_at, MAX(number) FROM entries
    WHERE survey = '' AND fulfils = 1 AND month BETWEEN ? AND ? GROUP BY location_id, service, month
"""


def rows(rounds: int, *, small: bool) -> list[Row]:
    """A council of 400 by the whole command, alone and in the nation; and 31,000 by the action alone."""
    council, everyone = (4, 40) if small else (IN_A_COUNCIL, 31_000)
    alone, among = nation(council, council), nation(everyone, council)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            _council(folder, alone, rounds, council),
            _council_in_the_nation(folder, alone, among, rounds, f"{council} of {everyone}"),
            _nation(folder, among, rounds, everyone),
            _unchanged(folder, among, rounds, everyone),
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
    return _of_the_nation(
        folder,
        store,
        rounds,
        (f"summary, {locations} locations, 24 months", "SQL: the latest return of each obligation", 2.0),
        StatusAsked(summary=True),
    )


def _unchanged(folder: Path, store: Path, rounds: int, locations: int) -> Row:
    return _of_the_nation(
        folder,
        store,
        rounds,
        (f"--unchanged-long, {locations} locations", "the same SQL", 4.0),
        StatusAsked(unchanged=True),
    )


def _of_the_nation(folder: Path, store: Path, rounds: int, about: tuple[str, str, float], asked: StatusAsked) -> Row:
    name, floor_name, target = about
    os.environ["CT_NOW"] = NOW
    try:
        settings = Settings(folder / "none.toml", environment={"CT_STORE": str(store), "CT_CACHE": str(folder)})
        with SqliteBackend(store) as backend:
            workplace = Workplace(settings)
            row = compare(
                name,
                floor_name,
                lambda: backend._read(LATEST, [MONTHS[-1].key, MONTHS[0].key]),
                lambda: show_status(workplace, asked),
                target,
                rounds=min(rounds, 5),
            )
            workplace.close()
            return row
    finally:
        del os.environ["CT_NOW"]
