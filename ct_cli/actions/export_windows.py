"""Reporting windows as a file that a calendar program takes in."""

from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import UsageError
from ct_cli.files import write_whole
from ct_cli.windows.choice import WindowChoice
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH

DEFAULT_MONTHS = 12
"""How many windows a calendar file holds where no months are named."""


class NoWindowsToExport(UsageError):
    """There are no windows in the months asked for: the duty has been in force since 31 July 2022.
    Name later months.
    """

    code = "no-windows-to-export"


@dataclass(frozen=True)
class WindowsExported(Answer):
    """The windows put in the calendar file, in order."""

    months: tuple[Month, ...]
    file: Path | None
    """Where it was written; None where it was asked for on stdout."""
    calendar: str | None
    """The calendar itself, where it was not written to a file."""


def export_windows(workplace: Workplace, choice: WindowChoice, file: Path | None) -> WindowsExported:
    """Write the windows of the months chosen (the next twelve where none are) as an .ics file.

    The file is whole or as it was before. With None the calendar is answered instead of written.
    Raises FileNotWritten, NoWindowsToExport, what `WindowChoice.months` does, and BankHolidaysUnknown.
    """
    from ct_cli.windows.ics import as_ics

    calendar = workplace.calendar
    chosen = choice.months(calendar, workplace.now, default=DEFAULT_MONTHS)
    months = tuple(month for month in chosen if month >= FIRST_MONTH)
    if not months:
        raise NoWindowsToExport
    text = as_ics(calendar, calendar.windows(months), workplace.now)
    if file is None:
        return WindowsExported(months, None, text.decode("utf-8"))
    write_whole(file, text)
    return WindowsExported(months, file, None)
