"""The ladder: the moments of a window at which people are reminded, each more urgent than the one before it.

Days are counted in England's working days, so that no rung falls on a weekend or a bank holiday. Where runs were
missed, or two rungs fall on one moment (April 2039's window has three working days), only the tightest is due.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from ct_cli.clock import LONDON
from ct_cli.errors import SettingRefused
from ct_cli.settings import Settings
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar, ReportingWindow
from ct_cli.windows.working_days import add_working_days, nth_last_working_day, working_days_of


class Audience(StrEnum):
    """For whom a ladder is."""

    PEOPLE = "people"
    """Users of locations, and their providers' contacts: told of what they themselves owe."""
    COUNCILS = "councils"
    """A council's officers: told how their area stands."""


class Anchor(StrEnum):
    """What a rung is counted from."""

    OPENING = "opening"
    """The first working day of the window."""
    MIDDLE = "middle"
    """The working day in the middle of it."""
    DAYS_LEFT = "working days left"
    """So many working days before its end, today included: 1 is the last day."""
    AFTER_CLOSE = "after close"
    """The first working day after it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung, and when it falls in any window."""

    name: str
    audience: Audience
    anchor: Anchor
    at: time
    """The time of day, by the clock in London."""
    days_left: int = 0
    """With DAYS_LEFT, how many: 1 or more."""

    @property
    def after_close(self) -> bool:
        """Whether it speaks of what was missed, rather than of what can still be done."""
        return self.anchor is Anchor.AFTER_CLOSE

    def moment(self, calendar: Calendar, window: ReportingWindow) -> datetime:
        """When it falls due in a window."""
        return datetime.combine(self._day(calendar, window), self.at, LONDON)

    def _day(self, calendar: Calendar, window: ReportingWindow) -> date:
        days = working_days_of(calendar, window)
        match self.anchor:
            case Anchor.OPENING:
                return days[0]
            case Anchor.MIDDLE:
                return days[len(days) // 2]
            case Anchor.DAYS_LEFT:
                return nth_last_working_day(calendar, window, self.days_left)
            case Anchor.AFTER_CLOSE:
                return add_working_days(calendar, window.closes_on, 1)


DEFAULT: Mapping[Audience, Mapping[str, str]] = {
    Audience.PEOPLE: {
        "opening": "opening 09:00",
        "three-days": "3 working days left 09:00",
        "last-but-one": "2 working days left 09:00",
        "last-day": "last day 09:00",
        "last-afternoon": "last day 14:00",
        "missed": "after close 09:00",
    },
    Audience.COUNCILS: {
        "council-opening": "opening 09:30",
        "council-middle": "middle 09:30",
        "council-last-day": "last day 09:30",
        "council-closed": "after close 09:30",
    },
}
"""Each rung as a user would write it in the settings."""


@dataclass(frozen=True, slots=True)
class DueRung:
    """A rung that is due in a window."""

    rung: Rung
    window: ReportingWindow
    since: datetime

    @property
    def month(self) -> Month:
        """The window's month."""
        return self.window.month


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs for one audience, mildest first where they fall on one moment."""

    audience: Audience
    rungs: tuple[Rung, ...]

    def due(self, calendar: Calendar, now: datetime) -> DueRung | None:
        """The tightest rung that is due; None before the first, or where the ladder is empty.

        A rung is due from its moment to the next one's, the last one to the opening of the next window. What is said
        of an open window is never said once it has closed.
        """
        window = _at_hand(calendar, now)
        found = [(at, rung) for at, rung in self._moments(calendar, window) if at <= now]
        if not found:
            return None
        since, rung = found[-1]
        return None if now >= window.ends_at and not rung.after_close else DueRung(rung, window, since)

    def next_due(self, calendar: Calendar, now: datetime) -> DueRung | None:
        """The next rung to come; None only where the ladder is empty."""
        window = _at_hand(calendar, now)
        for each in (window, calendar.window(window.month + 1)):
            coming = [(at, rung) for at, rung in self._moments(calendar, each) if at > now]
            if coming:
                return DueRung(coming[0][1], each, coming[0][0])
        return None

    def named(self, name: str) -> Rung | None:
        """The rung of a name."""
        return next((rung for rung in self.rungs if rung.name == name), None)

    def _moments(self, calendar: Calendar, window: ReportingWindow) -> list[tuple[datetime, Rung]]:
        moments = [(rung.moment(calendar, window), rung) for rung in self.rungs]
        return sorted(moments, key=lambda each: each[0])  # stable: of two at one moment the later in the ladder wins


def _at_hand(calendar: Calendar, now: datetime) -> ReportingWindow:
    """The window that opened last."""
    window = calendar.window(Month.of(now.astimezone(LONDON).date()))
    return window if now >= window.opens_at else calendar.window(window.month + -1)


def read_ladder(settings: Settings, audience: Audience) -> Ladder:
    """The ladder of the settings: ct's own rungs, changed, added to or turned off. Raises SettingRefused."""
    key = "reminders.ladder" if audience is Audience.PEOPLE else "reminders.council_ladder"
    own = settings.table(key)
    written: dict[str, Any] = {**DEFAULT[audience], **own}
    rungs = [
        _rung(name, audience, said, f"{key}.{name}", str(settings.path))
        for name, said in written.items()
        if str(said).strip().lower() != "off"
    ]
    return Ladder(audience, tuple(sorted(rungs, key=_tightness)))


def _tightness(rung: Rung) -> tuple[int, int, time]:
    order = (Anchor.OPENING, Anchor.MIDDLE, Anchor.DAYS_LEFT, Anchor.AFTER_CLOSE)
    return order.index(rung.anchor), -rung.days_left, rung.at


_RUNG = re.compile(
    r"(?:(opening|middle|after close|last day)|([1-9]) working days? left) ([01][0-9]|2[0-3]):([0-5][0-9])"
)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def _rung(name: str, audience: Audience, said: object, key: str, origin: str) -> Rung:
    found = _RUNG.fullmatch(" ".join(str(said).lower().split()))
    if not _NAME.fullmatch(name):
        raise SettingRefused(key=key, given=name, origin=origin, reason="a rung's name is letters a-z, digits and -")
    if found is None:
        reason = (
            'write "opening 09:00", "middle 09:00", "3 working days left 09:00", "last day 14:00", "after close 09:00"'
            ' or "off"'
        )
        raise SettingRefused(key=key, given=said, origin=origin, reason=reason)
    where, days, hour, minute = found.groups()
    at = time(int(hour), int(minute))
    if days or where == "last day":
        return Rung(name, audience, Anchor.DAYS_LEFT, at, int(days or 1))
    return Rung(name, audience, Anchor(where), at)


def rung_names(ladders: Sequence[Ladder]) -> list[str]:
    """The names of all rungs, in the order of their ladders."""
    return [rung.name for ladder in ladders for rung in ladder.rungs]
