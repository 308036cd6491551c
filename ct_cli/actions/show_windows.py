"""When reporting windows open and close, and how they stand now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import ExitStatus
from ct_cli.windows.month import Month
from ct_cli.windows.window import ReportingWindow, WindowState


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


def show_windows(workplace: Workplace, months: Sequence[Month] | None, *, check: bool = False) -> WindowsShown:
    """The windows of the months or, where none are named, the one that is open or opens next.

    With `check`, the exit status says whether the first of them is open (0) or not (7).
    """
    now = workplace.now
    calendar = workplace.calendar
    windows = calendar.windows(months) if months else [calendar.current_or_next(now)]
    shown = tuple(_shown(window, now) for window in windows)
    closed = check and shown[0].state is not WindowState.OPEN
    return WindowsShown(now, shown, exit_status=ExitStatus.WINDOW_NOT_OPEN if closed else ExitStatus.DONE)


def _shown(window: ReportingWindow, now: datetime) -> WindowShown:
    state = window.state_at(now)
    until = {WindowState.UPCOMING: window.opens_at, WindowState.OPEN: window.ends_at}.get(state)
    # Subtracted as UTC seconds: the same zone object on both sides would ignore the change to summer time.
    left = None if until is None else int(until.timestamp() - now.timestamp())
    return WindowShown(window.month, window.opens_at, window.closes_at, state, window.moved_because, left)
