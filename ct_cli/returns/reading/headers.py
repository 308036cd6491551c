"""What people call the columns of a file of returns, and what ct calls them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

LOCATION_ID = "location_id"
SERVICE = "service"
MONTH = "month"
KIND = "kind"
NIL_REASON = "nil_reason"
UNCHANGED = "unchanged"
CONFIRM = "confirm"
NOTE = "note"
VERSION_SEEN = "version_seen"

FRAME_FIELDS = (LOCATION_ID, SERVICE, MONTH, KIND, NIL_REASON, UNCHANGED, CONFIRM, NOTE, VERSION_SEEN)
"""The columns that are not items."""

WHAT_TO_CHANGE = "ct: what to change"
"""The column that ct writes into an annotated file, and passes over when the file comes back."""

LOCATION_NAME = "location_name"
"""A column that ct writes into a template for people, and passes over when the file comes back."""

PASSED_OVER = frozenset({"ctwhattochange", "locationname"})
"""Plain names of the columns that say nothing to ct, and are taken as said by ct itself."""

_FRAME_ALIASES = {
    LOCATION_ID: ("cqc location id", "cqc id", "cqc location", "location id (cqc)"),
    SERVICE: ("service type", "care type"),
    MONTH: ("reporting month",),
    NIL_REASON: ("nil return reason", "reason for nil return", "nil return"),
    UNCHANGED: ("no change", "nothing changed"),
    CONFIRM: ("confirm codes", "confirmed"),
    NOTE: ("notes",),
}
"""Other names for them. "location" is none of them: in Capacity Tracker's exports that column holds a name."""

_EXPORT_ALIASES = {
    "maximum_capacity": ("maxcapacity",),
    "occupied": ("usedbeds",),
    "agency_nurses": ("agencynursesemployed",),
    "agency_care_workers": ("agencycareworkersemployed",),
    "agency_non_care_workers": ("agencynoncareworkersemployed",),
    "care_workers_employed": ("cqccareworkersemployed",),
    "care_workers_absent": ("cqccareworkersabsent",),
    "hours_paid": ("hourspaiddomcare",),
    "hours_overtime": ("hoursovertimedomcare",),
    "hours_agency": ("hoursagencydomcare",),
    "hours_absence": ("hoursabsense", "hoursabsencedomcare"),
    "days_absence": ("daysabsencedomcare",),
    "people_using_service": ("serviceusercount",),
    "people_nhs_or_council": ("usersnhsla",),
    "people_self_funded": ("usersselffunded",),
    "packages_returned_percentage": ("returnedpocpercent",),
    "can_provide_more_hours": ("canprovidermorehours",),
    "extra_hours": ("extrahourscount",),
}
"""How Capacity Tracker's downloads spell items, where they differ from ct by more than case and underscores.

Left out because what they hold is not certain: declaredvacancies (of which kind?), nursesabsentgeneral and its like
(with those absent for COVID-related reasons, or without?). `--map` says which is meant.
"""

_NOT_PLAIN = re.compile(r"[\W_]+")
_HEADER_WITHIN = 30  # rows; CQC's directory of 2024 has its header in row 7
_BLANK_AT_MOST = 1_000  # rows that are looked at for the first that holds anything


def plain(header: str) -> str:
    """A header without case, spaces and punctuation: "Maximum Capacity" and "maximum_capacity" are maximumcapacity."""
    return _NOT_PLAIN.sub("", header.lower())


def names_of_location_id(mapped: Iterable[str] = ()) -> frozenset[str]:
    """Every plain name of the column that makes a row the header; `mapped` are the user's own headers for it."""
    return frozenset(map(plain, (LOCATION_ID, *_FRAME_ALIASES[LOCATION_ID], *mapped)))


def known_names(labels: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Every plain name that a column may have, and its field. `labels` are the item keys, each with its labels.

    Keys come before labels and other names. A name that two fields could have is nobody's.
    """
    exact = {plain(field): field for field in (*FRAME_FIELDS, *labels)}
    others: dict[str, set[str]] = {}
    for field, names in (
        *_FRAME_ALIASES.items(),
        *((key, names) for key, names in _EXPORT_ALIASES.items() if key in labels),
        *labels.items(),
    ):
        for name in names:
            others.setdefault(plain(name), set()).add(field)
    return {**{name: min(fields) for name, fields in others.items() if len(fields) == 1}, **exact}


def find_header(rows: Iterable[tuple[int, Sequence[str]]], names: Collection[str]) -> tuple[int, list[str]] | None:
    """The first row, within the first 30, that holds one of the names; else the first row that holds anything.

    None where the first thousand rows are blank. The header comes without blank cells at its end.
    """
    first: tuple[int, list[str]] | None = None
    for number, cells in rows:
        if number > (_HEADER_WITHIN if first else _BLANK_AT_MOST):
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
