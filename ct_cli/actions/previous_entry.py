"""The last return out of the ledger, as the rules look at it."""

from ct_cli.backends.contract import Backend, Entry
from ct_cli.returns.checking import Previous
from ct_cli.returns.rules.case import staff_total
from ct_cli.returns.the_return import Values
from ct_cli.windows.month import Month


class PreviousEntry(Previous):
    """A ledger's entry. Since when the total of staff is what it is, is looked up only where a rule asks."""

    __slots__ = ("_backend", "_entry")
    _backend: Backend
    _entry: Entry

    def __init__(self, entry: Entry, backend: Backend) -> None:
        put = object.__setattr__  # the base is frozen
        put(self, "month", entry.month)
        put(self, "kind", entry.kind)
        put(self, "values", entry.values)
        put(self, "_entry", entry)
        put(self, "_backend", backend)

    @property
    def staff_total_since(self) -> Month | None:
        """The first month of the unbroken run of returns, up to this one, with its total of staff."""
        last = self._entry
        total = staff_total(last.service, last.values)
        if total is None or last.survey:
            return None
        since = last.month
        seen: dict[Month, Values] = {}  # month to values: a month's last entry is what it came to
        for entry in self._backend.history(last.location_id, last.service):
            if not entry.survey and entry.month <= last.month and entry.rehearsal <= last.rehearsal:
                seen[entry.month] = entry.values
        for month in sorted(seen, reverse=True):
            if staff_total(last.service, seen[month]) != total:
                break
            since = month
        return since
