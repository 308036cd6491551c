"""The items of Capacity Tracker's export API, from the API itself or from its pages saved to files.

Any field can be absent or null. Names and shapes are as seen in public code that reads the export; what is inferred:

- `vacanciesLastUpdated` without a zone is UTC, as the downloads' `lastupdatedutc` is;
- the item is a care home's where `isCareHome` says so, another service's by its own flag or by `cqcType`;
- the beds of a home are the sums over its bed types, where each type gives that number.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from ct_cli.register.seen import ReadExport, Seen, admission_words
from ct_cli.register.tracker_cells import NotRead, read_flag, read_moment, take_count
from ct_cli.returns.identity import Service
from ct_cli.returns.item_values import LARGEST
from ct_cli.returns.rules.beds import BED_TYPES

WORKFORCE = {
    "nursesEmployed": "nurses_employed",
    "nursesAbsent": "nurses_absent",
    "nursesAbsentCovid": "nurses_absent_covid",
    "careWorkersEmployed": "care_workers_employed",
    "careWorkersAbsent": "care_workers_absent",
    "careWorkersAbsentCovid": "care_workers_absent_covid",
    "nonCareWorkersEmployed": "non_care_workers_employed",
    "nonCareWorkersAbsent": "non_care_workers_absent",
    "nonCareWorkersAbsentCovid": "non_care_workers_absent_covid",
    "agencyNursesEmployed": "agency_nurses",
    "agencyCareWorkersEmployed": "agency_care_workers",
    "agencyNonCareWorkersEmployed": "agency_non_care_workers",
    "hoursPaid": "hours_paid",
    "hoursOvertime": "hours_overtime",
    "hoursAgency": "hours_agency",
    "hoursAbsence": "hours_absence",
    "daysAbsence": "days_absence",
}
VISITS = {"isVisitorsInsideCareHome": "visitors_inside", "isVisitsOffCareHomePremises": "visits_off_premises"}
BEDS = {
    "total": "maximum_capacity",
    "used": "occupied",
    "reserved": "reserved",
    "spare": "accepting_admissions",
    "closed": "",
}
"""The numbers of each bed type, and the item that their sum is; none in the present collection for closed beds."""

_FLAGS = (
    ("isCareHome", Service.CARE_HOME),
    ("isHospice", Service.HOSPICE),
    ("isSubstanceMisuse", Service.SUBSTANCE_MISUSE),
    ("isCommunity", Service.COMMUNITY_REHABILITATION),
)
_flags = itemgetter(*(flag for flag, _ in _FLAGS))
_TYPES = (
    ("domiciliary", Service.HOME_CARE),
    ("home care", Service.HOME_CARE),
    ("homecare", Service.HOME_CARE),
    ("supported living", Service.HOME_CARE),
    ("extra care", Service.HOME_CARE),
    ("care home", Service.CARE_HOME),
    ("nursing home", Service.CARE_HOME),
    ("residential", Service.CARE_HOME),
    ("hospice", Service.HOSPICE),
    ("substance", Service.SUBSTANCE_MISUSE),
    ("rehabilitation", Service.COMMUNITY_REHABILITATION),
)

_BED_WORDS = {
    "youngphysicallydisabled": "ypd",
    "youngphysicallydisabledypd": "ypd",
    "ypdyoungphysicallydisabled": "ypd",
    "generalresidentialcare": "general_residential",
    "learningdisabilitiesresidential": "learning_disability_residential",
    "learningdisabilitiesnursing": "learning_disability_nursing",
    "communitycarebeds": "community_care",
}


def bed_type(words: str) -> str | None:
    """The bed type of a name in any spelling (Dementia Nursing, dementia-nursing); None where ct knows none such."""
    folded = "".join(character for character in words.lower() if character.isalnum())
    return _BY_FOLDED.get(folded) or _BED_WORDS.get(folded)


_BY_FOLDED = {name.replace("_", ""): name for name in BED_TYPES}
_KEYS = {name: [(field, f"{name}_{field}") for field in BEDS] for name in BED_TYPES}


class ItemReader:
    """Reads items, and remembers each bed type's spelling."""

    def __init__(self, read: ReadExport) -> None:
        self._read = read
        self._types: dict[object, str | None] = {}
        self._services: dict[tuple[object, ...], Service | None] = {}

    def take(self, items: Iterable[object]) -> None:
        """Read the items of one page."""
        read = self._read
        for item in items:
            read.rows += 1
            if not isinstance(item, dict):
                read.unread["items that are no objects"] += 1
                continue
            given = item.get("cqcId")
            location_id = given.strip().upper() if isinstance(given, str) else ""
            if location_id:
                read.seen.append(self._seen(location_id, item))
            else:
                read.unread["items without a CQC id"] += 1

    def _seen(self, location_id: str, item: Mapping[str, Any]) -> Seen:
        values: dict[str, int | str] = {}
        service = self._service(item)
        self._take_beds(values, item.get("vacancies"))
        if isinstance(workforce := item.get("workforce"), dict):
            self._take_workforce(values, workforce)
        if isinstance(support := item.get("ascSupport"), dict):
            for name, key in VISITS.items():
                if type(flag := support.get(name)) is bool:
                    values[key] = "yes" if flag else "no"
        return Seen(
            location_id,
            service,
            self._moment(item.get("vacanciesLastUpdated")),
            values,
            admission_words(item.get("admissionStatus")),
            None,
            read_flag(item.get("confirmedSave")),
        )

    def _take_workforce(self, values: dict[str, int | str], workforce: Mapping[str, Any]) -> None:
        for name, key in WORKFORCE.items():
            count = workforce.get(name)
            if type(count) is int and 0 <= count <= LARGEST:  # as nearly all are
                values[key] = count
            elif count is not None:
                take_count(values, key, count, self._read.unread)

    def _take_beds(self, values: dict[str, int | str], vacancies: object) -> None:
        """Each type's own numbers, and the sums of those numbers that every type gives."""
        if not isinstance(vacancies, list):
            return
        sums: dict[str, int] = {}
        given: dict[str, int] = {}
        types = 0
        for vacancy in vacancies:
            name = self._type_of(vacancy)
            if name is None:
                self._read.unread["vacancies of a bed type that ct does not know"] += 1
                types += 1  # whatever its numbers are, the sums are not whole without them
                continue
            types += 1
            for field, key in _KEYS[name]:
                count = vacancy.get(field)
                if not (type(count) is int and 0 <= count <= LARGEST):
                    if count is not None:
                        take_count(values, key, count, self._read.unread)
                    count = values.get(key)
                    if type(count) is not int:
                        continue
                values[key] = count
                sums[field] = sums.get(field, 0) + count
                given[field] = given.get(field, 0) + 1
        for field, key in BEDS.items():
            if key and types and given.get(field) == types:
                values[key] = sums[field]

    def _service(self, item: Mapping[str, Any]) -> Service | None:
        """By what the item says, which few items say differently: looked up once for each way."""
        try:
            said = (item.get("cqcType"), *_flags(item))
            if said not in self._services:
                self._services[said] = service_of(item)
            return self._services[said]
        except (TypeError, KeyError):  # a list or an object where a word belongs, or a flag that is absent
            return service_of(item)

    def _type_of(self, vacancy: object) -> str | None:
        words = vacancy.get("bedType") if isinstance(vacancy, dict) else None
        if not isinstance(words, str):
            return None
        if words not in self._types:
            self._types[words] = bed_type(words)
        return self._types[words]

    def _moment(self, given: object) -> datetime | None:
        if not isinstance(given, str):
            return None
        try:
            found = read_moment(given, UTC)
        except NotRead:
            self._read.unread["vacanciesLastUpdated that is no moment"] += 1
            return None
        if found is None:
            return None
        self._read.zone_assumed += found[1]
        return found[0]


def service_of(item: Mapping[str, Any]) -> Service | None:
    """Which service an item is about; None where it does not say in a way that ct knows."""
    for flag, service in _FLAGS:
        if item.get(flag) is True:
            return service
    words = item.get("cqcType")
    if isinstance(words, str):
        words = words.lower()
        return next((service for part, service in _TYPES if part in words), None)
    return None
