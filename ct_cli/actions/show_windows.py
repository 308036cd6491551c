"""When reporting windows open and close, and how they stand now."""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import ExitStatus
from ct_cli.windows.choice import WindowChoice
from ct_cli.windows.month import Month
from ct_cli.windows.window import FIRST_MONTH, ReportingWindow, WindowState


@dataclass(frozen=True)
class WindowShown:
    """One window as it stands at the moment of asking."""

    month: Month
    opens_at: datetime
    closes_at: datetime
    state: WindowState
    moved_because: str | None
    seconds_left: int | None
    """To its close while it is open, to its opening before; None once it has closed."""


@dataclass(frozen=True)
class WindowsShown(Answer):
    """Windows in the order asked for."""

    now: datetime
    windows: tuple[WindowShown, ...]
    before_the_duty: tuple[Month, ...] = ()
    """Months asked for that had no window: the duty has been in force since 31 July 2022."""


def show_windows(workplace: Workplace, choice: WindowChoice | None = None, *, check: bool = False) -> WindowsShown:
    """The windows of the months chosen or, where none are, the one that is open or opens next.

    With `check`, the exit status says whether one of them is open (0) or none is (7).
    Raises what `WindowChoice.months` does, and BankHolidaysUnknown after 2100.
    """
    now = workplace.now
    calendar = workplace.calendar
    months = (choice or WindowChoice()).months(calendar, now)
    windows = tuple(_shown(calendar.window(month), now) for month in months if month >= FIRST_MONTH)
    closed = check and not any(window.state is WindowState.OPEN for window in windows)
    return WindowsShown(
        now,
        windows,
        before_the_duty=tuple(month for month in months if month < FIRST_MONTH),
        exit_status=ExitStatus.WINDOW_NOT_OPEN if closed else ExitStatus.DONE,
    )


def _shown(window: ReportingWindow, now: datetime) -> WindowShown:
    state = window.state_at(now)
    until = {WindowState.UPCOMING: window.opens_at, WindowState.OPEN: window.ends_at}.get(state)
    # Subtracted as UTC seconds: the same zone object on both sides would ignore the change to summer time.
    left = None if until is None else int(until.timestamp() - now.timestamp())
    return WindowShown(window.month, window.opens_at, window.closes_at, state, window.moved_because, left)
