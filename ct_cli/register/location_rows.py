"""The rows of a file of locations, read all at once: what each says, and every problem with its cell."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ct_cli.errors import CtError, ExitStatus
from ct_cli.register.columns import COLUMN_OF, ID_HEADER, ID_SPELLINGS, LocationColumn, folded
from ct_cli.register.details import DetailRefused
from ct_cli.register.location import Location
from ct_cli.register.plan import LocationRow
from ct_cli.returns.codes import problem
from ct_cli.returns.identity import parse_location_id
from ct_cli.returns.problem import Place, Problem, Severity
from ct_cli.returns.reading.sheet import Row, Sheet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet could take for a formula (and the apostrophe that ct puts before those)."""


class NoLocationIdColumn(CtError):
    """{file} has no column of location ids. Name one {header} (or Location ID, or CQC ID); found: {found}."""

    code = "no-location-id-column"
    exit_status = ExitStatus.REFUSED


class ColumnTwice(CtError):
    """{file} has two columns for {header}: {first} and {second}. Remove or rename one, so that it is
    plain which counts."""

    code = "location-column-twice"
    exit_status = ExitStatus.REFUSED


@dataclass(frozen=True, slots=True)
class LocationRows:
    """What a file says."""

    rows: tuple[LocationRow, ...]
    """The rows without errors, an id at most once, in the file's order."""
    problems: tuple[Problem, ...]
    mentioned: frozenset[str]
    """Every id that could be read, also in rows with errors."""


def read_location_rows(sheet: Sheet, known: Mapping[str, Location]) -> LocationRows:
    """Read every row; `known` is the whole register by id. Raises NoLocationIdColumn, ColumnTwice.

    A blank cell says nothing: what is known stays. A location that is not known needs a name and services.
    """
    id_column, columns, problems = _columns(sheet)
    taken: dict[str, LocationRow] = {}
    refused: set[str] = set()
    for row in sheet.rows(frozenset({id_column})):
        location_id, found = _id_of(sheet, row, id_column)
        details = dict(_details(sheet, row, columns, found))
        if location_id is None:
            problems += found
            continue
        place = sheet.place(row[0], id_column)
        read = LocationRow(location_id, details, place)
        found += _lacks(read, known, {one.field for one in found})
        if (earlier := taken.get(location_id)) is not None:
            found.append(_twice(earlier, read))
            if earlier.details != details:
                refused.add(location_id)
        problems += [one._replace(location_id=location_id) for one in found]
        taken.setdefault(location_id, read)
        if any(one.severity is Severity.ERROR for one in found):
            refused.add(location_id)
    rows = tuple(row for id, row in taken.items() if id not in refused)
    return LocationRows(rows, tuple(problems), frozenset(taken))


def _columns(sheet: Sheet) -> tuple[int, dict[int, LocationColumn], list[Problem]]:
    """The id's column, the details' columns by number, and a word on each header that is not known."""
    ids: list[int] = []
    columns: dict[int, LocationColumn] = {}
    problems: list[Problem] = []
    for number, header in enumerate(sheet.header):
        name = folded(header)
        column = COLUMN_OF.get(name)
        if name in ID_SPELLINGS:
            _refuse_twice(sheet, ID_HEADER, ids, number)
            ids.append(number)
        elif column is not None:
            _refuse_twice(sheet, column.header, [n for n, c in columns.items() if c is column], number)
            columns[number] = column
        elif name:
            problems.append(_unknown_header(sheet.place(sheet.header_row, number), header, name))
    if not ids:
        found = ", ".join(header for header in sheet.header[:12] if header)
        raise NoLocationIdColumn(file=sheet.file, header=ID_HEADER, found=found[:200] or "nothing")
    return ids[0], columns, problems


def _refuse_twice(sheet: Sheet, header: str, earlier: Sequence[int], number: int) -> None:
    if earlier:
        first, second = sheet.header[earlier[0]], sheet.header[number]
        raise ColumnTwice(file=sheet.file, header=header, first=first, second=second)


def _unknown_header(place: Place, header: str, name: str) -> Problem:
    near = get_close_matches(name, COLUMN_OF, n=1, cutoff=0.75)
    words = f"The column {header[:60]!r} is no detail of a location, and is left out."
    remedy = f"Did you mean {COLUMN_OF[near[0]].header}? Rename it then." if near else None
    return problem("list-column-unknown", words, remedy, place=place)


def _id_of(sheet: Sheet, row: Row, column: int) -> tuple[str | None, list[Problem]]:
    number, cells = row
    try:
        return parse_location_id(unescaped(cells[column])), []
    except CtError as error:
        remedy = "Put CQC's id of the location there, such as 1-123456789, in a column formatted as Text."
        return None, [Problem(error.code, Severity.ERROR, error.sentence, remedy, place=sheet.place(number, column))]


def _details(
    sheet: Sheet, row: Row, columns: Mapping[int, LocationColumn], problems: list[Problem]
) -> Iterator[tuple[str, Any]]:
    """The details that a row gives; what cannot be read is added to `problems`."""
    number, cells = row
    for index, column in columns.items():
        cell = unescaped(cells[index])
        if not cell.strip():
            continue
        try:
            yield column.field, column.parse(cell)
        except CtError as error:
            remedy = error.remedy if isinstance(error, DetailRefused) else "Change the cell, and import the file again."
            words = error.sentence.removesuffix(remedy).rstrip()
            place = sheet.place(number, index)
            problems.append(Problem(error.code, Severity.ERROR, words, remedy, field=column.header, place=place))


def _lacks(row: LocationRow, known: Mapping[str, Location], told: Container[str | None]) -> Iterator[Problem]:
    """What the row as a whole wants; `told` are the fields that there is a word on already."""
    before = known.get(row.location_id)
    for field in ("name", "services"):
        if before is None and not row.details.get(field) and field not in told:
            words = f"{row.location_id} is not in the register yet, and the row gives no {field}."
            code = f"list-location-new-without-{field}"
            yield problem(code, words, field=field, location_id=row.location_id, place=row.place)
    start = row.details.get("registered_on", before and before.registered_on)
    end = row.details.get("ended_on", before and before.ended_on)
    if start and end and end < start:
        words = f"{row.location_id} would end on {end}, before it was registered on {start}."
        yield Problem(
            "ends-before-start",
            Severity.ERROR,
            words,
            "Put the days the right way round.",
            field="end",
            place=row.place,
        )


def _twice(earlier: LocationRow, later: LocationRow) -> Problem:
    there = f"{later.location_id} stands in row {earlier.place.row}"
    if earlier.details == later.details:
        return problem("list-row-twice", f"{there} already, with the same details.", place=later.place)
    return problem("list-location-twice", f"{there} as well, with other details; neither is taken.", place=later.place)


def unescaped(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def escaped(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; `unescaped` gives it back."""
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell
