"""The details of a location as people write them: read into values, or refused in words they can act on.

Source of the forms: CQC's care directory for what a detail holds; the postcode's form is Royal Mail's
(one or two letters, a district, a digit and two letters). Whether a postcode exists is not asked.
"""

import re
from datetime import date, datetime

from ct_cli.errors import NotADate, UsageError

LONGEST_TEXT = 200
MOST_BEDS = 9_999
MOST_POUNDS = 1_000_000
"""Far above any CQC fee (the quoted range ends at £15,710): what is larger is a slip of the keyboard."""


class DetailRefused(UsageError):
    """{label} {given!r} cannot be used: {reason}. {remedy}"""

    code = "detail-refused"

    def __init__(self, label: str, given: str, reason: str, remedy: str) -> None:
        super().__init__(label=label, given=shortened(given), reason=reason, remedy=remedy)


class NotAPostcode(DetailRefused):
    """{label} {given!r} cannot be used: {reason}. {remedy}"""

    code = "not-a-postcode"


class NotAFee(DetailRefused):
    """{label} {given!r} cannot be used: {reason}. {remedy}"""

    code = "not-a-fee"


class NotACountOfBeds(DetailRefused):
    """{label} {given!r} cannot be used: {reason}. {remedy}"""

    code = "not-a-count-of-beds"


class NotAnEmail(DetailRefused):
    """{label} {given!r} cannot be used: {reason}. {remedy}"""

    code = "not-an-email"


def shortened(given: str) -> str:
    """At most 40 characters of what was given, for a message."""
    return given if len(given) <= 40 else given[:40] + "…"


def parse_text(given: str, label: str) -> str:
    """Text on one line, spaces run together, at most 200 characters. Raises DetailRefused."""
    text = " ".join(given.split())
    if len(text) > LONGEST_TEXT:
        reason = f"it has {len(text)} characters, and {LONGEST_TEXT} is the most"
        raise DetailRefused(label, given, reason, "Shorten it.")
    if not text.isprintable():
        raise DetailRefused(label, given, "it holds a character that cannot be seen", "Type it anew.")
    return text


def parse_name(given: str) -> str:
    """A location's name, not empty. Raises DetailRefused."""
    text = parse_text(given, "Name")
    if not text:
        raise DetailRefused("Name", given, "it is empty", "Write the location's name as CQC has it.")
    return text


_POSTCODE = re.compile(r"(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})", re.ASCII)


def parse_postcode(given: str) -> str:
    """A UK postcode in capitals with its one space: AB1 2CD. Empty stays empty. Raises NotAPostcode."""
    packed = "".join(given.split()).upper()
    if not packed:
        return ""
    found = _POSTCODE.fullmatch(packed)
    if found is None:
        remedy = "Write it as on an envelope, as in AB1 2CD."
        raise NotAPostcode("Postcode", given, "it does not have the form of a UK postcode", remedy)
    return f"{found[1]} {found[2]}"


_POUNDS = re.compile(r"£?\s?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{1,2}))?")


def parse_fee(given: str) -> int | None:
    """Pounds, as in 1234.50 or £1,234, in pence; None where empty. Raises NotAFee."""
    text = given.strip()
    if not text:
        return None
    found = _POUNDS.fullmatch(text)
    remedy = "Write pounds, as in 1234.50 or £1,234."
    if found is None:
        raise NotAFee("Fee", given, "it is not an amount of pounds", remedy)
    pounds = found[1].replace(",", "")
    if len(pounds) > len(str(MOST_POUNDS)) or int(pounds) > MOST_POUNDS:
        raise NotAFee("Fee", given, f"it is more than £{MOST_POUNDS:,}", remedy)
    return int(pounds) * 100 + int((found[2] or "").ljust(2, "0"))


def parse_beds(given: str) -> int | None:
    """A number of beds, 0 to 9,999; None where empty or 0 (none to count). Raises NotACountOfBeds.

    A spreadsheet's 22.0 is 22.
    """
    text = given.strip()
    if not text:
        return None
    found = re.fullmatch(r"([0-9]+)(\.0+)?", text)
    remedy = "Write a whole number, as in 40."
    if found is None:
        raise NotACountOfBeds("Beds", given, "it is not a whole number", remedy)
    digits = found[1].lstrip("0") or "0"
    if len(digits) > len(str(MOST_BEDS)):
        raise NotACountOfBeds("Beds", given, f"it is more than {MOST_BEDS:,}", remedy)
    return int(digits) or None


_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(given: str) -> date | None:
    """A day written as 2024-12-08; None where empty. Raises NotADate."""
    text = given.strip()
    if not text:
        return None
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # 2024-02-30 has the form of a day and is none: refused like any other
    raise NotADate(given=shortened(given))


def parse_day_in_file(given: str) -> date | None:
    """A day as spreadsheets write it: also 08/12/2024 (day first) and with a midnight after it. Raises NotADate."""
    text = re.sub(r"[ T]00:00(:00(\.0+)?)?$", "", given.strip())
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError:
        return parse_day(text)  # not written with strokes: ISO, or refused


def parse_yes_no(given: str) -> bool:
    """Yes or no; empty is no. Raises DetailRefused."""
    text = given.strip().lower()
    if text in {"y", "yes", "true", "1", "public", "public body"}:
        return True
    if text in {"", "n", "no", "false", "0", "private"}:
        return False
    raise DetailRefused("Public body", given, "it is neither yes nor no", "Write yes or no.")


def parse_coordinate(given: str) -> float | None:
    """A latitude or longitude in degrees, -180 to 180; None where empty. Raises DetailRefused."""
    text = given.strip()
    if not text:
        return None
    remedy = "Write degrees, as in 51.5072."
    if not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,20})?", text):
        raise DetailRefused("Coordinate", given, "it is not a number of degrees", remedy)
    degrees = round(float(text), 7)  # a centimetre; spreadsheets add digits that mean nothing
    if abs(degrees) > 180:
        raise DetailRefused("Coordinate", given, "it is beyond 180 degrees", remedy)
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
        raise NotAnEmail("Email", given, reason, "Write it as in manager@example.org.")
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
