"""As much of the last returns as the rules look at."""

from datetime import datetime
from typing import NamedTuple

from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Figures
from ct_cli.returns.the_return import ReturnKind, Values
from ct_cli.returns.values_text import values_of
from ct_cli.windows.month import Month


class LastReturn(NamedTuple):
    """As much of an entry as the rules look at."""

    month: Month
    kind: ReturnKind
    content: str
    rehearsal: bool

    @property
    def values(self) -> Values:
        """The values, read from `content` each time. Raises FiguresUnreadable."""
        return values_of(self.content, lambda: f"a return for {self.month}")


class LastFigures(NamedTuple):
    """As much of a monthly return as the rules look at from the next one, where that has values in it."""

    month: Month
    figures: Figures
    staff_since: Month | None
    """The first month of the unbroken run of returns with its total of staff; None where that has to be looked for."""
    rehearsal: bool


class Recent(NamedTuple):
    """The last return of a chain, with what is needed to judge its figures."""

    location_id: str
    service: Service
    received_at: datetime
    """Of the last; aware, in UTC."""
    confirmed: tuple[str, ...]
    """The queries that were confirmed with a note in the last."""
    last: LastReturn
    before: LastReturn | None
    """The last of an earlier month; None where there is none."""
    staff_since: Month
    """The first month of the unbroken run of returns, up to the last, that give its total of staff (`staff_total`), or
    alike give none."""
