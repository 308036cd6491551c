"""Make a nil return: there is nothing to report, and why."""

from collections.abc import Mapping

from ct_cli.actions.find_location import find_location
from ct_cli.actions.submit_return import files_here, submitted
from ct_cli.actions.taking.intake import Intake
from ct_cli.actions.taking.order import Order, Terms
from ct_cli.actions.taking.services_meant import services_owed, unclear
from ct_cli.actions.taking.submitted import ReturnsSubmitted
from ct_cli.actions.taking.version_standing import version_standing
from ct_cli.actions.workplace import Workplace
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import NilReason, Return, ReturnKind
from ct_cli.windows.month import Month

FOR_CQC = frozenset({NilReason.STOPPED, NilReason.NOT_DELIVERED_HERE, NilReason.AWAITING_CQC, NilReason.CLOSING})
"""The reasons that say that CQC's register is not, or will soon not be, as things are. CT takes services and beds from
CQC, so that is where they are put right (formal notice)."""


def make_nil_return(
    workplace: Workplace, order: Order, reason: NilReason, terms: Terms, *, all_services: bool = False
) -> ReturnsSubmitted:
    """A nil return for each service named, or for each that is owed, or for the only one. All in one transaction.

    Raises UnknownLocation, ServiceUnclear, NoService, StoreUnusable.
    """
    received_at = workplace.present  # before a store is opened, which may first send what waits
    filed_here = files_here(workplace)
    if not terms.dry_run:
        workplace = workplace.taking_in
    month = order.month or Month.of(workplace.now.date())
    returns = [
        Return(
            order.location_id,
            service,
            month,
            ReturnKind.NIL,
            reason=reason,
            note=order.note,
            confirm=order.confirm,
            expected_version=order.versions_seen.get(service),
        )
        for service in _services(workplace, order, all_services)
    ]
    results = tuple(Intake(workplace, terms).take_in(returns, received_at))
    recorded = any(result.fate.recorded for result in results)
    return submitted(filed_here, results, terms, tell_cqc=recorded and reason in FOR_CQC)


def versions_standing(workplace: Workplace, order: Order) -> Mapping[Service, int]:
    """Of each service of a location, the version of the month's return that stands now; 0 where there is none. Whoever
    is asked questions answers them knowing these."""
    location = find_location(workplace, order.location_id)
    month = order.month or Month.of(workplace.now.date())
    services = {*location.services, *order.services}
    return {service: version_standing(workplace, location.id, service, month, order.survey) for service in services}


def _services(workplace: Workplace, order: Order, all_services: bool) -> tuple[Service, ...]:
    location = find_location(workplace, order.location_id)
    if order.services:
        return order.services
    owed = services_owed(location)
    if len(owed) == 1 or all_services:
        return owed
    options = " or ".join(f"--service {service}" for service in owed)
    raise unclear(location, owed, f"{options}, or --all-services")
