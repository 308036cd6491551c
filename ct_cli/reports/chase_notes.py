"""What people wrote into an earlier issue of a chase list, read back so that the next issue does not lose it."""

from collections.abc import Iterable

from ct_cli.errors import UsageError
from ct_cli.reports.chase import NOTES, OWN_COLUMNS, Written
from ct_cli.returns.annotating.harmless import harmless
from ct_cli.returns.reading.headers import plain
from ct_cli.returns.reading.open_sheet import open_sheet
from ct_cli.returns.reading.sheet import Sheet

_BETWEEN = " | "
"""Stands between what two rows, or two issues, say of the same service."""


class NotAChaseList(UsageError):
    """{file} is not a chase list: it has no columns {missing}. Nothing was written; name another file."""

    code = "not-a-chase-list"


def read_notes(files: Iterable[str]) -> dict[tuple[str, str], Written]:
    """What is written in these issues, by location id and service; where two differ, both are kept.

    Raises NotAChaseList, and what `open_sheet` raises for a file that cannot be read: then nothing may be replaced.
    """
    found: dict[tuple[str, str], Written] = {}
    for file in files:
        with open_sheet(file, header_names={plain("Location ID")}) as sheet:
            _read(sheet, found)
    return found


def _read(sheet: Sheet, found: dict[tuple[str, str], Written]) -> None:
    at = {plain(title): column for column, title in enumerate(sheet.header) if title}
    missing = [title for title in ("Location ID", "Service", NOTES) if plain(title) not in at]
    if missing:
        raise NotAChaseList(file=sheet.file, missing=" and ".join(missing))
    ours = {plain(title) for title in OWN_COLUMNS}
    people = _columns_of_people(sheet, ours)
    names = frozenset(at[plain(title)] for title in ("Location ID", "Service", "Name", NOTES) if plain(title) in at)
    for _, cells in sheet.rows(names - {at[plain(NOTES)]}):
        said = {title: _bare(cells[column]) for title, column in people if _cell(cells, column)}
        beyond = [cell for cell in cells[len(sheet.header) :] if cell.strip()]
        if beyond:  # written to the right of the last title
            said[NOTES] = _joined(said.get(NOTES, ""), *beyond)
        if not said:
            continue
        key = (_cell(cells, at[plain("Location ID")]), _cell(cells, at[plain("Service")]))
        name = _cell(cells, at[plain("Name")]) if plain("Name") in at else ""
        found[key] = _together(found.get(key), Written(_bare(name), said))


def _columns_of_people(sheet: Sheet, ours: set[str]) -> list[tuple[str, int]]:
    found = []
    for column, title in enumerate(sheet.header):
        if plain(title) == plain(NOTES):
            found.append((NOTES, column))
        elif not title or plain(title) not in ours:
            found.append((title or f"Column {column + 1}", column))
    return found


def _cell(cells: list[str], column: int) -> str:
    return cells[column].strip() if column < len(cells) else ""


def _bare(text: str) -> str:
    """Without the apostrophe that ct put before what a spreadsheet would have run, so that it is not doubled."""
    text = text.strip()
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def _together(one: Written | None, other: Written) -> Written:
    if one is None:
        return other
    titles = dict.fromkeys([*one.said, *other.said])
    said = {title: _joined(one.said.get(title, ""), other.said.get(title, "")) for title in titles}
    return Written(one.name or other.name, said)


def _joined(*texts: str) -> str:
    parts = dict.fromkeys(part for text in texts for part in text.split(_BETWEEN) if part)
    return _BETWEEN.join(parts)
