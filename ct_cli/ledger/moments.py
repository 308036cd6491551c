"""Moments of receipt that go back along a chain: a clock was set back, here or on another computer.

Nothing was altered then, and the order of the chain is certain; but by such a clock nobody can tell whether a window
was met.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ct_cli.backends.contract import ChainKey, Damaged, Entry

TOLERANCE = timedelta(hours=1)
"""By so much at most the moments of honest writers overtake each other: a file or a request has the moment when all of
it had arrived, however long recording it took, and computers' clocks differ."""


@dataclass(frozen=True, slots=True)
class MomentBack:
    """An entry whose moment of receipt is more than TOLERANCE before that of one before it in its chain."""

    location_id: str
    service: str
    number: int
    """The entry's place in its chain, from 1."""
    receipt_id: str
    received_at: datetime
    before: datetime
    """The moment of the one before it."""


class MomentsWatch:
    """Looks at entries chain by chain, each chain in its order, for moments that go back.

    Real entries are held against real ones and rehearsals, whose moments are what CT_NOW says, against rehearsals. What
    was seen in Capacity Tracker has the moment at which it was entered there, and is passed over.
    """

    def __init__(self) -> None:
        self.found: list[MomentBack] = []
        self._chain: ChainKey | None = None
        self._latest: dict[bool, datetime] = {}

    def see(self, entry: Entry) -> MomentBack | None:
        """Look at one more entry; what is to be said of it."""
        chain = (entry.location_id, entry.service)
        if chain != self._chain:
            self._chain, self._latest = chain, {}
        if entry.source.seen:
            return None
        latest = self._latest.get(entry.rehearsal)
        back = latest is not None and goes_back(entry.received_at, latest)
        # Said once: the entries that follow are by the clock as it was set.
        self._latest[entry.rehearsal] = entry.received_at if latest is None or back else max(latest, entry.received_at)
        if latest is None or not back:
            return None
        found = MomentBack(
            entry.location_id, entry.service.value, entry.number, entry.receipt_id, entry.received_at, latest
        )
        self.found.append(found)
        return found

    def watching(self, walked: Iterable[Entry | Damaged]) -> Iterator[Entry | Damaged]:
        """Pass entries on, having looked at each."""
        for line in walked:
            if isinstance(line, Entry):
                self.see(line)
            yield line


def goes_back(received_at: datetime, before: datetime) -> bool:
    """Whether a moment is so long before an earlier entry's that a clock was set back."""
    return before - received_at > TOLERANCE
