"""The coming windows as words for a council's page or newsletter."""

from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import UsageError
from ct_cli.files import write_whole
from ct_cli.register.support import read_support_book
from ct_cli.reports.windows_notice import NoticeFormat, notice
from ct_cli.windows.choice import WindowChoice
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH

USUALLY = "6"
"""How many windows are told of where none are named: half a year."""


class NoNoticeFormat(UsageError):
    """{given!r} is not a way to write the notice: give --format markdown, html or text."""

    code = "no-notice-format"


@dataclass(frozen=True)
class WindowsPublished(Answer):
    """The notice, and which windows are in it."""

    format: NoticeFormat
    months: tuple[Month, ...]
    file: Path | None
    """None where it was asked for on stdout."""
    document: str | None
    """The notice itself, where it was not written to a file."""


def publish_windows(workplace: Workplace, choice: WindowChoice, given: str, out: str = "-") -> WindowsPublished:
    """Write the notice to a file, or answer it where `out` is -.

    Raises NoNoticeFormat, FileNotWritten, and what `WindowChoice.months` does.
    """
    if given.lower() not in set(NoticeFormat):
        raise NoNoticeFormat(given=given[:40])
    wanted = NoticeFormat(given.lower())
    asked = WindowChoice(next=USUALLY) if choice == WindowChoice() else choice
    months = [month for month in asked.months(workplace.calendar, workplace.now) if month >= FIRST_MONTH]
    contact = next(it for it in read_support_book(workplace.settings).contacts if it.key == "necs")
    document = notice(workplace.calendar.windows(months), contact, wanted)
    file = None if out == "-" else Path(out).expanduser()
    if file is not None:
        write_whole(file, document.encode("utf-8"))
    return WindowsPublished(wanted, tuple(months), file, document if file is None else None)
