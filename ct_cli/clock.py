"""The only reader of the wall clock.

Windows open and close by the clock in London, so every moment in ct is an aware datetime in Europe/London.
CT_NOW (ISO 8601 with an offset) stands in for the present in tests and rehearsals; what is recorded while it
is set is marked as a rehearsal in the ledger.
"""

import os
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ct_cli.errors import NotAMoment, UsageError


class NoZoneData(UsageError):
    """ct cannot tell what time it is in London: this computer has no data on time zones, nor has its Python. Type:
    python -m pip install tzdata (in the Python that ct is installed in)."""

    code = "no-zone-data"


class _Unknown(tzinfo):
    """Stands in for a zone of which there is no data, so that ct says so where it first needs it: `ct doctor` too."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise NoZoneData

    def dst(self, _: datetime | None) -> timedelta:
        raise NoZoneData

    def tzname(self, _: datetime | None) -> str:
        raise NoZoneData


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # Windows has no data of its own, but the package tzdata's
        return _Unknown()


LONDON = _zone("Europe/London")


def now() -> datetime:
    """The present in Europe/London, or CT_NOW where that is set.

    Raises NotAMoment where CT_NOW is not ISO 8601 with an offset; NoZoneData.
    """
    given = os.environ.get("CT_NOW")
    return parse_moment(given) if given else datetime.now(UTC).astimezone(LONDON)


def of_this_computer() -> datetime:
    """What this computer's own clock shows, whatever CT_NOW says, in UTC: to hold another's against."""
    return datetime.now(UTC)


def rehearsing() -> bool:
    """Whether CT_NOW stands in for the present."""
    return bool(os.environ.get("CT_NOW"))


def parse_moment(given: str) -> datetime:
    """An ISO 8601 moment with an offset, in Europe/London. Raises NotAMoment, NoZoneData."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise NotAMoment(given=given) from None
    if moment.tzinfo is None:
        raise NotAMoment(given=given)
    return moment.astimezone(LONDON)


def local(moment: datetime) -> datetime:
    """The same moment by this machine's own zone, for people who are not in London."""
    return moment.astimezone()
