"""How a compliance report is worded, the same on the page and in the sheets."""

from ct_cli.reports.compliance import Compliance, Count
from ct_cli.reports.suppression import SMALLEST_SHOWN
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month
from ct_cli.windows.window import WindowState

LEFT_OUT = "[c]"
"""Stands for a count that is left out, as the Government Statistical Service marks confidential values."""
WHY_LEFT_OUT = (
    f"{LEFT_OUT} stands for a count that is left out: it is under {SMALLEST_SHOWN}, or one that is could be worked out"
    " from it."
)


def count(number: Count) -> str:
    """A count for people: 1,204; the mark where it is left out."""
    return LEFT_OUT if number is None else f"{number:,}"


def percentage(rate: float | None) -> str:
    """A rate for people: 91.6%; a dash where there is none to tell."""
    return "–" if rate is None else f"{rate:.1f}%"


def share(part: Count, whole: Count) -> str:
    """So much of so many in a hundred."""
    return "–" if part is None or not whole else f"{100 * part / whole:.1f}%"


def period(report: Compliance) -> str:
    """The months reported on."""
    first, last = report.first.in_words(), report.last.in_words()
    return first if report.first == report.last else f"{first} to {last}"


def short(month: Month) -> str:
    """A month in a narrow column: Dec 24."""
    return f"{month.day(1):%b} {month.year % 100:02}"


def state(given: WindowState) -> str:
    """Whether a month's figures can still change."""
    return "still open" if given is WindowState.OPEN else "closed"


def months(given: tuple[Month, ...]) -> str:
    """Months in a sentence."""
    return ", ".join(month.in_words() for month in given)


def service(given: Service) -> str:
    """A service as a heading: Care home."""
    return given.in_words.capitalize()
