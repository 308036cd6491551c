"""The guard against personal data in notes and free text: it names place and kind, never the value.

CT wants no data that identifies a person; keeping it out is the provider's responsibility. The guard would rather
refuse once too often, except for what notes need: location ids, receipts, months, dates of windows, hours, counts.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PersonalKind(StrEnum):
    """What a text seems to hold, as it is said to people."""

    EMAIL = "an email address"
    NI_NUMBER = "a National Insurance number"
    NHS_NUMBER = "an NHS number"
    TELEPHONE = "a telephone number"
    DATE_OF_BIRTH = "a date of birth"
    NAME = "a title and surname"


@dataclass(frozen=True, slots=True)
class PersonalData:
    """That something personal stands at a place in a text. Holds nothing of it."""

    kind: PersonalKind
    start: int
    """The position of its first character, from 1."""
    end: int
    """The position of its last character, included."""

    @property
    def in_words(self) -> str:
        """Kind and place: an NHS number at characters 12 to 23."""
        return f"{self.kind} at characters {self.start} to {self.end}"

    @property
    def remedy(self) -> str | None:
        """What to do, where it is not simply to take it out."""
        if self.kind is not PersonalKind.DATE_OF_BIRTH:
            return None
        return "Take it out; a date that is nobody's birth is written without its day, as in April 2009."


def find_personal_data(text: str) -> tuple[PersonalData, ...]:
    """Everything in a text that looks personal, in the order of the text."""
    plain, places = (text, None) if text.isascii() else _plain(text)
    found: list[PersonalData] = []
    for kind, look in _LOOKS:
        for start, end in look(plain):
            if places is not None:
                start, end = places[start], places[end - 1] + 1
            if not any(start < other.end and end >= other.start for other in found):
                found.append(PersonalData(kind, start + 1, end))
    return tuple(sorted(found, key=lambda data: data.start))


_Spans = Iterator[tuple[int, int]]

_LATEST_BIRTH = 2009
"""A full date up to this year is taken for a birth. Registrations with CQC begin in 2010, and notes speak of later."""

_PUBLIC_NUMBERS = frozenset({"01916913729", "03000616161", "03003302088"})
"""NECS's support centre, CQC and NHSBSA: nobody's own number."""

_PUBLIC_ADDRESSES = frozenset(
    {
        "necsu.capacitytracker@nhs.net",
        "capacitytracker-guidance@dhsc.gov.uk",
        "enquiries@cqc.org.uk",
        "enforcement@nhsbsa.nhs.uk",
    }
)

_EMAIL = re.compile(r"[\w.+%'-]{1,64}(?:@|\s?[\[(]\s?at\s?[\])]\s?)[\w-]{1,63}(?:\.[\w-]{1,63})+", re.IGNORECASE)

# No digit, letter or "1-" before it, none after: a part of a location id or a receipt is not a number of its own.
_ALONE = r"(?<!\w)(?<!\w-)"
_END = r"(?!\w)(?!-\w)"

_NI = re.compile(rf"{_ALONE}[A-Z]{{2}}(?:[ .-]?\d){{6}}[ .-]?[A-D](?!\w)", re.IGNORECASE)

_GROUPS = r"\d{10}|\d{3}[ .-]{1,3}\d{3}[ .-]{1,3}\d{4}|\d{4}[ .-]{1,3}\d{3}[ .-]{1,3}\d{3}|\d{5}[ .-]{1,3}\d{5}"
_TEN_DIGITS = re.compile(rf"{_ALONE}(?:{_GROUPS}|\d(?:[ .-]\d){{9}}){_END}")
_SAID_NHS = re.compile(
    r"\bnhs[\s:#.]{0,3}(?:no|num|number|n)?[\s:#.=-]{0,4}(?:is\s)?((?:\d[ .-]{0,3}){9}\d)(?!\d)", re.I
)

_TELEPHONE = re.compile(
    rf"{_ALONE}(?:(?:\+|\b00)[ .-]{{0,3}}44[ .-]{{0,3}}(?:\([ .-]?0[ .-]?\))?[ .-]{{0,3}}|\(?0)"
    rf"[1-9](?:[ .()/-]{{0,3}}\d){{8,9}}{_END}"
    rf"|{_ALONE}7\d(?:[ .-]?\d){{8}}{_END}"
)

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_MONTH = r"(?P<m>(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6})"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<d>\d{1,2})\s?(?P<s>[/.-])\s?(?P<m>\d{1,2})\s?(?P=s)\s?(?P<y>\d{4}|\d{2})(?!\d)",
        r"(?<!\d)(?P<d>\d{1,2}) (?P<m>\d{1,2}) (?P<y>\d{4})(?!\d)",
        r"(?<!\d)(?P<y>\d{4})\s?[ /.-]\s?(?P<m>\d{1,2})\s?[ /.-]\s?(?P<d>\d{1,2})(?!\d)",
        rf"{_ALONE}(?P<d>\d{{2}})(?P<m>\d{{2}})(?P<y>\d{{4}}){_END}",
        rf"{_ALONE}(?P<y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}}){_END}",
        rf"(?<!\d){_DAY}[ .,-]{{0,3}}(?:of )?{_MONTH}[ .,'’-]{{0,3}}(?P<y>\d{{4}}|\d{{2}})(?!\d)",
        rf"(?<![a-z]){_MONTH}[ .]{{0,2}}{_DAY}[ ,]{{1,3}}(?P<y>\d{{4}})(?!\d)",
    )
)
_BIRTH = re.compile(
    r"\b(?:d\.?\s?o\.?\s?b\b|date\s+of\s+birth|birth\s?(?:day|date)|born)\W{0,4}(?:on |is |was )?$", re.I
)

_TITLE = r"(?:mrs?|ms|miss|mx|dr|doctor|prof(?:essor)?|rev(?:erend)?|sir|dame|lady|lord)"
_LETTER = r"[^\W\d_]"
_NAME = re.compile(
    rf"(?<![\w]){_TITLE}(?:\.\s?|\s{{1,3}})((?:{_LETTER}\.?\s?){{0,3}}?{_LETTER}[\w'’-]+(?:\s[A-Z][\w'’-]+){{0,2}})",
    re.I,
)
_PLACES = re.compile(
    r"\b(?:house|home|court|lodge|hall|manor|ward|wing|unit|road|street|close|avenue|centre|hospital|surgery)\b", re.I
)


def _emails(text: str) -> _Spans:
    for match in _EMAIL.finditer(text):
        if match[0].lower().rstrip(".") not in _PUBLIC_ADDRESSES:
            yield match.span()


def _ni_numbers(text: str) -> _Spans:
    for match in _NI.finditer(text):
        # HMRC gives out no number with these letters, and none with these prefixes.
        prefix = match[0][:2].upper()
        if not set(prefix) & set("DFIQUV") and prefix[1] != "O" and prefix not in {"BG", "GB", "NK", "KN", "NT", "TN"}:
            yield match.span()


def _nhs_numbers(text: str) -> _Spans:
    for match in _SAID_NHS.finditer(text):
        yield match.span(1)
    for match in _TEN_DIGITS.finditer(text):
        if is_nhs_number(_digits(match[0])):
            yield match.span()


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits are a valid NHS number: weighted 10 to 2, they leave a check digit by modulus 11."""
    if len(digits) != 10:
        return False
    left = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return left % 11 == int(digits[9]) and left != 10


