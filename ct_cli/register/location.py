"""A location: a place registered with CQC, the services it is registered for, and who runs it."""

from dataclasses import dataclass
from datetime import date

from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import LocationFacts


@dataclass(frozen=True, slots=True)
class Location:
    """A location in the register. Holds nobody's name."""

    id: str
    name: str
    services: tuple[Service, ...]
    """What it is registered for; a return is owed for each mandated one."""
    provider: str = ""
    provider_id: str = ""
    local_authority: str = ""
    region: str = ""
    postcode: str = ""
    beds: int | None = None
    """CQC's number of beds; None where it is not known or there are none to count."""
    registered_on: date | None = None
    """The first day of registration; None where it is not known, and then long ago is assumed."""
    ended_on: date | None = None
    """The last day of registration; None while it is registered."""
    public_body: bool = False
    """Run by a council or the NHS: it owes returns, but no penalty reaches it (2022 Regulations)."""
    fee_pence: int | None = None
    """The provider's CQC registration fee, if the user gave it, in pence: the size of the penalty."""
    ods_code: str = ""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def mandated_services(self) -> tuple[Service, ...]:
        """The services for which a return is owed every month."""
        return tuple(service for service in self.services if service.mandated)

    @property
    def facts(self) -> LocationFacts:
        """What the rules of a return need of it."""
        return LocationFacts(self.id, frozenset(self.services), self.beds, self.registered_on, self.ended_on)


@dataclass(frozen=True, slots=True)
class User:
    """A person registered to update Capacity Tracker for a location; kept only to be reminded, erased on request."""

    location_id: str
    email: str
    name: str = ""
    """Name or role."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which locations are meant. Every part that is given must hold; an empty scope is all that are still open."""

    location_ids: frozenset[str] | None = None
    provider: str | None = None
    """The provider's name or id, compared without regard to case."""
    local_authority: str | None = None
    region: str | None = None
    service: Service | None = None
    include_closed: bool = False
