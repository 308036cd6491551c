"""The last return out of the ledger, as the rules look at it."""

import json

from ct_cli.backends.contract import Backend, ChainKey, LastReturn
from ct_cli.returns.checking import Previous
from ct_cli.returns.rules.case import staff_total
from ct_cli.windows.month import Month

_json = json.JSONDecoder().raw_decode
"""Without the search for spaces at the ends, which no content has."""


class PreviousEntry(Previous):
    """A ledger's return. Since when the total of staff is what it is, is looked up only where a rule asks."""

    __slots__ = ("_backend", "_chain", "_last")
    _backend: Backend
    _chain: ChainKey
    _last: LastReturn

    def __init__(self, chain: ChainKey, last: LastReturn, survey: str, backend: Backend) -> None:
        put = object.__setattr__  # the base is frozen
        put(self, "month", last.month)
        put(self, "kind", last.kind)
        put(self, "values", _json(last.content)[0])
        put(self, "_last", last)
        put(self, "_chain", None if survey else chain)
        put(self, "_backend", backend)

    @property
    def staff_total_since(self) -> Month | None:
        """The first month of the unbroken run of returns, up to this one, with its total of staff."""
        if self._chain is None:
            return None
        location_id, service = self._chain
        total = staff_total(service, self.values)
        if total is None:
            return None
        since = seen = self.month
        for it in self._backend.months_back(location_id, service, self.month + -1):
            if it.month == seen or it.rehearsal > self._last.rehearsal:
                continue  # a month's last return, which comes first, is what it came to
            if staff_total(service, it.values) != total:
                break
            since = seen = it.month
        return since