def _telephones(text: str) -> _Spans:
    for match in _TELEPHONE.finditer(text):
        if any(pattern.match(match[0]) for pattern in _DATES[:2]):
            continue  # a day and the hour after it: 08/12/2025 14:30
        digits = _digits(match[0])
        national = "0" + re.sub(r"^(?:00)?44", "", digits).lstrip("0")
        if national not in _PUBLIC_NUMBERS:
            yield match.span()


def _births(text: str) -> _Spans:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            year = _year(match["y"])
            if not _is_date(match, year):
                continue
            said = _BIRTH.search(text, max(0, match.start() - 30), match.start())
            if said or 1900 <= year <= _LATEST_BIRTH:
                yield match.span()


def _year(written: str) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if year <= 30 else 1900)


def _is_date(match: re.Match[str], year: int) -> bool:
    day, month = int(match["d"]), match["m"]
    number = int(month) if month.isdecimal() else _MONTHS[month[:3].lower()]
    american = number > 12 and "/" in match[0]
    try:
        date(year, *((day, number) if american else (number, day)))
    except ValueError:  # no such day, so no date of anything
        return False
    return True


def _names(text: str) -> _Spans:
    for match in _NAME.finditer(text):
        title, name = match[0].split(match[1])[0].strip(" ."), match[1]
        capital = any(word[:1].isupper() for word in name.split())
        if not capital and title.lower() not in {"mr", "mrs", "ms", "mx"}:
            continue  # "we miss data", "dr visits"
        if title.lower() not in {"mr", "mrs", "ms", "mx", "miss"} and _PLACES.search(text, match.start(), match.end()):
            continue  # a home or a street named after somebody
        yield match.span()


_LOOKS: tuple[tuple[PersonalKind, Callable[[str], _Spans]], ...] = (
    (PersonalKind.EMAIL, _emails),
    (PersonalKind.NI_NUMBER, _ni_numbers),
    (PersonalKind.NHS_NUMBER, _nhs_numbers),
    (PersonalKind.TELEPHONE, _telephones),
    (PersonalKind.DATE_OF_BIRTH, _births),
    (PersonalKind.NAME, _names),
)
"""Looked for in this order; what overlaps something found already is not told twice."""


def _digits(text: str) -> str:
    return "".join(str(int(c)) for c in text if c.isdecimal())


def _plain(text: str) -> tuple[str, list[int]]:
    """A text with its odd spaces, dashes and full-width letters made plain, and each character's place in the text."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if category == "Cf":  # invisible: a number can be broken up with it
            continue
        if category == "Pd" or character == "\u2212":
            character = "-"
        elif category == "Zs":
            character = " "
        else:
            folded = unicodedata.normalize("NFKC", character)
            character = folded if len(folded) == 1 else character
        characters.append(character)
        places.append(place)
    return "".join(characters), places
