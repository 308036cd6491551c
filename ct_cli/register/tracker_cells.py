"""The cells of Capacity Tracker's files: moments in two zones and several spellings, counts that come as floats."""

import re
from collections import Counter
from datetime import datetime, tzinfo

from ct_cli.clock import LONDON
from ct_cli.returns.item_values import LARGEST

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?")
_FIRST_YEAR = 2000
"""Before it, a moment stands for none: programs write 0001-01-01 or 1900-01-01 for "never"."""
_LAST_YEAR = 2999
_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
_BLANK = frozenset({"", "null", "none", "n/a", "nan"})


class NotRead(ValueError):
    """A cell is not what its column holds. Never leaves the readers of this room."""


def read_moment(text: str, zone: tzinfo) -> tuple[datetime, bool] | None:
    """A moment, and whether its zone had to be taken from its column; None where the cell is blank.

    ISO 8601, or day first as in 09/12/2024 23:30. A day without a time is the start of that day in London, for
    windows are made of whole days there. Raises NotRead.
    """
    text = text.strip()
    if text.lower() in _BLANK:
        return None
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        whole_day = found[4] is None
        moment = _made(year, month, day, hour, minute, second)
    else:
        whole_day = len(text) <= 10
        try:
            moment = datetime.fromisoformat(text.removesuffix(" UTC"))
        except ValueError:
            raise NotRead from None
    if moment.year < _FIRST_YEAR:
        return None
    if moment.year > _LAST_YEAR:
        raise NotRead
    if whole_day:
        return moment.replace(tzinfo=LONDON), False
    if moment.tzinfo is not None:
        return moment, False
    return moment.replace(tzinfo=zone), True


def read_count(given: object) -> int | None:
    """A count; None where it is blank, which is not 0. 36.0 is 36. Raises NotRead for anything but 0 to 999,999."""
    if given is None:
        return None
    if isinstance(given, str):
        text = given.strip()
        if text.lower() in _BLANK:
            return None
        whole, point, fraction = text.partition(".")
        if not (whole.isascii() and whole.isdigit()) or (point and fraction.strip("0")):
            raise NotRead
        given = int(whole)
    elif isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= LARGEST:
        raise NotRead
    return given


def read_flag(given: object) -> bool | None:
    """Yes or no in any spelling; None where it is blank or something else."""
    if isinstance(given, bool) or given is None:
        return given
    text = str(given).strip().lower()
    return True if text in _YES else False if text in _NO else None


def take_count(values: dict[str, int | str], key: str, given: object, unread: Counter[str]) -> None:
    """Put a count where it belongs; one that is none is left out, and noted by its item."""
    try:
        count = read_count(given)
    except NotRead:
        unread[f"{key} that is no whole number"] += 1
    else:
        if count is not None:
            values[key] = count


def _made(*parts: int) -> datetime:
    try:
        return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - its zone is given by whoever reads it
    except ValueError:
        raise NotRead from None
