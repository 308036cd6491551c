"""The details of a location as people write them: read into values, or refused in words they can act on.

Source of the forms: CQC's care directory for what a detail holds; the postcode's form is Royal Mail's
(one or two letters, a district, a digit and two letters). Whether a postcode exists is not asked.
"""

import re
from datetime import date, datetime
from functools import lru_cache

from ct_cli.errors import NotADate, UsageError

LONGEST_TEXT = 200
MOST_BEDS = 9_999
MOST_POUNDS = 1_000_000
"""Far above any CQC fee (the quoted range ends at £15,710): what is larger is a slip of the keyboard."""


class DetailRefused(UsageError):
    """{label} {given!r} cannot be used: {reason}. Put something else in its place."""

    code = "detail-refused"

    def __init__(self, given: str, reason: str, label: str = "") -> None:
        super().__init__(label=label, given=shortened(given), reason=reason)

    @property
    def remedy(self) -> str:
        """The end of the sentence: what to write instead."""
        return " ".join((self.__doc__ or "").partition("{reason}. ")[2].split())


class NotAPostcode(DetailRefused):
    """Postcode {given!r} cannot be used: {reason}. Write it as on an envelope, as in AB1 2CD."""

    code = "not-a-postcode"


class NotAFee(DetailRefused):
    """Fee {given!r} cannot be used: {reason}. Write pounds, as in 1234.50 or £1,234."""

    code = "not-a-fee"


class NotACountOfBeds(DetailRefused):
    """Beds {given!r} cannot be used: {reason}. Write a whole number, as in 40."""

    code = "not-a-count-of-beds"


class NotYesOrNo(DetailRefused):
    """Public body {given!r} cannot be used: {reason}. Write yes or no."""

    code = "public-body-not-yes-or-no"


class NotACoordinate(DetailRefused):
    """Coordinate {given!r} cannot be used: {reason}. Write degrees, as in 51.5072."""

    code = "not-a-coordinate"


class NotAnEmail(DetailRefused):
    """Email {given!r} cannot be used: {reason}. Write it as in manager@example.org."""

    code = "not-an-email"


def shortened(given: str) -> str:
    """At most 40 characters of what was given, for a message."""
    return given if len(given) <= 40 else given[:40] + "…"


def parse_text(given: str, label: str) -> str:
    """Text on one line, spaces run together, at most 200 characters. Raises DetailRefused."""
    text = " ".join(given.split())
    if len(text) > LONGEST_TEXT:
        reason = f"it has {len(text)} characters, and {LONGEST_TEXT} is the most"
        raise DetailRefused(given, reason, label)
    if not text.isprintable():
        raise DetailRefused(given, "it holds a character that cannot be seen", label)
    return text


def parse_name(given: str) -> str:
    """A location's name, not empty. Raises DetailRefused."""
    text = parse_text(given, "Name")
    if not text:
        raise DetailRefused(given, "it is empty", "Name")
    return text


_POSTCODE = re.compile(r"(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})", re.ASCII)


def parse_postcode(given: str) -> str:
    """A UK postcode in capitals with its one space: AB1 2CD. Empty stays empty. Raises NotAPostcode."""
    packed = "".join(given.split()).upper()
    if not packed:
        return ""
    found = _POSTCODE.fullmatch(packed)
    if found is None:
        raise NotAPostcode(given, "it does not have the form of a UK postcode")
    return f"{found[1]} {found[2]}"


_POUNDS = re.compile(r"£?\s?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{1,2}))?")


def parse_fee(given: str) -> int | None:
    """Pounds, as in 1234.50 or £1,234, in pence; None where empty. Raises NotAFee."""
    text = given.strip()
    if not text:
        return None
    found = _POUNDS.fullmatch(text)
    if found is None:
        raise NotAFee(given, "it is not an amount of pounds")
    pounds = found[1].replace(",", "")
    if len(pounds) > len(str(MOST_POUNDS)) or int(pounds) > MOST_POUNDS:
        raise NotAFee(given, f"it is more than £{MOST_POUNDS:,}")
    return int(pounds) * 100 + int((found[2] or "").ljust(2, "0"))


def parse_beds(given: str) -> int | None:
    """A number of beds, 0 to 9,999; None where empty or 0 (none to count). Raises NotACountOfBeds.

    A spreadsheet's 22.0 is 22.
    """
    text = given.strip()
    if not text:
        return None
    found = re.fullmatch(r"([0-9]+)(\.0+)?", text)
    if found is None:
        raise NotACountOfBeds(given, "it is not a whole number")
    digits = found[1].lstrip("0") or "0"
    if len(digits) > len(str(MOST_BEDS)):
        raise NotACountOfBeds(given, f"it is more than {MOST_BEDS:,}")
    return int(digits) or None


_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(given: str) -> date | None:
    """A day written as 2024-12-08; None where empty. Raises NotADate."""
    text = given.strip()
    if not text:
        return None
    if not _ISO_DAY.fullmatch(text):
        raise NotADate(given=shortened(given))
    try:
        return date.fromisoformat(text)
    except ValueError:  # 2024-02-30 has the form of a day and is none
        raise NotADate(given=shortened(given)) from None


def parse_given_day(given: str) -> date:
    """A day that must be there. Raises NotADate, for nothing as well."""
    day = parse_day(given)
    if day is None:
        raise NotADate(given=given)
    return day


@lru_cache(maxsize=8_192)  # strptime takes 15 µs, and a directory has some thousand days in its 57,000 rows
def parse_day_in_file(given: str) -> date | None:
    """A day as spreadsheets write it: also 08/12/2024 (day first) and with a midnight after it. Raises NotADate."""
    text = re.sub(r"[ T]00:00(:00(\.0+)?)?$", "", given.strip())
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError:
        return parse_day(text)  # not written with strokes: ISO, or refused


def parse_yes_no(given: str) -> bool:
    """Yes or no; empty is no. Raises NotYesOrNo."""
    text = given.strip().lower()
    if text in {"y", "yes", "true", "1", "public", "public body"}:
        return True
    if text in {"", "n", "no", "false", "0", "private"}:
        return False
    raise NotYesOrNo(given, "it is neither yes nor no")


def parse_coordinate(given: str) -> float | None:
    """A latitude or longitude in degrees, -180 to 180; None where empty. Raises NotACoordinate."""
    text = given.strip()
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,20})?", text):
        raise NotACoordinate(given, "it is not a number of degrees")
    degrees = round(float(text), 7)  # a centimetre; spreadsheets add digits that mean nothing
    if abs(degrees) > 180:
        raise NotACoordinate(given, "it is beyond 180 degrees")
    return degrees


_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def parse_email(given: str) -> str:
    """An email address in small letters, without spaces around it. Raises NotAnEmail.

    The form is RFC 5321's, less quoted names and bare hosts, which nobody's work address has.
    """
    text = given.strip().lower()
    reason = _why_not_email(text)
    if reason is not None:
        raise NotAnEmail(given, reason)
    return text


def _why_not_email(text: str) -> str | None:
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    if not text:
        return "it is empty"
    if not at:
        return "it has no @"
    if not text.isascii():
        return "it has a character that email addresses do not have"
    if len(text) > 254 or len(local) > 64:
        return "it is too long"
    if not _LOCAL_PART.fullmatch(local):
        return "what stands before the @ is not a name of a mailbox"
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return "what stands after the @ is not a domain"
    return None
