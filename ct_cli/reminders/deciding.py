"""Whom to tell of what: from what is owed and who is there, without a look at clock, store or network.

A location's users are told, and from a rung of the settings on its provider's contacts as well; where none of the users
can be told (there is none, or each is away, opted out or refused by the mail server), the provider's contacts are told
from the beginning. A location for which that leaves nobody is itself reported.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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

    standing: Standing
    """At present."""
    risk: Risk
    """At present, by what ct knows alone."""
    if_missed: Risk
    """If the window that is open is missed; as `risk` once it has closed."""
    users: int
    """People registered to update Capacity Tracker for the location."""

    @classmethod
    def of(cls, standing: Standing, users: int, *, after_close: bool) -> "Owed":
        """By the standing at present."""
        if_missed = None if after_close else standing.risk_if_missed()
        return cls(standing, standing.known_risk, if_missed or standing.known_risk, users)

    @property
    def location(self) -> Location:
        """Where it is owed."""
        return self.standing.location

    @property
    def key(self) -> Owing:
        """Location and service."""
        return Owing(self.standing.location.id, self.standing.service)

    @property
    def level(self) -> RiskLevel:
        """How near a penalty comes if this one is missed; none for a public body, which a penalty does not reach."""
        return self.if_missed.level if self.standing.liable else NO_RISK.level


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
    book, why_not = reachable.book, reachable.why_not
    for it in owed:
        here = users.get(it.location.id, ())
        addresses = {user.email for user in here}
        for user in here:
            names[user.email] = names.get(user.email) or user.name
        if providers or not addresses - why_not.keys():
            addresses.update(book.of_provider(it.location))
        for address in addresses & why_not.keys():
            without.setdefault(address, {})[it.location.id] = None
        able = addresses - why_not.keys()
        if not able:
            nobody.append(it)
        for address in able:
            told.setdefault(address, []).append(it)
    reminders = tuple(
        Reminder(address, names.get(address, ""), due, most_urgent_first(told[address])) for address in sorted(told)
    )
    not_told = tuple(NotTold(address, why_not[address], tuple(without[address])) for address in sorted(without))
    return Decision(due, reminders, not_told, tuple(nobody))


def decide_councils(due: DueRung, areas: Mapping[str, Area], reachable: Reachable) -> Decision:
    """Which officers get which digest. `areas` go by the council's name in small letters."""
    told: dict[str, list[Area]] = {}
    without: dict[str, None] = {}
    for council, addresses in reachable.book.councils.items():
        if council in areas:
            for address in reachable.of(addresses):
                told.setdefault(address, []).append(areas[council])
            without.update(dict.fromkeys(address for address in addresses if address in reachable.why_not))
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
    return tuple(sorted(owed, key=lambda it: (-it.level.severity, it.location.name, it.key)))
