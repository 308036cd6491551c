"""What a store is given to record: a checked return with the circumstances of its arrival."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures
from ct_cli.returns.the_return import CheckedReturn, ReturnKind, Values
from ct_cli.windows.month import Month


class Source(StrEnum):
    """How it is known that a return was made. Shown in status, receipts and evidence."""

    RECORDED_HERE = "recorded-here"
    RECEIVED_BY_API = "received-by-api"
    CAPACITY_TRACKER = "seen-in-capacity-tracker"
    CAPACITY_TRACKER_REPORT = "seen-in-capacity-tracker-report"
    """A 1 in its monthly report to councils, which gives neither the day nor the figures."""

    @property
    def seen(self) -> bool:
        """Whether it is Capacity Tracker's own word."""
        return self in _SEEN

    @property
    def gives_day(self) -> bool:
        """Whether the moment of receipt is that of the return, rather than that at which it was heard of."""
        return self is not Source.CAPACITY_TRACKER_REPORT

    @property
    def in_words(self) -> str:
        """The source as people are told of it."""
        return _SOURCES[self]


_SOURCES = {
    Source.RECORDED_HERE: "recorded here",
    Source.RECEIVED_BY_API: "received by an API",
    Source.CAPACITY_TRACKER: "seen in Capacity Tracker's export",
    Source.CAPACITY_TRACKER_REPORT: "a 1 in Capacity Tracker's monthly report",
}
_SEEN = frozenset({Source.CAPACITY_TRACKER, Source.CAPACITY_TRACKER_REPORT})
SEEN_IN_SQL = ", ".join(f"'{source.value}'" for source in sorted(_SEEN))
"""The sources that are Capacity Tracker's own word, for a list in SQL."""


class Submission(NamedTuple):
    """A checked return with the circumstances of its arrival."""

    checked: CheckedReturn
    received_at: datetime
    """When all of it had arrived: a request's last byte, a file's end, the last answer. Aware; a remote store puts its
    own in its place."""
    fulfils: bool
    """Whether it arrived inside the month's window."""
    rehearsal: bool
    source: Source
    recorded_by: str


class Shared(NamedTuple):
    """What plain returns of one service and month have in common: one object for all of a batch."""

    service: Service
    month: Month
    collection: str
    survey: str
    received_at: datetime
    fulfils: bool
    rehearsal: bool
    source: Source
    recorded_by: str
    versions_seen: Mapping[str, int] | None = None
    """By location, the version of its return for the month that whoever gives these had seen; where one is missing,
    none. None where nobody looked: then whatever stands is replaced."""


class PlainReturn(NamedTuple):
    """A full return with nothing beside its values, as nearly every row of a file is: a submission at less cost."""

    location_id: str
    content: str
    """As an entry's."""
    shared: Shared
    figures: Figures

    def submission(self) -> Submission:
        """The same, as it is submitted alone."""
        it = self.shared
        values: Values = json.loads(self.content)
        said = CheckedReturn(
            self.location_id, it.service, it.month, ReturnKind.FULL, it.collection, values, survey=it.survey,
            expected_version=None if it.versions_seen is None else it.versions_seen.get(self.location_id, 0),
        )  # fmt: skip
        return Submission(said, it.received_at, it.fulfils, it.rehearsal, it.source, it.recorded_by)
