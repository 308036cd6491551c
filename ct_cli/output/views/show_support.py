"""`ct support` as a page."""

from collections.abc import Iterator
from datetime import date, datetime, time

from ct_cli.actions.show_support import ContactShown, SupportShown
from ct_cli.clock import local
from ct_cli.output.as_text import day, moment_in_words, time_of_day
from ct_cli.output.blocks import Block, Line, Text, Tone, line
from ct_cli.register.support import Hours, PublicHolidays

_ABROAD = (
    "Capacity Tracker cannot be reached from outside the UK: somebody in the UK must save the return, so do not "
    "leave it for a journey."
)
_HOLIDAYS = {
    PublicHolidays.CLOSED: ", not on public holidays",
    PublicHolidays.OPEN: ", public holidays too",
    PublicHolidays.NOT_SAID: "",
}


def view(answer: SupportShown) -> Iterator[Block]:
    """Each contact in a few lines, then training, links and what else helps."""
    for contact in answer.contacts:
        yield from _contact(contact)
        yield Line()
    if answer.training:
        yield line(Text("Training", Tone.STRONG))
        for training in answer.training:
            yield line(f"{day(training.on)}: {training.about}", indent=2)
        yield Line()
    yield line(Text("Links", Tone.STRONG))
    for link in answer.links:
        yield line(f"{link.name}: {link.address}", indent=2)
    yield Line()
    yield line(_ABROAD)
    if not any(contact.own for contact in answer.contacts):
        yield line(
            Text(
                "Add your own, such as a regional lead or a Local System Champion: "
                'ct config set support.contacts.regional-lead "Office, 01632 960123"',
                Tone.QUIET,
            )
        )


def _contact(contact: ContactShown) -> Iterator[Block]:
    yield line(Text(contact.name, Tone.STRONG), *_now(contact))
    if contact.purpose:
        yield line(f"For {contact.purpose}", indent=2)
    reached = "   ".join(filter(None, (contact.phone, contact.email)))
    if reached:
        yield line(reached, indent=2)
    if contact.hours:
        yield line(f"Answers {_hours(contact.hours)}", indent=2)
    if contact.note:
        yield line(contact.note, indent=2)


def _now(contact: ContactShown) -> tuple[str | Text, ...]:
    if contact.hours is None:
        return ()
    today = f" (today is {contact.public_holiday})" if contact.public_holiday else ""
    if contact.open_now and contact.closes_at:
        return ": ", Text(f"open now, until {_clock(contact.closes_at)}", Tone.GOOD)
    opens = f"opens {_when(contact.next_opening)}" if contact.next_opening else ""
    if contact.open_now is None:
        words = f"perhaps closed{today}: they do not say whether they answer on public holidays; surely {opens}"
        return ": ", Text(words, Tone.WARNING)
    return ": ", Text(f"closed now{today}, {opens}", Tone.QUIET)


def _hours(hours: Hours) -> str:
    first, last = hours.days[0], hours.days[-1]
    days = first if first == last else f"{first} to {last}"
    return f"{days}, {_time(hours.opens)} to {_time(hours.closes)}{_HOLIDAYS[hours.public_holidays]}"


def _time(moment: time) -> str:
    return time_of_day(datetime.combine(date.min, moment))


def _when(moment: datetime) -> str:
    elsewhere = "" if local(moment).utcoffset() == moment.utcoffset() else ", by London's clock"
    return moment_in_words(moment) + elsewhere


def _clock(moment: datetime) -> str:
    elsewhere = "" if local(moment).utcoffset() == moment.utcoffset() else " by London's clock"
    return time_of_day(moment) + elsewhere
