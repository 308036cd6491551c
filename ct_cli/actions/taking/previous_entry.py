"""The last return out of the ledger, as the rules look at it."""

import json
from collections.abc import Mapping, MutableMapping
from typing import Any, NamedTuple

from ct_cli.backends.contract import Backend, ChainKey, LastFigures, LastReturn
from ct_cli.returns.checking import Previous
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures, staff_total
from ct_cli.returns.the_return import ReturnKind, Values
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


class OneOfMany(Previous):
    """The same for one of a file's many rows, by its figures alone.

    Until it is looked up for all that ask, nobody may know since when its total of staff is what it is.
    """

    __slots__ = ("_asker", "_asking", "_last")
    _asker: Asker
    _asking: MutableMapping[Asker, LastFigures]
    _last: LastFigures

    # The base is frozen. Only where both are the plain ones is a field put without a call: half the time (measured).
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__

    def __init__(self, asker: Asker, last: LastFigures, asking: MutableMapping[Asker, LastFigures]) -> None:
        self._last = last
        self._asker = asker
        self._asking = asking

    # Read where a rule looks, for most look at none of them, and there is one of these for each row.

    @property
    def month(self) -> Month:
        """The month of the last return."""
        return self._last.month

    @property
    def kind(self) -> ReturnKind:
        """Nil, or a return with figures."""
        return ReturnKind.FULL if self.values else ReturnKind.NIL

    @property
    def values(self) -> Values:
        """The figures that the rules look at; none of a nil return."""
        _, capacity, occupied, people = figures = self._last.figures
        if figures == _NO_FIGURES:
            return {}
        # Those that were not given are None: rare, and no rule takes None for a count.
        given: dict[str, Any] = {"maximum_capacity": capacity, "occupied": occupied, "people_using_service": people}
        return given

    def staff_total(self, service: Service) -> int | None:  # noqa: ARG002
        """Everybody who worked there."""
        return self._last.figures[0]

    @property
    def staff_total_since(self) -> Month | None:
        """None where it is not known; that it was asked for is noted."""
        since = self._last.staff_since
        if since is None:
            self._asking[self._asker] = self._last
        return since


_NO_FIGURES = Figures(None, None, None, None)


class _Run(NamedTuple):
    """A run of returns with one total of staff, as far back as it is known."""

    asker: Asker
    total: int
    rehearsal: bool
    since: Month


def staff_totals_since(asking: Mapping[Asker, LastFigures], backend: Backend) -> dict[Asker, LastFigures]:
    """The last returns with the answer that each would give alone, looked up a month at a time for all of them."""
    found: dict[Asker, LastFigures] = {}
    runs: list[_Run] = []
    for asker, it in asking.items():
        total = it.figures.staff_total
        if total is None:
            found[asker] = it
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
                    found[run.asker] = asking[run.asker]._replace(staff_since=since)
    return found
