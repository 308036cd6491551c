"""What a file leaves out: returns that are owed for its months, not made yet, and not in it."""

from collections.abc import Collection

from ct_cli.actions.file_outcomes import StillOwed
from ct_cli.actions.workplace import Workplace
from ct_cli.compliance.obligation import Counting
from ct_cli.compliance.span import Span
from ct_cli.register.location import Scope
from ct_cli.windows.month import Month
from ct_cli.windows.window import WindowState


def still_owed(workplace: Workplace, months: Collection[Month], in_file: Collection[int]) -> tuple[StillOwed, ...]:
    """By month, location and service. `in_file` holds the hash of (location id, service, month) of each row."""
    backend = workplace.backend
    scope = Scope()
    locations = backend.locations(scope)
    counting = Counting(rehearsing=workplace.rehearsing)
    found = []
    for month in sorted(months):
        if workplace.calendar.window(month).state_at(workplace.now) is WindowState.CLOSED:
            continue  # what was not made by then is missed, not owed
        made = backend.months_fulfilled(scope, month, month, counting)
        span = Span.of(workplace.calendar, month, month, workplace.now)
        found += [
            StillOwed(location.id, location.name, service, month)
            for location in locations
            if span.owed(location)
            for service in location.mandated_services
            if not made.get((location.id, service)) and hash((location.id, service, month)) not in in_file
        ]
    return tuple(found)
