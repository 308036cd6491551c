"""What an action works with: the settings, the present, the calendar, the collections, the store.

Each part is made when it is first asked for, so that `ct window` opens no store.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ct_cli import clock
from ct_cli.settings import Settings
from ct_cli.windows.bank_holidays import EnglishBankHolidays, read_proclaimed
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
        return Calendar(EnglishBankHolidays(self.settings.cache_folder, read_proclaimed(self.settings)))
