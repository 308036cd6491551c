"""What an action works with: the settings, the present, the calendar, the collections, the store.

Each part is made when it is first asked for, so that `ct window` opens no store.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ct_cli import clock
from ct_cli.errors import CtError, StoreDamaged, StoreUnusable
from ct_cli.settings import Settings
from ct_cli.windows.bank_holidays import EnglishBankHolidays, read_proclaimed
from ct_cli.windows.window import Calendar

if TYPE_CHECKING:  # `ct window` needs no store and no collections, and loads none
    from collections.abc import Callable
    from datetime import timedelta

    from ct_cli.backends.contract import Backend
    from ct_cli.backends.sending import Sending
    from ct_cli.returns.catalogue import Catalogue
    from ct_cli.stores.server_clock import ServerClock


_NAMED = 3
"""Damaged rows that are named; `ct verify` names those of the ledger all."""


@dataclass(frozen=True)
class Workplace:
    """One run's surroundings. The present is read once, so that one run has one answer."""

    settings: Settings
    moment: datetime | None = None
    """Stands in for the present while the demo makes its past; None for the clock's own."""
    when_sent: "Callable[[Sending], None] | None" = None
    """Told what came of sending the returns that waited here for a server, before anything else is asked of it."""
    when_apart: "Callable[[timedelta], None] | None" = None
    """Told where the server's clock is more than a minute from this computer's: by how much it is ahead."""

    @cached_property
    def now(self) -> datetime:
        """The present in Europe/London; once `heed_servers_clock` was called, by the server's clock."""
        return self.moment or ("server_clock" in self.__dict__ and self.server_clock.now()) or clock.now()

    @cached_property
    def server_clock(self) -> "ServerClock":
        """The clock of the server that the settings name, as far as it was heard of."""
        from ct_cli.stores.server_clock import ServerClock

        return ServerClock(self.when_apart)

    def heed_servers_clock(self) -> None:
        """Where the register is on a server, ask what its clock says before `now` is read: that decides what is
        missed."""
        if self.settings.text("backend") != "http" or clock.rehearsing():
            return
        from ct_cli.backends.http_api import HttpBackend

        with contextlib.suppress(CtError):  # whatever it is, it is met again by what is asked next
            if isinstance(self.backend, HttpBackend):
                self.backend.ask_clock()

    @property
    def server_decides(self) -> bool:
        """Whether it is for a server to say whether a window is open."""
        return self.settings.text("backend") == "http"

    @property
    def present(self) -> datetime:
        """The present, read anew: a person may have taken an hour to answer the questions since `now` was read."""
        return self.moment or clock.now()

    @cached_property
    def calendar(self) -> Calendar:
        """Windows and working days by England's bank holidays and the user's own additions."""
        return Calendar(EnglishBankHolidays(self.settings.cache_folder, read_proclaimed(self.settings)))

    @cached_property
    def catalogue(self) -> "Catalogue":
        """What is asked, by service and month: ct's own collections and those of the user's folder."""
        from ct_cli.returns.catalogue import Catalogue

        return Catalogue.load(self.settings.file("collections"))

    def lending(self, backend: "Backend") -> "Workplace":
        """A workplace for one request of a server: the same settings, calendar and collections, a store that is lent
        to it, and its own present."""
        other = Workplace(self.settings)
        other.__dict__.update(calendar=self.calendar, catalogue=self.catalogue, backend=backend)
        return other

    @property
    def rehearsing(self) -> bool:
        """Whether CT_NOW stands in for the present."""
        return clock.rehearsing()

    @cached_property
    def recorded_by(self) -> str:
        """Who records returns here: the setting, or else the login name; empty where the system has none."""
        given = self.settings.text("recorded_by")
        if given:
            return given
        import getpass

        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):  # A container's user may have no name; Windows may lack the module.
            return ""

    @cached_property
    def backend(self) -> "Backend":
        """The store, opened when it is first asked for. Raises StoreUnusable."""
        from ct_cli.backends.registry import open_backend, send_what_waits

        server_clock = self.server_clock if self.server_decides else None
        backend = open_backend(self.settings, rehearsing=clock.rehearsing(), server_clock=server_clock)
        sending = send_what_waits(backend, self.settings)
        if sending is not None and self.when_sent is not None:
            self.when_sent(sending)
        return backend

    @cached_property
    def taking_in(self) -> "Workplace":
        """The same for taking returns in: where the store is on a server that cannot be reached, they wait here."""
        from ct_cli.backends.registry import for_taking_in

        store = for_taking_in(self.settings, self.backend)
        if store is self.backend:
            return self
        other = Workplace(self.settings, self.moment)
        other.__dict__.update({**self.__dict__, "backend": store})
        return other

    @property
    def store_is_open(self) -> bool:
        """Whether anything was asked of the store yet."""
        return "backend" in self.__dict__

    def damage(self) -> CtError | None:
        """What is damaged in the store, so that a value that ct never wrote came out of it; None where all is whole."""
        from itertools import islice

        from ct_cli.stores.damaged_rows import REMEDY

        try:
            found = list(islice(self.backend.unreadable(), _NAMED + 1))
        except StoreUnusable as error:
            return error
        if not found:
            return None
        reason = "; ".join(found[:_NAMED]) + ("; and more" if len(found) > _NAMED else "")
        embedded = self.settings.text("backend") == "sqlite"
        place = str(self.settings.store_path) if embedded else "in the database"
        return StoreDamaged(path=place, reason=reason, remedy=REMEDY)

    def close(self) -> None:
        """Let go of the store, if it was opened."""
        if "taking_in" in self.__dict__ and self.taking_in is not self:
            self.taking_in.backend.close()
        if "backend" in self.__dict__:
            self.backend.close()
