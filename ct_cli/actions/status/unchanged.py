"""Which services have given the same total of staff for longer than is usual at their size."""

from ct_cli.actions.taking.previous_entry import PreviousEntry
from ct_cli.backends.contract import Backend, ChainKey
from ct_cli.register.location import Scope
from ct_cli.returns.rules.case import staff_total
from ct_cli.returns.rules.staff import unchanged_limit
from ct_cli.windows.window import OPENING_DAY


def unchanged_too_long(backend: Backend, scope: Scope) -> set[ChainKey]:
    """Services in scope, by the same limits as the query `staff-unchanged-long` (Skills for Care's pipeline).

    Counted between the openings of the first and the last month that have the total.
    """
    found = set()
    for key, entry in backend.latest(scope).items():
        total = staff_total(entry.service, entry.values)
        limit = None if total is None else unchanged_limit(entry.service, total)
        if limit is None:
            continue
        since = PreviousEntry(key, entry.as_last, "", backend).staff_total_since
        if since is not None and (entry.month.day(OPENING_DAY) - since.day(OPENING_DAY)).days > limit:
            found.add(key)
    return found
