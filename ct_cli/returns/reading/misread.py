"""What a spreadsheet has made of an id or a month, thinking that it was a number or a date."""

import re

from ct_cli.windows.month import Month

_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC"
_DATE = re.compile(
    rf"\d{{1,2}}[-/ ](?:{_MONTHS})[A-Z]*(?:[-/ ]\d{{2,4}})?|(?:{_MONTHS})[A-Z]*[-/ ]\d{{2,4}}|"
    r"\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{4}-\d{2}-\d{2}(?:[T ].*)?",
    re.IGNORECASE,
)
_POWER = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
_FIRST_DAY = re.compile(r"(\d{4}-\d{2})-01(?:[T ]00:00(?::00)?)?")


def misread_id(text: str) -> str | None:
    """What a spreadsheet seems to have made of an id ("is a date, …"); None where it has left it alone.

    `Sheet.rows` marks a workbook's own numbers and dates; in CSV they are known by the way Excel writes them.
    """
    if text.upper().endswith((" (A NUMBER)", " (A TRUTH VALUE)")):
        return "is held as a number by the workbook, which may have dropped zeros, dashes or letters"
    if text.upper().endswith(" (A DATE)") or _DATE.fullmatch(text):
        return "has been turned into a date by a spreadsheet"
    if _POWER.fullmatch(text):
        return "has been turned into a number in powers of ten by a spreadsheet"
    return None


def month_of_cell(text: str) -> Month:
    """The month of a cell: 2024-12, or the date 2024-12-01 that a spreadsheet makes of it. Raises NotAMonth."""
    first_day = _FIRST_DAY.fullmatch(text)
    return Month.parse(first_day.group(1) if first_day else text)
