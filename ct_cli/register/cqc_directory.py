"""CQC's monthly care directory ("with filters", Open Government Licence) as locations.

Rows of text in, `LocationRow`s and problems out; opens no file. Columns are found by their names, wherever they are.
In scope is what the directorate "Adult social care" inspects. No person is taken in: the columns of registered managers
and nominated individuals are not read, and a provider or location that is named after its owner loses that name.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from ct_cli.errors import CtError, ExitStatus
from ct_cli.register.columns import BY_FIELD, folded
from ct_cli.register.plan import LocationRow
from ct_cli.returns.codes import problem
from ct_cli.returns.identity import Service, parse_location_id
from ct_cli.returns.problem import Place, Problem, Severity

ID = "Location ID"
NAME = "Location Name"
DIRECTORATE = "Location Inspection Directorate"
IN_SCOPE = "adult social care"
CARE_HOME = "Care home?"
PROVIDER = "Provider Name"
OWNERSHIP = "Provider Ownership Type"
DUAL = "Location Dual Registered"
PRIMARY = "Primary ID (Dual registration locations)"

DETAILS = {
    "Provider ID": "provider_id",
    "Location Local Authority": "local_authority",
    "Location Region": "region",
    "Location Postal Code": "postcode",
    "Care homes beds": "beds",
    "Location HSCA start date": "registered_on",
    "Location ODS Code": "ods_code",
    "Location Latitude": "latitude",
    "Location Longitude": "longitude",
}
"""CQC's columns that are details as they are, and the fields of Location that they fill."""
_SHARED = frozenset({"provider_id", "local_authority", "region", "beds", "registered_on"})
"""Fields of which many locations have the same: each spelling is read once."""

SERVICE_TYPES = {
    "Care home service with nursing": Service.CARE_HOME,
    "Care home service without nursing": Service.CARE_HOME,
    "Domiciliary care service": Service.HOME_CARE,
    "Supported living service": Service.HOME_CARE,
    "Extra Care housing services": Service.HOME_CARE,
    "Hospice services": Service.HOSPICE,
    "Hospice services at home": Service.HOSPICE,
    "Residential substance misuse treatment and/or rehabilitation service": Service.SUBSTANCE_MISUSE,
    "Rehabilitation services": Service.COMMUNITY_REHABILITATION,
}
"""CQC's service types that Capacity Tracker knows, and what it calls them. The others (Shared Lives …) it does not."""

_PERSON = re.compile(r"(mr|mrs|ms|miss|mx|dr|doctor|sir|dame|lord|lady|rev|reverend|prof|professor)\b", re.IGNORECASE)
_NOTHING = frozenset({"", "-", "*"})  # how the directory leaves a cell blank
_PUBLIC = re.compile(r"\b(nhs|local authority|council)\b", re.IGNORECASE)


class NotTheDirectory(CtError):
    """{file} is not CQC's care directory: it has no column {missing}. Take "HSCA Active Locations" from CQC's page
    "Using CQC data" or, for a list of your own, leave out --from cqc."""

    code = "not-the-directory"
    exit_status = ExitStatus.REFUSED


@dataclass
class DirectoryRead:
    """What the directory says, gathered while its rows go by."""

    rows: list[LocationRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    mentioned: set[str] = field(default_factory=set)
    """Ids that the directory names in a row that is not taken in: not gone from it."""
    out_of_scope: int = 0
    without_service: int = 0
    """In scope, but with no service that uses Capacity Tracker."""
    secondary: int = 0
    """Dual registrations of which the directory's Primary ID is kept."""


def read_directory(
    file: str,
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str]]],
    place: Callable[[int, int], Place],
    secondary: Mapping[str, str] | None = None,
) -> DirectoryRead:
    """The locations in scope. Raises NotTheDirectory.

    `place` tells where a cell is; `secondary` is `secondary_registrations` of the other sheet.
    """
    reader = _Reader(file, header, place)
    read = DirectoryRead()
    primaries = dict(secondary or {})
    first_rows: dict[str, int] = {}
    for number, cells in rows:
        reader.take(number, cells, read, primaries, first_rows)
    _keep_primaries(read, primaries)
    return read


def secondary_registrations(header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]) -> dict[str, str]:
    """From the sheet of dual registrations: each id whose "Primary ID" is not Y, to the id that it is linked to."""
    at = {folded(title): index for index, title in enumerate(header)}
    wanted = [at.get(folded(title)) for title in (ID, "Linked Organisation ID", "Primary ID")]
    if None in wanted:
        return {}
    pick = itemgetter(*wanted)
    found = (tuple(cell.strip().upper() for cell in pick(cells)) for _, cells in rows)
    linked = {own: other for own, other, primary in found if not primary.startswith("Y")}
    # Where neither of two is called primary, nothing is known, and both stay.
    return {own: other for own, other in linked.items() if linked.get(other) != own}


