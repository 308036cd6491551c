"""Who to call, for what, and when they answer: ct's own contacts, and those that the user adds in the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from ct_cli.clock import LONDON
from ct_cli.errors import SettingRefused
from ct_cli.settings import Settings
from ct_cli.windows.window import Calendar

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class PublicHolidays(StrEnum):
    """What a contact says of public holidays in England."""

    CLOSED = "closed"
    OPEN = "open"
    NOT_SAID = "not-said"


@dataclass(frozen=True, slots=True)
class Hours:
    """When a telephone is answered, by the clock in London."""

    days: tuple[str, ...]
    """The days of the week, in order, as in `WEEKDAYS`."""
    opens: time
    closes: time
    """The first moment at which nobody answers any more; after `opens`, on the same day."""
    public_holidays: PublicHolidays

    def open_at(self, calendar: Calendar, moment: datetime) -> bool | None:
        """Whether they answer at a moment; None where that turns on a public holiday they say nothing of."""
        here = moment.astimezone(LONDON)
        if not (WEEKDAYS[here.weekday()] in self.days and self.opens <= here.time() < self.closes):
            return False
        if calendar.bank_holidays.name_of(here.date()) is None:
            return True
        return {PublicHolidays.CLOSED: False, PublicHolidays.OPEN: True}.get(self.public_holidays)

    def next_opening(self, calendar: Calendar, moment: datetime) -> datetime:
        """The next moment after this one at which they surely begin to answer."""
        day = moment.astimezone(LONDON).date()
        while True:
            opening = datetime.combine(day, self.opens, LONDON)
            if opening > moment and self.open_at(calendar, opening):
                return opening
            day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call or write to."""

    key: str
    name: str
    purpose: str
    phone: str = ""
    email: str = ""
    note: str = ""
    hours: Hours | None = None
    """None where they are not known."""
    own: bool = False
    """Whether the user added it."""


@dataclass(frozen=True, slots=True)
class Training:
    """Training that the user noted."""

    on: date
    about: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page worth keeping at hand."""

    name: str
    address: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class SupportBook:
    """All there is to turn to, ct's own first."""

    contacts: tuple[Contact, ...]
    training: tuple[Training, ...]
    """By date, past ones too."""
    links: tuple[Link, ...]


def read_support_book(settings: Settings) -> SupportBook:
    """ct's own contacts and links with the user's. Raises SettingRefused for an entry that is not sound."""
    import tomllib
    from importlib.resources import files

    own = tomllib.loads(files("ct_cli.register").joinpath("support.toml").read_text(encoding="utf-8"))
    contacts = [_contact(key, entry, "ct's own", own=False) for key, entry in own["contacts"].items()]
    links = [Link(name, address) for name, address in own["links"].items()]
    place = str(settings.path)
    contacts += [_contact(key, entry, place, own=True) for key, entry in settings.table("support.contacts").items()]
    links += [_link(name, address, place) for name, address in settings.table("support.links").items()]
    training = [_training(on, about, place) for on, about in settings.table("support.training").items()]
    return SupportBook(tuple(contacts), tuple(sorted(training, key=lambda each: each.on)), tuple(links))


_TEXTS = ("name", "for", "phone", "email", "note", "days", "opens", "closes", "public_holidays")


def _contact(key: str, entry: object, origin: str, *, own: bool) -> Contact:
    setting = f"support.contacts.{key}"
    if isinstance(entry, str) and entry.strip():  # One line of the user's own: shown as it is.
        return Contact(key, key.replace("-", " ").replace("_", " ").capitalize(), "", note=_tidy(entry), own=own)
    if not isinstance(entry, dict):
        raise _refused(setting, entry, origin, "write one line of text, or a table with name, for, phone, email")
    for name, value in entry.items():
        if name not in _TEXTS:
            raise _refused(f"{setting}.{name}", value, origin, "a contact has " + ", ".join(_TEXTS))
        if not isinstance(value, str):
            raise _refused(f"{setting}.{name}", value, origin, "it is text: put it in quotes")
    told = {name: _tidy(value) for name, value in entry.items()}
    if not told.get("name"):
        raise _refused(f"{setting}.name", told.get("name", ""), origin, "every contact has a name")
    if not (told.get("phone") or told.get("email") or told.get("note")):
        raise _refused(setting, told["name"], origin, "give a phone, an email or a note: how is one to reach them")
    if told.get("email") and "@" not in told["email"]:
        raise _refused(f"{setting}.email", told["email"], origin, "an email address has an @")
    purpose, phone, email, note = (told.get(name, "") for name in ("for", "phone", "email", "note"))
    return Contact(key, told["name"], purpose, phone, email, note, _hours(setting, told, origin), own)


def _hours(setting: str, told: Mapping[str, str], origin: str) -> Hours | None:
    if not any(told.get(name) for name in ("days", "opens", "closes", "public_holidays")):
        return None
    opens, closes = (_time(f"{setting}.{name}", told.get(name, ""), origin) for name in ("opens", "closes"))
    if closes <= opens:
        raise _refused(f"{setting}.closes", told["closes"], origin, "it comes later on the same day than opens")
    first, _, last = told.get("days", "Mon-Fri").partition("-")
    ends = [day.strip().capitalize()[:3] for day in (first, last or first)]
    days = WEEKDAYS[WEEKDAYS.index(ends[0]) : WEEKDAYS.index(ends[1]) + 1] if set(ends) <= set(WEEKDAYS) else ()
    if not days:
        raise _refused(f"{setting}.days", told.get("days"), origin, "write the first and last day, as in Mon-Fri")
    holidays = told.get("public_holidays") or PublicHolidays.NOT_SAID
    if holidays not in set(PublicHolidays):
        raise _refused(f"{setting}.public_holidays", holidays, origin, "it is one of " + ", ".join(PublicHolidays))
    return Hours(days, opens, closes, PublicHolidays(holidays))


def _time(setting: str, given: str, origin: str) -> time:
    hour, colon, minute = given.partition(":")
    digits = given.isascii() and colon and hour.isdigit() and minute.isdigit() and len(hour) <= 2 and len(minute) == 2
    if digits and int(hour) < 24 and int(minute) < 60:
        return time(int(hour), int(minute))
    raise _refused(setting, given, origin, "write both opens and closes by the 24-hour clock, as in 08:30")


def _training(on: str, about: object, origin: str) -> Training:
    setting = f"support.training.{on}"
    try:
        day = date.fromisoformat(on)
    except ValueError:
        day = None
    if day is None or day.isoformat() != on:
        reason = 'write the date as 2026-12-03, then what it is: "2026-12-03" = "Webinar for new users"'
        raise _refused(setting, on, origin, reason)
    if not isinstance(about, str) or not about.strip():
        raise _refused(setting, about, origin, "say what it is, as text in quotes")
    return Training(day, _tidy(about))


def _link(name: str, address: object, origin: str) -> Link:
    if not isinstance(address, str) or not address.startswith(("https://", "http://")) or " " in address.strip():
        raise _refused(f"support.links.{name}", address, origin, "write the page's whole address, from https:// on")
    return Link(name, address.strip(), own=True)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _refused(key: str, given: Any, origin: str, reason: str) -> SettingRefused:
    return SettingRefused(key=key, given=given, origin=origin, reason=reason)
