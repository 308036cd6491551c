"""How long CQC's directory takes to become a plan, against python-calamine only reading its main sheet.

57,000 rows of the published columns (5 rounds at most: a round of either takes some seconds). Memory, by hand and in a
process each: 683 MB against 646 MB.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ratio import Row, compare

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, only this folder is looked in

from tests.register.directory_maker import Cell, directory, home, write_ods

ROWS = 57_000


def rows(rounds: int, *, small: bool) -> list[Row]:
    """Reading, mapping, checking and planning, with an empty register; the store's part is not in it."""
    from python_calamine import CalamineWorkbook

    from ct_cli.register.directory_file import read_directory_file
    from ct_cli.register.plan import make_plan

    with tempfile.TemporaryDirectory() as folder:
        file = write_ods(Path(folder) / "directory.ods", directory(list(_homes(200 if small else ROWS))))

        def floor() -> None:
            sheet = CalamineWorkbook.from_path(file).get_sheet_by_name("HSCA_Active_Locations")
            for _ in sheet.iter_rows():
                pass

        def ours() -> None:
            read = read_directory_file(str(file))
            make_plan({}, read.rows, read.mentioned)

        floor_name = "python-calamine reads it"
        return [compare("the CQC directory to a plan", floor_name, floor, ours, 3.0, rounds=min(rounds, 5))]


def _homes(number: int) -> Iterator[dict[str, Cell]]:
    """As many rows; 8 in 15 are in scope, as in the published file, and most columns hold something."""
    for count in range(number):
        directorate = "Adult social care" if count % 15 < 8 else "Primary medical services"
        filled = {
            f"Provider {part}": f"{part} {count % 977}" for part in ("City", "County", "Region", "Local Authority")
        }
        yield home(f"1-{100_000_000 + count}", directorate=directorate, provider=f"Provider {count % 3000}", **filled)