class _Reader:
    """The columns of one directory, found once."""

    def __init__(self, file: str, header: Sequence[str], place: Callable[[int, int], Place]) -> None:
        at = {folded(title): index for index, title in reversed(list(enumerate(header)))}
        for title in (ID, NAME, DIRECTORATE):
            if folded(title) not in at:
                raise NotTheDirectory(file=file, missing=title)
        find = {title: at.get(folded(title)) for title in (CARE_HOME, PROVIDER, OWNERSHIP, DUAL, PRIMARY)}
        self.place = place
        self.id, self.name, self.directorate = (at[folded(title)] for title in (ID, NAME, DIRECTORATE))
        self.care_home, self.provider, self.ownership, self.dual, self.primary = find.values()
        self.services = [
            (at[key], service)
            for title, service in SERVICE_TYPES.items()
            if (key := folded(f"Service type - {title}")) in at
        ]
        self.details = [
            (at[folded(title)], BY_FIELD[name], _parser(name)) for title, name in DETAILS.items() if folded(title) in at
        ]
        if not self.services:
            raise NotTheDirectory(file=file, missing="Service type - …")

    def take(
        self,
        number: int,
        cells: Sequence[str],
        read: DirectoryRead,
        primaries: dict[str, str],
        first_rows: dict[str, int],
    ) -> None:
        """Put one row where it belongs."""
        if cells[self.directorate].strip().lower() != IN_SCOPE:
            read.out_of_scope += 1
            if given := cells[self.id].strip():
                read.mentioned.add(given.upper())
            return
        try:
            location_id = parse_location_id(cells[self.id])
        except CtError as error:
            remedy = "Take the directory afresh from CQC's page, without opening it in a spreadsheet first."
            place = self.place(number, self.id)
            read.problems.append(Problem(error.code, Severity.ERROR, error.sentence, remedy, place=place))
            return
        read.mentioned.add(location_id)
        if location_id in first_rows:
            words = f"{location_id} stands in row {first_rows[location_id]} already; the first row counts."
            place = self.place(number, self.id)
            read.problems.append(problem("list-row-twice", words, location_id=location_id, place=place))
            return
        first_rows[location_id] = number
        self._note_primary(location_id, cells, primaries)
        services = self._services(cells)
        if not services:
            read.without_service += 1
            return
        details = dict(self._details(number, cells, location_id, read.problems))
        names = self._names(cells, location_id)
        read.rows.append(
            LocationRow(location_id, {**names, "services": services, **details}, self.place(number, self.id))
        )

    def _services(self, cells: Sequence[str]) -> tuple[Service, ...]:
        found = {service for index, service in self.services if cells[index] and _yes(cells[index])}
        if self.care_home is not None and _yes(cells[self.care_home]):
            found.add(Service.CARE_HOME)
        return tuple(service for service in Service if service in found)

    def _names(self, cells: Sequence[str], location_id: str) -> dict[str, Any]:
        """The names that are no person's; public where the ownership says so [inferred from its words]."""
        ownership = _cell(cells, self.ownership)
        provider = _cell(cells, self.provider)
        name = _one_line(cells[self.name])
        names: dict[str, Any] = {"name": name}
        by_person = ownership.lower().startswith("individual") or bool(_PERSON.match(provider))
        if _PERSON.match(name) or not name or (by_person and folded(name) == folded(provider)):
            names["name"] = name_without_person(location_id)
        if provider and not by_person:
            names["provider"] = _one_line(provider)
        if _PUBLIC.search(ownership):
            names["public_body"] = True
        return names

    def _details(
        self, number: int, cells: Sequence[str], location_id: str, problems: list[Problem]
    ) -> Iterator[tuple[str, Any]]:
        for index, column, parse in self.details:
            cell = cells[index].strip()
            if cell in _NOTHING:
                continue
            try:
                value = parse(cell)
            except CtError as error:
                remedy = "The rest of the row is taken; the detail stays as it is in the register."
                place = self.place(number, index)
                problems.append(
                    Problem(error.code, Severity.INFO, error.sentence, remedy, column.header, location_id, place=place)
                )
            else:
                if value is not None:
                    yield column.field, value

    def _note_primary(self, location_id: str, cells: Sequence[str], primaries: dict[str, str]) -> None:
        """Where the row itself says which of a dual registration is the primary one, it counts."""
        primary = _cell(cells, self.primary).upper()
        if primary in ("Y", "YES") or primary == location_id:
            primaries.pop(location_id, None)
        elif primary not in ("", "N", "NO"):
            primaries[location_id] = primary


def _parser(field: str) -> Callable[[str], Any]:
    parse = BY_FIELD[field].parse
    return lru_cache(maxsize=8_192)(parse) if field in _SHARED else parse


def names_a_person(name: str) -> bool:
    """Whether a name begins as a person's does."""
    return _PERSON.match(name) is not None


def name_without_person(location_id: str) -> str:
    """What a location is called whose name in the directory is a person's."""
    return f"Location {location_id}"


def _keep_primaries(read: DirectoryRead, primaries: Mapping[str, str]) -> None:
    """Leave out each row whose primary registration is there as well, so that no place is counted twice."""
    there = {row.location_id for row in read.rows}
    kept = [row for row in read.rows if primaries.get(row.location_id) not in there]
    read.secondary = len(read.rows) - len(kept)
    read.rows = kept


def _cell(cells: Sequence[str], index: int | None) -> str:
    cell = "" if index is None else cells[index].strip()
    return "" if cell in _NOTHING else cell


def _yes(cell: str) -> bool:
    return cell.strip().upper() in ("Y", "YES", "TRUE")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
