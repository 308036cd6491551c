"""The only reader of the wall clock.

Windows open and close by the clock in London, so every moment in ct is an aware datetime in Europe/London.
CT_NOW (ISO 8601 with an offset) stands in for the present in tests and rehearsals; what is recorded while it
is set is marked as a rehearsal in the ledger.
"""

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ct_cli.errors import NotAMoment

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """The present in Europe/London, or CT_NOW where that is set.

    Raises NotAMoment where CT_NOW is not ISO 8601 with an offset.
    """
    given = os.environ.get("CT_NOW")
    return parse_moment(given) if given else datetime.now(UTC).astimezone(LONDON)


def rehearsing() -> bool:
    """Whether CT_NOW stands in for the present."""
    return bool(os.environ.get("CT_NOW"))


def parse_moment(given: str) -> datetime:
    """An ISO 8601 moment with an offset, in Europe/London. Raises NotAMoment."""
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
