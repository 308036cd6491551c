"""Which services have given the same total of staff for longer than is usual at their size."""

from ct_cli.backends.contract import Backend, ChainKey, Recent
from ct_cli.register.location import Scope
from ct_cli.returns.rules.case import staff_total
from ct_cli.returns.rules.staff import unchanged_limit
from ct_cli.windows.window import OPENING_DAY


def unchanged_too_long(backend: Backend, scope: Scope) -> set[ChainKey]:
    """Services in scope, by the same limits as the query `staff-unchanged-long` (Skills for Care's pipeline).

    Counted between the openings of the first and the last month that have the total. One question to the store.
    """
    return {(it.location_id, it.service) for it in backend.recent(scope) if _too_long(it)}


def _too_long(it: Recent) -> bool:
    if it.last.month - it.staff_since <= 2:
        return False  # two windows are at most 62 days apart, and the shortest limit is 65
    total = staff_total(it.service, it.last.values)
    limit = None if total is None else unchanged_limit(it.service, total)
    return limit is not None and (it.last.month.day(OPENING_DAY) - it.staff_since.day(OPENING_DAY)).days > limit
