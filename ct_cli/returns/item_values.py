"""The text that somebody wrote for an item, as its value; or why it is none.

Whole numbers are ASCII digits and nothing else: Python's int() would take `１２`, `١٢` and `1_000`.
"""

import re
from collections.abc import Mapping

from ct_cli.returns.collection import ItemKind

LARGEST = 999_999
"""The largest count that is taken, included. Inferred: no location has more of anything that is asked."""

LONGEST_TEXT = 500
"""The most characters of free text, included."""

SMALL = {str(number): number for number in range(10_000)}
"""The counts that nearly every cell holds, by their text: looked up in half the time that int() takes."""

USUAL: dict[ItemKind, Mapping[str, int | str]] = {
    ItemKind.COUNT: SMALL,
    ItemKind.YES_NO: {"yes": "yes", "no": "no"},
}
"""The spellings that nearly every cell has, by kind, with their values: a look-up each, where `read_value` is calls."""

_YES_NO = {"yes": "yes", "no": "no", "y": "yes", "n": "no", "true": "yes", "false": "no"}
"""TRUE and FALSE are what a spreadsheet makes of its truth values."""

_FLOAT = re.compile(r"([0-9]{1,15})\.0+")
_NOTHING = {"nan", "null", "none", "n/a", "na", "nil", "-", "inf"}
_BROKEN_UP = re.compile(r"[0-9]+(?:[_ '’][0-9]+)+|[0-9]{1,3}(?:,[0-9]{3})+")
_DECIMAL = re.compile(r"[+-]?[0-9]*[.,][0-9]+")
_BELOW_ZERO = re.compile(r"[-−–][0-9]+")
_PLAINLY_A_NUMBER = re.compile(r"[-+−–]?[\d.,_ '’e%]+")


class NotAValue(ValueError):
    """Why a text is no value: a code, and words that continue "it is …". Never leaves the checker."""

    def __init__(self, code: str, words: str, remedy: str) -> None:
        super().__init__(code)
        self.code, self.words, self.remedy = code, words, remedy


def whole_from_float(text: str) -> str:
    """A cell of a file with what programs that hold counts as floats make of them: 22 for 22.0, exactly that.

    Capacity Tracker's own exports have such counts. On a command line 22.0 stays refused: there a person typed it.
    """
    if "." not in text:
        return text
    found = _FLOAT.fullmatch(text)
    return found[1] if found else text


def read_value(text: str, kind: ItemKind) -> int | str | None:
    """The value of a text; None where it is blank, which is not 0. Raises NotAValue."""
    if kind is ItemKind.COUNT and text in SMALL:
        return SMALL[text]
    text = text.strip()
    if not text:
        return None
    if kind is ItemKind.COUNT:
        return _whole(text)
    if kind is ItemKind.PERCENTAGE:
        return _percentage(text)
    if kind is ItemKind.YES_NO:
        return _yes_or_no(text)
    return _words(text)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise _why_not_whole(text)
    digits = text.lstrip("0")
    if len(digits) > len(str(LARGEST)):
        words = f"{_short(text)} is larger than any location's"
        raise NotAValue("too-large", words, f"Write the real number; at most {LARGEST:,} is taken.")
    return int(digits or "0")


def _why_not_whole(text: str) -> NotAValue:
    shown = _short(text)
    if _BELOW_ZERO.fullmatch(text):
        return NotAValue("below-zero", f"{shown} is below zero", "Write 0 or more.")
    if _BROKEN_UP.fullmatch(text):
        words = f"{shown} has something between its digits"
        return NotAValue("not-a-whole-number", words, "Write the digits alone, as in 1000.")
    if (whole := whole_from_float(text)) != text:
        return NotAValue("not-a-whole-number", f"{shown} is not a whole number as typed", f"Write {whole}.")
    if _DECIMAL.fullmatch(text):
        words = f"{shown} is not a whole number"
        return NotAValue("not-a-whole-number", words, "Round it to a whole number: people and beds are whole.")
    if text.lower() in _NOTHING:
        words = f"{shown} is not a number"
        return NotAValue("not-a-whole-number", words, "Write 0 where there are none; leave it blank where not known.")
    if not text.isascii() and any(c.isdigit() and not c.isascii() for c in text):
        words = f"{shown} is not in the digits 0 to 9"
        return NotAValue("not-a-whole-number", words, "Write it with the ordinary digits 0 to 9.")
    return NotAValue("not-a-whole-number", f"{shown} is not a whole number", "Write digits alone, as in 36.")


def _percentage(text: str) -> int:
    number = _whole(text.removesuffix("%").rstrip())
    if number > 100:
        raise NotAValue("not-a-percentage", f"{number} is more than 100 per cent", "Write a whole number, 0 to 100.")
    return number


def _yes_or_no(text: str) -> str:
    found = _YES_NO.get(text.lower())
    if found is None:
        raise NotAValue("not-yes-or-no", f"{_short(text)} is neither yes nor no", "Write yes or no.")
    return found


def _words(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        words = f"it has {len(text)} characters"
        raise NotAValue("text-too-long", words, f"Shorten it to {LONGEST_TEXT} characters.")
    return text


def _short(text: str) -> str:
    """What was given, where it is plainly a number written otherwise; anything else could name or date a person."""
    shown = len(text) <= 8 and (text.lower() in _NOTHING or _PLAINLY_A_NUMBER.fullmatch(text))
    return f"“{text}”" if shown else "what was given"
