"""Which of a location's services is meant, where none was named."""

from ct_cli.actions.find_location import find_location
from ct_cli.actions.taking.order import Order
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import UsageError
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service


class ServiceUnclear(UsageError):
    """{name} ({location_id}) owes a return for each of {services}: say which is meant with {options}."""

    code = "service-unclear"


class NoService(UsageError):
    """{name} ({location_id}) has no service in the register: add it with
    `ct locations edit {location_id} --service …`."""

    code = "no-service"


def one_service(workplace: Workplace, order: Order) -> Service:
    """The one service that is meant. Raises ServiceUnclear, NoService, UnknownLocation, NoSuchSurvey."""
    location = find_location(workplace, order.location_id)
    if order.survey:
        return workplace.catalogue.survey(order.survey).service
    if order.services:
        return order.services[0]
    owed = services_owed(location)
    if len(owed) != 1:
        raise unclear(location, owed, " or ".join(f"--service {service}" for service in owed))
    return owed[0]


def services_owed(location: Location) -> tuple[Service, ...]:
    """The mandated services; where there are none, the others, which may make returns all the same."""
    services = location.mandated_services or location.services
    if not services:
        raise NoService(name=location.name, location_id=location.id)
    return services


def unclear(location: Location, owed: tuple[Service, ...], options: str) -> ServiceUnclear:
    """The error that says what to type."""
    names = " and ".join(service.in_words for service in owed)
    return ServiceUnclear(name=location.name, location_id=location.id, services=names, options=options)
