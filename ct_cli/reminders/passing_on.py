"""Who is told that an address refused a message for good: the next contact of each of its locations.

Next is the first who can be told among the location's other users, in the store's order, and after them among its
provider's contacts: the same who are told where a person is away or wants no reminders. Where that leaves nobody, the
location is among those with nobody to tell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ct_cli.register.location import Location, User
from ct_cli.reminders.contacts import Reachable, WhyNot
from ct_cli.reminders.deciding import Decision, Owed, Unreached


def pass_on(
    decision: Decision, owed: Iterable[Owed], users: Mapping[str, Sequence[User]], reachable: Reachable
) -> Decision:
    """The decision, with those who are next told of the addresses that refused. It says itself which those are."""
    refused = {it.recipient: it.location_ids for it in decision.not_told if it.why is WhyNot.FAILED}
    if not refused:
        return decision
    wanted = {id for ids in refused.values() for id in ids}
    locations = {it.location.id: it.location for it in owed if it.location.id in wanted}
    told: dict[str, dict[str, list[Location]]] = {}
    for address, ids in refused.items():
        for id in ids:
            contact = next_contact(locations[id], users.get(id, ()), reachable)
            if contact is not None:
                told.setdefault(contact, {}).setdefault(address, []).append(locations[id])
    reminders = tuple(
        replace(it, instead=tuple(_unreached(address, at, users) for address, at in told[it.recipient].items()))
        if it.recipient in told
        else it
        for it in decision.reminders
    )
    return replace(decision, reminders=reminders)


def _unreached(address: str, at: Sequence[Location], users: Mapping[str, Sequence[User]]) -> Unreached:
    is_user = any(user.email == address for location in at for user in users.get(location.id, ()))
    return Unreached(address, tuple(at), is_user)


def next_contact(location: Location, users: Sequence[User], reachable: Reachable) -> str | None:
    """The first contact of a location that can be told; None where there is none."""
    addresses = [*(user.email for user in users), *reachable.book.of_provider(location)]
    return next(iter(reachable.of(addresses)), None)
