"""What a return is for: a service at a location."""

import re
from enum import StrEnum

from ct_cli.errors import UsageError


class Service(StrEnum):
    """The kinds of service that use Capacity Tracker. The mandate covers the first two (s277A HSCA 2012)."""

    CARE_HOME = "care-home"
    HOME_CARE = "home-care"
    """Domiciliary care; extra care housing and supported living belong here."""
    HOSPICE = "hospice"
    SUBSTANCE_MISUSE = "substance-misuse"
    COMMUNITY_REHABILITATION = "community-rehabilitation"

    @property
    def mandated(self) -> bool:
        """Whether a return is owed for it every month."""
        return self in MANDATED

    @property
    def in_words(self) -> str:
        """The service as people write it: care home."""
        return self.value.replace("-", " ")


MANDATED = frozenset({Service.CARE_HOME, Service.HOME_CARE})


class NotALocationId(UsageError):
    """{given!r} is not a location id: {reason}. It is CQC's, such as 1-123456789 (3 to 14 of A-Z, 0-9 and -)."""

    code = "not-a-location-id"


class NotAService(UsageError):
    """{given!r} is not a service{nearest}. They are: {known}."""

    code = "not-a-service"


_MONTHS = "JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC"
_ID_CHARACTERS = re.compile("[A-Za-z0-9-]*")
_SPOILT_BY_EXCEL = re.compile(
    rf"""(?P<number>\d+(\.\d+)?E\+\d+|\d+\.\d*|.+\ \(A\ NUMBER\))
    | .+\ \(A\ DATE\)
    | \d{{4}}-\d\d-\d\d ([\ T]\d\d:\d\d(:\d\d)?)?
    | \d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}} (\ \d\d:\d\d(:\d\d)?)?
    | \d{{1,2}}/\d{{2,4}}
    | (\d{{1,2}}[\ -])?({_MONTHS})[\ -]\d{{2,4}}
    | \d{{1,2}}[\ -]({_MONTHS})""",
    re.VERBOSE,
)
"""What Excel makes of ids such as 1-2034 (Jan-34) when a column is not formatted as text."""


def parse_location_id(given: str) -> str:
    """The id in capitals without spaces around it: 3 to 14 characters of A-Z, 0-9 and -. Raises NotALocationId.

    Source: CQC's ids are in upper case and usually `1-` with 8 to 12 digits; NHS-style ones exist.
    """
    text = given.strip().upper()
    reason = why_not_location_id(text)
    if reason is not None:
        raise NotALocationId(given=given if len(given) <= 40 else given[:40] + "…", reason=reason)
    return text


def why_not_location_id(text: str) -> str | None:
    """What is wrong with an id that is already in capitals and trimmed; None where nothing is."""
    if not text:
        return "it is empty"
    if spoilt := _SPOILT_BY_EXCEL.fullmatch(text):
        kind = "a number" if spoilt["number"] else "a date"
        return f"it looks as if Excel turned the id into {kind} (format the column as Text, then put CQC's id back)"
    if not _ID_CHARACTERS.fullmatch(text):
        return "it has a character other than A-Z, 0-9 and -"
    if not 3 <= len(text) <= 14:
        return f"it has {len(text)} characters"
    return None


def parse_service(given: str) -> Service:
    """The service of a name such as care-home, "Care home" or care_home. Raises NotAService."""
    text = given.strip().lower().replace(" ", "-").replace("_", "-")
    try:
        return Service(text)
    except ValueError:
        from difflib import get_close_matches

        known = [service.value for service in Service]
        near = get_close_matches(text, known, n=1)
        nearest = f" (did you mean {near[0]}?)" if near else ""
        raise NotAService(given=given[:40], nearest=nearest, known=", ".join(known)) from None
