"""Quiet hours: when nobody is sent anything, and until when."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ct_cli.clock import LONDON
from ct_cli.errors import SettingRefused
from ct_cli.settings import Settings
from ct_cli.windows.window import Calendar
from ct_cli.windows.working_days import is_working_day


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day (included) to another (not included), by the clock in London; over midnight where the first
    is the later. The same time twice is no quiet hours."""

    begins: time
    ends: time
    working_days_only: bool

    def ends_at(self, calendar: Calendar, now: datetime) -> datetime | None:
        """When the quiet in which `now` falls is over; None where it is not quiet."""
        here = now.astimezone(LONDON)
        if not self._quiet(calendar, here):
            return None
        # By the calendar and the wall clock, so that summer time makes no difference: the next moment that is loud.
        day = here.date()
        while True:
            for at in sorted({self.ends, time()}):
                moment = datetime.combine(day, at, LONDON)
                if moment > here and not self._quiet(calendar, moment):
                    return moment
            day += timedelta(days=1)

    def _quiet(self, calendar: Calendar, here: datetime) -> bool:
        if self.working_days_only and not is_working_day(calendar, here.date()):
            return True
        at = here.time()
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\s*(?:-|–|to)\s*([01][0-9]|2[0-3]):([0-5][0-9])")


def read_quiet_hours(settings: Settings) -> QuietHours:
    """The quiet hours of the settings. Raises SettingRefused."""
    said = (settings.text("reminders.quiet") or "off").strip().lower()
    only_working = settings.yes("reminders.working_days_only")
    if said == "off":
        return QuietHours(time(), time(), only_working)
    found = _HOURS.fullmatch(said)
    if found is None or found[1] + found[2] == found[3] + found[4]:
        origin = settings.value("reminders.quiet").place
        raise SettingRefused(key="reminders.quiet", given=said, origin=origin, reason='write "19:00-07:30", or "off"')
    hours = [int(part) for part in found.groups()]
    return QuietHours(time(hours[0], hours[1]), time(hours[2], hours[3]), only_working)
