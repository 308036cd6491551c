"""What a nil return still needs to be asked: which service, and why."""

from dataclasses import replace

from ct_cli.actions.taking.order import Order
from ct_cli.cli.asking import choose
from ct_cli.cli.desk import Desk
from ct_cli.errors import UsageError
from ct_cli.returns.the_return import NilReason

_WORDS = {
    NilReason.NO_SERVICE_USERS: "nobody uses the service at present",
    NilReason.NO_STAFF: "it has no staff at present",
    NilReason.NOT_YET_STARTED: "it has not started yet",
    NilReason.STOPPED: "it has stopped",
    NilReason.NOT_DELIVERED_HERE: "it is not delivered at this location",
    NilReason.AWAITING_CQC: "CQC has yet to change its registration, services or beds",
    NilReason.CLOSING: "the location is closing",
}


class NotAReason(UsageError):
    """{given!r} is not a reason for a nil return{nearest}. They are: {known}."""

    code = "not-a-reason"


class ReasonMissing(UsageError):
    """A nil return says why: add --reason with one of {known}."""

    code = "reason-missing"


def parse_reason(given: str) -> NilReason:
    """The reason of a name such as no-staff. Raises NotAReason."""
    text = given.strip().lower().replace("_", "-").replace(" ", "-")
    try:
        return NilReason(text)
    except ValueError:
        from difflib import get_close_matches

        near = get_close_matches(text, list(NilReason), n=1)
        nearest = f" (did you mean {near[0]}?)" if near else ""
        raise NotAReason(given=given[:40], nearest=nearest, known=", ".join(NilReason)) from None


def ask_reason(desk: Desk) -> NilReason:
    """The reason, asked for at a terminal. Raises ReasonMissing where nobody can be asked."""
    if not desk.terminal.asks:
        raise ReasonMissing(known=", ".join(NilReason))
    reasons = tuple(NilReason)
    return reasons[choose(desk.terminal, "Why is there nothing to report?", [f"{r}: {_WORDS[r]}" for r in reasons])]


def ask_services(desk: Desk, order: Order) -> Order:
    """The order with its services; asked for at a terminal where the location owes more than one."""
    if order.services or not desk.terminal.asks:
        return order
    from ct_cli.actions.find_location import find_location
    from ct_cli.actions.taking.services_meant import services_owed

    owed = services_owed(find_location(desk.workplace.taking_in, order.location_id))
    if len(owed) == 1:
        return order
    options = [service.in_words for service in owed] + ["each of them"]
    chosen = choose(desk.terminal, "For which service?", options)
    return replace(order, services=owed if chosen == len(owed) else (owed[chosen],))
