"""The last return out of the ledger, as the rules look at it."""

import json
from collections.abc import Mapping, MutableMapping
from typing import NamedTuple

from ct_cli.backends.contract import Backend, ChainKey, LastReturn
from ct_cli.returns.checking import Previous
from ct_cli.returns.identity import Service
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
    def rehearsal(self) -> bool:
        """Whether it was recorded in one."""
        return self._last.rehearsal

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


Asker = tuple[str, Service, Month]
"""The return whose rules ask: its location, service and month."""


class OneOfMany(PreviousEntry):
    """The same for one of a file's many rows. Until it is looked up for all that ask, nobody knows since when."""

    __slots__ = ("_asker", "_asking")
    _asker: Asker
    _asking: MutableMapping[Asker, PreviousEntry]

    def __init__(
        self, asker: Asker, last: LastReturn, backend: Backend, asking: MutableMapping[Asker, PreviousEntry]
    ) -> None:
        super().__init__(asker[:2], last, "", backend)
        object.__setattr__(self, "_asker", asker)
        object.__setattr__(self, "_asking", asking)

    @property
    def staff_total_since(self) -> Month | None:
        """None; that it was asked for is noted."""
        self._asking[self._asker] = self
        return None


class _Run(NamedTuple):
    """A run of returns with one total of staff, as far back as it is known."""

    asker: Asker
    total: int
    rehearsal: bool
    since: Month


def staff_totals_since(asking: Mapping[Asker, PreviousEntry], backend: Backend) -> dict[Asker, Previous]:
    """The last returns with the answer that each would give alone, looked up a month at a time for all of them."""
    found: dict[Asker, Previous] = {}
    runs: list[_Run] = []
    for asker, it in asking.items():
        total = staff_total(asker[1], it.values)
        if total is None:
            found[asker] = Previous(it.month, it.kind, it.values)
        else:
            runs.append(_Run(asker, total, it.rehearsal, it.month))
    while runs:
        alike: dict[tuple[Service, Month, bool], list[_Run]] = {}
        for run in runs:
            alike.setdefault((run.asker[1], run.since, run.rehearsal), []).append(run)
        runs = []
        for (service, since, rehearsal), each in alike.items():
            ids = {run.asker[0] for run in each}
            before = backend.returns_before(ids, service, since, rehearsals=rehearsal)
            for run in each:
                last = before.get(run.asker[0])
                if last is not None and staff_total(service, _json(last.content)[0]) == run.total:
                    runs.append(run._replace(since=last.month))
                else:
                    was = asking[run.asker]
                    found[run.asker] = Previous(was.month, was.kind, was.values, since)
    return found
