"""What people call the columns of a file of returns, and what ct calls them."""

import re
from collections.abc import Collection, Iterable, Sequence

LOCATION_ID = "location_id"
SERVICE = "service"
MONTH = "month"
KIND = "kind"
NIL_REASON = "nil_reason"
UNCHANGED = "unchanged"
CONFIRM = "confirm"
NOTE = "note"

FRAME_FIELDS = (LOCATION_ID, SERVICE, MONTH, KIND, NIL_REASON, UNCHANGED, CONFIRM, NOTE)
"""The columns that are not items."""

WHAT_TO_CHANGE = "ct: what to change"
"""The column that ct writes into an annotated file, and passes over when the file comes back."""

FRAME_ALIASES = {
    "cqc_location_id": LOCATION_ID,
    "cqc_id": LOCATION_ID,
    "cqcid": LOCATION_ID,
    "locationid": LOCATION_ID,
    "service_type": SERVICE,
    "care_type": SERVICE,
    "reporting_month": MONTH,
    "nil_return_reason": NIL_REASON,
    "nil_return": NIL_REASON,
    "reason": NIL_REASON,
    "no_change": UNCHANGED,
    "confirm_codes": CONFIRM,
    "notes": NOTE,
}
"""Other names for them, as `plain` writes names. "location" is none of them: in Capacity Tracker's exports it holds a
name."""

_GAPS = re.compile(r"[^0-9a-z]+")
_HEADER_WITHIN = 30  # rows; CQC's directory of 2024 has its header in row 7


def plain(header: str) -> str:
    """A header without case, spaces and punctuation: "Maximum Capacity" and "maximum-capacity" are maximum_capacity."""
    return _GAPS.sub("_", header.strip().lower()).strip("_")


def names_of_location_id(mapped: Iterable[str] = ()) -> frozenset[str]:
    """Every plain name of the column that makes a row the header; `mapped` are the user's own headers for it."""
    own = {alias for alias, field in FRAME_ALIASES.items() if field == LOCATION_ID}
    return frozenset({LOCATION_ID, *own, *map(plain, mapped)})


def find_header(rows: Iterable[tuple[int, Sequence[str]]], names: Collection[str]) -> tuple[int, list[str]] | None:
    """The first row, within the first 30, that holds one of the names; else the first row that holds anything.

    None where every row is blank. The header comes without blank cells at its end.
    """
    first: tuple[int, list[str]] | None = None
    for number, cells in rows:
        if number > _HEADER_WITHIN:
            break
        if not any(character.isalnum() for cell in cells for character in cell):
            continue
        if any(plain(cell) in names for cell in cells):
            return number, _trimmed(cells)
        first = first or (number, _trimmed(cells))
    return first


def _trimmed(cells: Sequence[str]) -> list[str]:
    trimmed = [cell.strip() for cell in cells]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    return trimmed
