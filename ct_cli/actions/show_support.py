"""Who to call, for what, and whether they answer now."""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.register.support import Contact, Hours, Link, PublicHolidays, Training, read_support_book
from ct_cli.windows.window import Calendar


@dataclass(frozen=True)
class ContactShown:
    """One contact as it stands at the moment of asking."""

    key: str
    name: str
    purpose: str
    phone: str
    email: str
    note: str
    hours: Hours | None
    open_now: bool | None
    """None where their hours are not known, or where today is a public holiday they say nothing of."""
    public_holiday: str | None
    """The public holiday it is today in England, where that bears on whether they answer."""
    next_opening: datetime | None
    """When they next begin to answer, unless they answer now."""
    closes_at: datetime | None
    """When they stop answering today, where they answer now."""
    own: bool


@dataclass(frozen=True)
class SupportShown(Answer):
    """Everybody and everything to turn to."""

    now: datetime
    contacts: tuple[ContactShown, ...]
    training: tuple[Training, ...]
    """What is still to come, today included."""
    links: tuple[Link, ...]


def show_support(workplace: Workplace) -> SupportShown:
    """The contacts with whether they answer now, training to come, and links. Raises SettingRefused."""
    book = read_support_book(workplace.settings)
    now = workplace.now
    contacts = tuple(_shown(workplace.calendar, contact, now) for contact in book.contacts)
    training = tuple(each for each in book.training if each.on >= now.date())
    return SupportShown(now, contacts, training, book.links)


def _shown(calendar: Calendar, contact: Contact, now: datetime) -> ContactShown:
    hours = contact.hours
    open_now = hours.open_at(calendar, now) if hours else None
    holiday = None
    if hours and hours.public_holidays is not PublicHolidays.OPEN:
        holiday = calendar.bank_holidays.name_of(now.date())
    return ContactShown(
        contact.key,
        contact.name,
        contact.purpose,
        contact.phone,
        contact.email,
        contact.note,
        hours,
        open_now,
        holiday,
        hours.next_opening(calendar, now) if hours and not open_now else None,
        datetime.combine(now.date(), hours.closes, now.tzinfo) if hours and open_now else None,
        contact.own,
    )
