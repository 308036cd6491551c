"""What an action works with: the settings, the present, the calendar, the collections, the store.

Each part is made when it is first asked for, so that `ct window` opens no store.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from ct_cli import clock
from ct_cli.errors import SettingRefused
from ct_cli.settings import Settings
from ct_cli.windows.bank_holidays import EnglishBankHolidays
from ct_cli.windows.window import Calendar


@dataclass(frozen=True)
class Workplace:
    """One run's surroundings. The present is read once, so that one run has one answer."""

    settings: Settings

    @cached_property
    def now(self) -> datetime:
        """The present in Europe/London."""
        return clock.now()

    @cached_property
    def calendar(self) -> Calendar:
        """Windows and working days by England's bank holidays and the user's own additions."""
        return Calendar(EnglishBankHolidays(self.settings.cache_folder, _proclaimed(self.settings)))


def _proclaimed(settings: Settings) -> Mapping[date, str]:
    days: dict[date, str] = {}
    for written, name in settings.table("bank_holidays").items():
        try:
            days[date.fromisoformat(written)] = str(name)
        except ValueError:
            reason = 'write the date as 2022-09-19, then its name: "2022-09-19" = "State Funeral"'
            raise SettingRefused(key="bank_holidays", given=written, origin=str(settings.path), reason=reason) from None
    return days
