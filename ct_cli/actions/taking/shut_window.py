"""What to say to a return whose window is not open."""

from datetime import datetime

from ct_cli.returns.codes import problem
from ct_cli.returns.problem import Place, Problem
from ct_cli.returns.the_return import Return
from ct_cli.windows.month import Month
from ct_cli.windows.window import ReportingWindow, WindowState, in_words


def window_not_open(
    given: Return, window: ReportingWindow, now: datetime, place: Place | None, *, asked_for: bool
) -> Problem:
    """The problem, with the window's dates; `asked_for` where --outside-window was given for a month to come."""
    dates = f"from the start of {in_words(window.opens_at.date())} to the end of {in_words(window.closes_on)}"
    state = window.state_at(now)
    what = f"the survey {given.survey}" if given.survey else given.month.in_words()
    if state is WindowState.UPCOMING:
        words = f"the window for {what} is not open yet: returns are taken {dates}"
        remedy = (
            f"Send it on or after {in_words(window.opens_at.date())}; --outside-window records an update meanwhile."
        )
    else:
        words = f"the window for {what} has closed: returns were taken {dates}"
        remedy = "--outside-window records it as an update, which fulfils nothing; `ct status` shows what is owed now."
    if asked_for or given.month > Month.of(now.date()):
        remedy = "No update can be recorded for a month that has not begun: check --month."
    facts = {"opens_at": window.opens_at, "closes_at": window.closes_at, "state": state}
    return problem(
        "window-not-open",
        words,
        remedy,
        location_id=given.location_id,
        service=given.service,
        place=place,
        facts=facts,
    )


def window_shut_here(given: Return, window: ReportingWindow, now: datetime) -> Problem:
    """That the window is shut by this computer's clock alone: the server has one of its own."""
    is_not = "is not open yet" if window.state_at(now) is WindowState.UPCOMING else "has closed"
    return problem(
        "window-shut-here",
        f"by this computer's clock the window for {given.month.in_words()} {is_not}",
        location_id=given.location_id,
        service=given.service,
    )
