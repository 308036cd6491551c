"""Whom to tell of what: from what is owed and who is there, without a look at clock, store or network.

A location's users are told, and from a rung of the settings on its provider's contacts as well; where none of the users
can be told (there is none, or each is away, opted out or refused by the mail server), the provider's contacts are told
from the beginning. A location for which that leaves nobody is itself reported.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ct_cli.backends.outbox import Owing
from ct_cli.compliance.risk import NO_RISK, Risk, RiskLevel
from ct_cli.compliance.standing import Standing
from ct_cli.register.location import Location, User
from ct_cli.reminders.contacts import Reachable, WhyNot
from ct_cli.reminders.ladder import DueRung

NOBODY = "nobody"
"""The recipient of what nobody can be told."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One return that is owed, or was missed, with what follows from it."""

    key: Owing
    """Location and service."""
    standing: Standing
    """At present."""
    risk: Risk
    """At present, by what ct knows alone."""
    if_missed: Risk
    """If the window that is open is missed; as `risk` once it has closed."""
    level: RiskLevel
    """How near a penalty comes if this one is missed; none for a public body, which a penalty does not reach."""
    users: int
    """People registered to update Capacity Tracker for the location."""

    @property
    def location(self) -> Location:
        """Where it is owed."""
        return self.standing.location


@dataclass(frozen=True, slots=True)
class Weighing:
    """What follows from returns that are owed, of standings over one span.

    A country's 31,000 have but a few histories, so each history is weighed once.
    """

    after_close: bool
    _known: dict[tuple[int, int, int, bool], tuple[Risk, Risk, RiskLevel]] = field(default_factory=dict, init=False)

    def owed(self, standing: Standing, users: int) -> Owed:
        """What is owed, with what follows from it."""
        location = standing.location
        history = (standing.owed, standing.made, standing.told, location.public_body)
        known = self._known.get(history)
        if known is None:
            known = self._known[history] = self._weigh(standing)
        return Owed(Owing(location.id, standing.service), standing, *known, users)

    def _weigh(self, standing: Standing) -> tuple[Risk, Risk, RiskLevel]:
        risk = standing.known_risk
        if_missed = (None if self.after_close else standing.risk_if_missed()) or risk
        return risk, if_missed, if_missed.level if standing.liable else NO_RISK.level


@dataclass(frozen=True, slots=True)
class Area:
    """How a council's area stands in the month."""

    council: str
    owed: int
    outstanding: tuple[Owed, ...]
    """The most urgent first."""
    few_users: int
    """Locations with none or one registered to update Capacity Tracker."""

    @property
    def made(self) -> int:
        """Returns that were made."""
        return self.owed - len(self.outstanding)


@dataclass(frozen=True, slots=True)
class Unreached:
    """An address that refused a message for good, as the next contact of its locations is told of it."""

    address: str
    locations: tuple[Location, ...]
    """Those of which the one who is told is the next contact."""
    is_user: bool
    """Whether it is a user's; else it is a provider's contact's, out of the settings."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one person is to be told."""

    recipient: str
    name: str
    """Name or role; empty where it is not known."""
    due: DueRung
    owed: tuple[Owed, ...]
    """The most urgent first."""
    areas: tuple[Area, ...] = ()
    """For a council's officer; empty for others."""
    instead: tuple[Unreached, ...] = ()
    """The addresses that refused, in whose place the person is told."""

    @property
    def about(self) -> tuple[Owing, ...]:
        """What it names, as kept in the outbox."""
        return tuple([owed.key for owed in self.owed])


@dataclass(frozen=True, slots=True)
class NotTold:
    """Somebody who would be told, and is not."""

    recipient: str
    why: WhyNot
    location_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Who is told of what, who is not, and of what nobody can be told."""

    due: DueRung
    reminders: tuple[Reminder, ...]
    not_told: tuple[NotTold, ...]
    nobody: tuple[Owed, ...]
    """What is owed by locations with nobody to tell."""


def decide_people(
    due: DueRung, owed: Iterable[Owed], users: Mapping[str, Sequence[User]], reachable: Reachable, *, providers: bool
) -> Decision:
    """Who is told of what they owe. `users` go by location; with `providers`, their contacts are told in any case."""
    told: dict[str, list[Owed]] = {}
    names: dict[str, str] = {}
    without: dict[str, dict[str, None]] = {}
    nobody = []
    for it in owed:
        addresses = []
        for user in users.get(it.key.location_id, ()):
            addresses.append(user.email)
            if user.name:
                names.setdefault(user.email, user.name)
        able = reachable.of(addresses)
        if providers or not able:
            addresses = list(dict.fromkeys((*addresses, *reachable.book.of_provider(it.location))))
            able = reachable.of(addresses)
        for address in able:
            told.setdefault(address, []).append(it)
        if not able:
            nobody.append(it)
        if len(able) < len(addresses):
            for address in reachable.without(addresses):
                without.setdefault(address, {})[it.key.location_id] = None
    reminders = tuple(
        Reminder(address, names.get(address, ""), due, most_urgent_first(told[address])) for address in sorted(told)
    )
    not_told = tuple(
        NotTold(address, reachable.why_not[address], tuple(without[address])) for address in sorted(without)
    )
    return Decision(due, reminders, not_told, tuple(nobody))


def decide_councils(due: DueRung, areas: Mapping[str, Area], reachable: Reachable) -> Decision:
    """Which officers get which digest. `areas` go by the council's name in small letters."""
    told: dict[str, list[Area]] = {}
    without: dict[str, None] = {}
    for council, addresses in reachable.book.councils.items():
        if council in areas:
            for address in reachable.of(addresses):
                told.setdefault(address, []).append(areas[council])
            without.update(dict.fromkeys(reachable.without(addresses)))
    reminders = tuple(
        Reminder(
            address,
            "",
            due,
            most_urgent_first(owed for area in told[address] for owed in area.outstanding),
            tuple(told[address]),
        )
        for address in sorted(told)
    )
    not_told = tuple(NotTold(address, reachable.why_not[address], ()) for address in sorted(without))
    return Decision(due, reminders, not_told, ())


def most_urgent_first(owed: Iterable[Owed]) -> tuple[Owed, ...]:
    """The nearest to a penalty first; then by name, so that a location's services stand together."""
    return tuple(sorted(owed, key=lambda it: (-it.level.severity, it.standing.location.name, it.key)))
