"""Returns that are owed for a month and not made yet: what a file leaves out, and what a template is for."""

from collections.abc import Collection

from ct_cli.actions.bulk.outcomes import StillOwed
from ct_cli.actions.workplace import Workplace
from ct_cli.compliance.obligation import Counting
from ct_cli.compliance.span import Span
from ct_cli.register.location import Scope
from ct_cli.windows.month import Month
from ct_cli.windows.window import WindowState


def still_owed(workplace: Workplace, months: Collection[Month], in_file: Collection[int]) -> tuple[StillOwed, ...]:
    """By month, location and service. `in_file` holds the hash of (location id, service, month) of each row."""
    calendar, now = workplace.calendar, workplace.now
    # What was not made by the time the window closed is missed, not owed.
    open_yet = [month for month in sorted(months) if calendar.window(month).state_at(now) is not WindowState.CLOSED]
    return tuple(
        owed
        for month in open_yet
        for owed in not_made(workplace, month, Scope())
        if hash((owed.location_id, owed.service, owed.month)) not in in_file
    )


def not_made(workplace: Workplace, month: Month, scope: Scope) -> list[StillOwed]:
    """The month's mandated returns of the locations in scope that nothing fulfils, by location; missed ones too."""
    backend = workplace.backend
    made = backend.months_fulfilled(scope, month, month, Counting(rehearsing=workplace.rehearsing))
    span = Span.of(workplace.calendar, month, month, workplace.now)
    return [
        StillOwed(location.id, location.name, service, month)
        for location in backend.locations(scope)
        if span.owed(location)
        for service in location.mandated_services
        if not made.get((location.id, service))
    ]
