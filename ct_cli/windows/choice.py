"""Which months a person means: one, a range, a year, the next few, or whichever is open or opens next."""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.errors import UsageError
from ct_cli.windows.month import Month, months_between
from ct_cli.windows.window import Calendar

MOST_MONTHS = 120
"""The most windows that are shown at once, ten years of them: a slip of the finger is not a page of a million rows."""


class ChoicesConflict(UsageError):
    """{given} cannot be used together: give one of --month, --next, --year, or --from with --to."""

    code = "choices-conflict"


class RangeIncomplete(UsageError):
    """{given} needs {missing}: write both, as in --from 2024-07 --to 2024-12."""

    code = "range-incomplete"


class RangeBackwards(UsageError):
    """The range ends before it begins: {first} is after {last}. Write the earlier month after --from."""

    code = "range-backwards"


class RangeTooLong(UsageError):
    """{first} to {last} is {count} months, and at most {most} are shown at once: ask for a shorter range."""

    code = "range-too-long"


class NotACountOfWindows(UsageError):
    """--next cannot be {given!r}: write a whole number from 1 to {most}, as in --next 6."""

    code = "not-a-count-of-windows"


class NotAYear(UsageError):
    """{given!r} is not a year: write four digits, as in --year 2028."""

    code = "not-a-year"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowChoice:
    """What was asked for, as it was written. Nothing given means the window that is open or opens next."""

    month: str | None = None
    next: str | None = None
    first: str | None = None
    last: str | None = None
    year: str | None = None

    def months(self, calendar: Calendar, now: datetime, *, default: int = 1) -> list[Month]:
        """The months meant, in order; `default` is how many where nothing was given.

        Raises NotAMonth, NotAYear, NotACountOfWindows, ChoicesConflict, RangeIncomplete, RangeBackwards, RangeTooLong.
        """
        self._refuse_conflicts()
        if self.month is not None:
            return [Month.parse(self.month)]
        if self.first is not None and self.last is not None:
            return _range(Month.parse(self.first), Month.parse(self.last))
        if self.year is not None:
            year = _year(self.year)
            return months_between(Month(year, 1), Month(year, 12))
        count = default if self.next is None else _count(self.next)
        start = calendar.current_or_next(now).month
        return months_between(start, start + (count - 1))

    def _refuse_conflicts(self) -> None:
        ranged = [name for name, given in (("--from", self.first), ("--to", self.last)) if given is not None]
        alone = (("--month", self.month), ("--next", self.next), ("--year", self.year))
        given = [name for name, value in alone if value is not None]
        if len(given) + bool(ranged) > 1:
            raise ChoicesConflict(given=" and ".join(given + ranged))
        if len(ranged) == 1:
            raise RangeIncomplete(given=ranged[0], missing="--to" if ranged == ["--from"] else "--from")


def _range(first: Month, last: Month) -> list[Month]:
    if last < first:
        raise RangeBackwards(first=first, last=last)
    if last - first >= MOST_MONTHS:
        raise RangeTooLong(first=first, last=last, count=last - first + 1, most=MOST_MONTHS)
    return months_between(first, last)


def _count(given: str) -> int:
    # Digits of ASCII alone: int() would take "１２" and "1_000".
    sound = given.isascii() and given.isdigit() and len(given) <= 4
    if not (sound and 1 <= int(given) <= MOST_MONTHS):
        raise NotACountOfWindows(given=given, most=MOST_MONTHS)
    return int(given)


def _year(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) == 4 and int(given) >= 1):
        raise NotAYear(given=given)
    return int(given)
