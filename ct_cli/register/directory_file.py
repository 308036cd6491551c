"""CQC's care directory as a file: ODS or XLSX as published, or CSV."""

from collections.abc import Callable, Iterator

from ct_cli.register.cqc_directory import DIRECTORATE, ID, DirectoryRead, read_directory, secondary_registrations
from ct_cli.returns.reading.headers import plain
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.sheet import Row, Sheet

_EVERY = 1_000  # rows between two calls of `progress`


def read_directory_file(file: str, progress: Callable[[int], None] | None = None) -> DirectoryRead:
    """The locations of the file in scope; `progress` is told how many rows have gone by.

    The sheet is the one whose header names the inspection directorate, in whichever row that header is; the sheet of
    dual registrations, if there is one, says which of two ids is the primary one. Raises FileRefused and its kin,
    NotTheDirectory.
    """
    if progress is not None:
        progress(0)  # opening takes the longest: a person is to see that something is going on
    with open_sheet(file, None, {plain(DIRECTORATE)}) as sheet:
        secondary: dict[str, str] = {}
        dual = sheet.beside({plain("Linked Organisation ID")})
        if dual is not None:
            secondary = secondary_registrations(dual.header, dual.rows())
        return read_directory(sheet.file, sheet.header, _counted(sheet, progress), sheet.place, secondary)


def _counted(sheet: Sheet, progress: Callable[[int], None] | None) -> Iterator[Row]:
    ids = frozenset(number for number, title in enumerate(sheet.header) if plain(title) == plain(ID))
    for done, row in enumerate(sheet.rows(ids)):
        if progress is not None and done and done % _EVERY == 0:
            progress(done)
        yield row
