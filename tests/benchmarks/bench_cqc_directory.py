"""How long CQC's directory takes from the file into the register, against python-calamine only reading its main sheet.

57,000 rows of the published columns, all applied to an empty register (5 rounds at most: a round of either takes some
seconds). Memory, by hand and in a process each: 536 MB for the whole command against 505 MB.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ratio import Row, compare

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, only this folder is looked in

from ct_cli.actions.import_directory import import_directory
from ct_cli.actions.workplace import Workplace
from ct_cli.settings import Settings
from tests.register.directory_maker import Cell, directory, home, write_ods

ROWS = 57_000
NOW = "2024-12-20T12:00:00+00:00"


def rows(rounds: int, *, small: bool) -> list[Row]:
    """Reading, mapping, checking, planning, and saving what is new."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_ods(folder / "directory.ods", directory(list(_homes(200 if small else ROWS))))
        os.environ["CT_NOW"] = NOW
        try:
            floor_name = "python-calamine reads it"
            return [
                compare(
                    "the CQC directory into the register",
                    floor_name,
                    lambda: _read(file),
                    lambda: _import(folder, file),
                    3.0,
                    rounds=min(rounds, 5),
                )
            ]
        finally:
            del os.environ["CT_NOW"]


def _read(file: Path) -> None:
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(file).get_sheet_by_name("HSCA_Active_Locations")
    for _ in sheet.iter_rows():
        pass


def _import(folder: Path, file: Path) -> None:
    for left in folder.glob("ours.sqlite3*"):
        left.unlink()
    about = {"CT_STORE": str(folder / "ours.sqlite3"), "CT_CACHE": str(folder)}
    workplace = Workplace(Settings(folder / "none.toml", environment=about))
    answer = import_directory(workplace, str(file), apply=True)
    workplace.close()
    assert answer.saved > 0


def _homes(number: int) -> Iterator[dict[str, Cell]]:
    """As many rows; 8 in 15 are in scope, as in the published file, and most columns hold something."""
    for count in range(number):
        directorate = "Adult social care" if count % 15 < 8 else "Primary medical services"
        filled = {
            f"Provider {part}": f"{part} {count % 977}" for part in ("City", "County", "Region", "Local Authority")
        }
        yield home(f"1-{100_000_000 + count}", directorate=directorate, provider=f"Provider {count % 3000}", **filled)
