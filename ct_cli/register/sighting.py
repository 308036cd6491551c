"""A sighting: the last that Capacity Tracker itself was seen to say of a service at a location.

What it says of a month that counts goes into the ledger, as a return with Capacity Tracker for its source. A sighting
holds what is beside that: how things stood when they were last updated, whether or not inside a window.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import Values
from ct_cli.returns.values_text import values_of
from ct_cli.windows.month import Month


class SightingKind(StrEnum):
    """Where Capacity Tracker said it."""

    EXPORT = "export"
    """Its export API, or the pages of that saved to files."""
    DOWNLOAD = "download"
    """A CSV download."""
    REPORT = "report"
    """The council's monthly report of ones and noughts, which gives no figures."""

    @property
    def in_words(self) -> str:
        """Where, as people are told of it."""
        return {"export": "the export", "download": "a download", "report": "the monthly report"}[self.value]


class Sighting(NamedTuple):
    """The last word on one service at one location. A named tuple, for there are 31,000 at a time."""

    location_id: str
    service: Service
    kind: SightingKind
    """Of what was last taken in."""
    seen_at: datetime
    """Aware; when it was last taken in."""
    updated_at: datetime | None = None
    """Aware; when Capacity Tracker was last updated for it, as far as has been seen. None where no file has said."""
    admission_status: str = ""
    """In Capacity Tracker's own words, of which no list is known; empty where it gave none."""
    accepting: bool | None = None
    """Whether it accepts admissions; None where that was not said outright."""
    confirmed_save: bool | None = None
    """Capacity Tracker's own flag of that name; what exactly it means is not known, and nothing rests on it."""
    user_count: int | None = None
    """How many people may update Capacity Tracker for the location, by its monthly report; None where not known."""
    not_done: tuple[Month, ...] = ()
    """The months for which its last monthly report had 0, oldest first."""
    one_of_several: tuple[Month, ...] = ()
    """The months for which that report had 1 for the location, where it owes several returns: it is not said which of
    them was made, so that none is taken for made. Oldest first."""
    content: str = "{}"
    """The figures of `updated_at`, as an entry of the ledger holds them: JSON in ASCII, keys sorted, no spaces."""

    def says_as(self, other: "Sighting") -> bool:
        """Whether it says the same as another of its service, whenever and from whatever file each was taken in."""
        return self._replace(kind=other.kind, seen_at=other.seen_at) == other

    @property
    def values(self) -> Values:
        """The figures, read from `content` each time. Raises FiguresUnreadable."""
        return values_of(self.content, lambda: "what Capacity Tracker said of a location")
