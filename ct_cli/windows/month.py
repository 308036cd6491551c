"""A month, the unit in which returns are owed."""

from datetime import date
from typing import NamedTuple, Self

from ct_cli.errors import NotAMonth


class Month(NamedTuple):
    """A calendar month. Months compare by time; `month + 1` is the next one, `later - earlier` counts months."""

    year: int
    number: int
    """1 (January) to 12 (December), both included."""

    @classmethod
    def parse(cls, given: str) -> Self:
        """The month written as 2024-12. Raises NotAMonth for any other spelling."""
        year, dash, number = given.partition("-")
        ascii_digits = given.isascii() and year.isdigit() and number.isdigit()
        if not (dash and ascii_digits and len(year) == 4 and len(number) == 2):
            raise NotAMonth(given=given)
        month = cls(int(year), int(number))
        if not (1 <= month.number <= 12 and month.year >= 1):
            raise NotAMonth(given=given)
        return month

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that a day is in."""
        return cls(day.year, day.month)

    @classmethod
    def from_key(cls, key: int) -> Self:
        """The month of a key such as 202412, as stores keep it."""
        return cls(*divmod(key, 100))

    @property
    def key(self) -> int:
        """The month as one whole number that sorts by time: 202412."""
        return self.year * 100 + self.number

    @property
    def ordinal(self) -> int:
        """Months since year 0: neighbours differ by one."""
        return self.year * 12 + self.number - 1

    def day(self, number: int) -> date:
        """A day of this month, 1 to 28."""
        return date(self.year, self.number, number)

    def __add__(self, months: object) -> Self:
        if not isinstance(months, int):
            return NotImplemented
        year, index = divmod(self.ordinal + months, 12)
        return type(self)(year, index + 1)

    def __sub__(self, other: "Month") -> int:
        return self.ordinal - other.ordinal

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    def in_words(self) -> str:
        """The month as people write it: December 2024."""
        return f"{self.day(1):%B} {self.year}"


def months_between(first: Month, last: Month) -> list[Month]:
    """Every month from the first to the last, both included; empty where the last is before the first."""
    return [first + step for step in range(last - first + 1)]
