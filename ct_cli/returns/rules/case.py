"""What a rule looks at: a return's values, and what is known beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind, Values
from ct_cli.windows.month import Month


class LocationFacts(NamedTuple):
    """What the register knows of a location that a rule needs. Made for each row of a file, so a named tuple."""

    id: str
    services: frozenset[Service]
    beds: int | None = None
    """CQC's number of beds; None where it is not known."""
    registered_on: date | None = None
    ended_on: date | None = None
    """The last day of registration; None while it is registered."""


@dataclass(frozen=True, slots=True)
class Previous:
    """The last return of the same location and service, of a month before this one."""

    month: Month
    kind: ReturnKind
    values: Values
    """Of an UNCHANGED return, the values that it confirmed; of a NIL return, none."""
    staff_total_since: Month | None = None
    """The first month of the unbroken run of returns with the same `staff_total`; None where it is not known."""

    def staff_total(self, service: Service) -> int | None:
        """Everybody who worked there."""
        return staff_total(service, self.values)


class Figures(NamedTuple):
    """All that the rules look at of the return before, where the one at hand has values in it."""

    staff_total: int | None
    maximum_capacity: int | None
    occupied: int | None
    people_using_service: int | None


def figures_of(service: Service, values: Mapping[str, Any]) -> Figures:
    """The figures of a return with these values; of a nil return, none."""
    get = values.get
    total = staff_total(service, values)
    return Figures(total, get("maximum_capacity"), get("occupied"), get("people_using_service"))


class Case:
    """One return, for the rules: its values that could be read, and the sums that several rules need."""

    __slots__ = ("beds_given", "facts", "last_staff_total", "month", "previous", "service", "staff_total", "values")

    def __init__(
        self,
        values: Mapping[str, Any],
        month: Month,
        service: Service,
        facts: LocationFacts | None,
        previous: Previous | None,
    ) -> None:
        self.values = values
        self.month = month
        self.service = service
        self.facts = facts
        self.previous = previous
        self.staff_total = staff_total(service, values)
        """Everybody who works there; None where one of the counts is missing."""
        self.last_staff_total = None if previous is None else previous.staff_total(service)
        """The same of the last return."""
        get = values.get
        self.beds_given = get("occupied", 0) + get("reserved", 0) + get("accepting_admissions", 0)
        """Occupied, reserved and accepting beds; 0 for each that is missing, and in home care."""


_HOME_CARE = Service.HOME_CARE  # read at each call, an enum's member is a call of its own on Python 3.11
HOME_CARE_STAFF = ("care_workers_employed",)
CARE_HOME_STAFF = (
    *("nurses_employed", "care_workers_employed", "non_care_workers_employed"),
    *("agency_nurses", "agency_care_workers", "agency_non_care_workers"),
)
"""The counts that make the total of staff: in a care home the six mandatory ones."""


def staff_total(service: Service, values: Mapping[str, Any]) -> int | None:
    """Everybody who works there, by the counts above; None where one of them was not given."""
    if service is _HOME_CARE:
        return values.get("care_workers_employed")
    try:
        total: int = (
            values["nurses_employed"]
            + values["care_workers_employed"]
            + values["non_care_workers_employed"]
            + values["agency_nurses"]
            + values["agency_care_workers"]
            + values["agency_non_care_workers"]
        )
    except KeyError:  # a count is missing, which is said elsewhere
        return None
    return total
