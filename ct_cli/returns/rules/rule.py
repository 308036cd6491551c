"""What a rule is: a small declared object with a code, the services it holds for, and a function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ct_cli.returns.codes import CODES, Code
from ct_cli.returns.identity import MANDATED, Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.the_return import ReturnKind, Values
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """What the register knows of a location that a rule needs."""

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


@dataclass(slots=True)
class Case:
    """What a rule looks at: the values that could be read, and what is known beside them."""

    values: Mapping[str, Any]
    month: Month
    service: Service
    facts: LocationFacts | None
    previous: Previous | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found: words, what to do, the item it is about, and the figures."""

    words: str
    remedy: str
    field: str | None
    facts: dict[str, Any]


Look = Callable[[Case], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its severity, source and basis stand with its code in `ct_cli.returns.codes`."""

    code: Code
    services: frozenset[Service]
    look: Look

    @property
    def severity(self) -> Severity:
        """What a finding does to the return."""
        return self.code.severity


def rule(code: str, *services: Service) -> Callable[[Look], Rule]:
    """Declare a rule for some services, or for both mandated ones where none is named."""
    return lambda look: Rule(CODES[code], frozenset(services) or MANDATED, look)
