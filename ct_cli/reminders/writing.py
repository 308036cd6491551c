"""Writes what one person is told, in the templates' words: plain text and HTML, with the close as a calendar file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from ct_cli.backends.outbox import Letter, Owing
from ct_cli.clock import LONDON
from ct_cli.compliance.risk import RiskLevel
from ct_cli.register.support import Contact
from ct_cli.reminders.deciding import Area, Owed, Reminder, Unreached
from ct_cli.reminders.ladder import DueRung
from ct_cli.reminders.message import Attachment, Message, reference_of
from ct_cli.reminders.templates import Templates, subject_and_body
from ct_cli.reminders.words import (
    NAMED,
    and_list,
    count,
    days_left_in_words,
    moment_in_words,
    moved_in_words,
    risk_if_missed_in_words,
    risk_now_in_words,
)
from ct_cli.windows.month import Month
from ct_cli.windows.window import Calendar, ReportingWindow
from ct_cli.windows.working_days import is_working_day, working_days_left

WRITTEN_OUT = 25
"""So many returns are told of with what to run; the rest of a long list only by name. (Mail programs cut off a page of
some 100 kB.)"""
LISTED = 200
"""So many of a council's outstanding returns are named."""
FEW = 5
"""Above so many, a way to make many returns at once is told of."""

_TITLES = {
    RiskLevel.NOTICE: "MOST URGENT: the level for a notice of intent",
    RiskLevel.AT_RISK: "AT RISK",
    RiskLevel.NONE: "ALSO TO BE MADE",
}
_TITLES_MISSED = {**_TITLES, RiskLevel.NOTICE: "AT THE LEVEL FOR A NOTICE OF INTENT", RiskLevel.NONE: "OTHERS"}
_SPECIAL = re.compile("[&<>]")
"""What means something else in HTML. Most values have none of it, and to look at all at once is five times as fast."""
_WHY = (
    "You are told because you are noted as updating Capacity Tracker for these locations, or as their provider's"
    " contact. This is a reminder by ct, which is not part of DHSC, NECS, CQC or NHSBSA."
)
_BULK = "Many at once: ct template --out owed.csv, fill it in, then ct submit --file owed.csv"
ALERT = "A contact could not be reached."
_WHY_COUNCIL = (
    "You are told because you are noted as an officer for this area. This is a digest by ct, which is not part of"
    " DHSC, NECS, CQC or NHSBSA."
)


@dataclass
class Writer:
    """Writes the messages of one run."""

    templates: Templates
    calendar: Calendar
    now: datetime
    contacts: Sequence[Contact]
    """Who can be called."""
    stop: str = ""
    """How to get no more of these: a sentence."""
    rehearsal: bool = False
    _items: dict[Owing, dict[str, str]] = field(default_factory=dict, init=False)
    _said: dict[tuple[str, bool], tuple[dict[str, str], dict[str, str]]] = field(default_factory=dict, init=False)
    _ics: dict[Month, Attachment] = field(default_factory=dict, init=False)

    def write(self, reminder: Reminder, letter: Letter) -> Message:
        """The message of a reminder; its reference goes by the letter."""
        kind = "digest" if reminder.areas else "missed" if reminder.due.rung.after_close else "reminder"
        self._items.clear()  # What is said of each return is the same in both forms.
        own, (common, common_rich) = self._own(reminder), self._common(reminder)
        plain = common | own | self._lists(reminder, "txt")
        subject, text = subject_and_body(self.templates.fill(f"{kind}.txt", plain))
        rich = {**common_rich, **_for(own, "html"), **self._lists(reminder, "html")}
        if reminder.instead:
            rich["refused"] = rich["refused"].replace("\n\n", "<br><br>")
        html = self.templates.fill(f"{kind}.html", rich)
        attached = None if reminder.due.rung.after_close else self._calendar_file(reminder.due.window)
        return Message(reminder.recipient, reminder.name, subject, text, html, reference_of(letter), attached)

    def _own(self, reminder: Reminder) -> dict[str, str]:
        """What is said to one person alone."""
        owed = reminder.owed
        values = {
            "greeting": f"Hello {reminder.name}," if reminder.name else "Hello,",
            "returns": count(len(owed), "return"),
            "places": _places(owed),
        }
        if reminder.areas:
            return values | {"state": _state(reminder.areas)}
        told = {"alert": ALERT if reminder.instead else "", "refused": "\n\n".join(map(_refused, reminder.instead))}
        return values | told | {"bulk": _BULK if len(owed) > FEW else ""}

    def _common(self, reminder: Reminder) -> tuple[dict[str, str], dict[str, str]]:
        """What is said to everybody on a rung, as it is and for HTML."""
        key = (reminder.due.rung.name, bool(reminder.areas))
        if key not in self._said:
            plain = self._to_everybody(reminder.due, digest=bool(reminder.areas))
            rich = dict(_for(plain, "html"))
            rich["call"] = "<br>".join(rich["call"].splitlines())
            self._said[key] = (plain, rich)
        return self._said[key]

    def _to_everybody(self, due: DueRung, *, digest: bool) -> dict[str, str]:
        today, last = self.now.astimezone(LONDON).date(), due.window.closes_on
        left = 0 if due.rung.after_close else working_days_left(self.calendar, due.window, self.now)
        values = {
            "month": due.month.in_words(),
            "close": moment_in_words(due.window.closes_at),
            "left": days_left_in_words(left, today, last, counted=is_working_day(self.calendar, today)) if left else "",
            "moved": moved_in_words(due.window) if left else "",
            "call": "\n".join(map(_contact_in_words, self.contacts)),
            "why": _WHY_COUNCIL if digest else _WHY,
            "stop": self.stop,
            "rehearsal": "[Rehearsal: nothing here is real]" if self.rehearsal else "",
        }
        if digest:
            return values | {"closes": "closes" if left else "closed"}
        if due.rung.after_close:
            after = self.calendar.window(due.month + 1)
            words = f"The next window opens on {after.opens_at:%A} {after.opens_at.day} {after.opens_at:%B %Y}."
            return values | {"next": words}
        return values | {"urgency": "Last day:" if today == last else ""}

    def _lists(self, reminder: Reminder, ending: str) -> dict[str, str]:
        if reminder.areas:
            return {"areas": "".join(self._area(area, reminder, ending) for area in reminder.areas)}
        return {"items": self._groups(reminder, ending)}

    def _groups(self, reminder: Reminder, ending: str) -> str:
        """The returns by urgency; under no title where all are of one."""
        item = "missed-item" if reminder.due.rung.after_close else "item"
        groups: dict[RiskLevel, list[str]] = {}
        for number, owed in enumerate(reminder.owed):
            name = item if number < WRITTEN_OUT else "digest-item"
            groups.setdefault(owed.level, []).append(self._item(name, owed, reminder, ending))
        titles = _TITLES_MISSED if reminder.due.rung.after_close else _TITLES
        alone = len(groups) == 1 and RiskLevel.NONE in groups
        return "".join(
            self.templates.fill(f"group.{ending}", {"title": "" if alone else titles[level], "items": "".join(items)})
            for level, items in groups.items()
        )

    def _item(self, name: str, owed: Owed, reminder: Reminder, ending: str) -> str:
        key = owed.key
        if key not in self._items:
            self._items[key] = _item_values(owed, reminder.due)
        values = _for(self._items[key], ending)
        if ending == "html" and name == "item":
            values = {**values, **{way: _unbroken(values[way]) for way in ("submit", "unchanged", "nil")}}
        return self.templates.fill(f"{name}.{ending}", values)

    def _area(self, area: Area, reminder: Reminder, ending: str) -> str:
        shown = area.outstanding[:LISTED]
        more = len(area.outstanding) - len(shown)
        whole = f'ct status --local-authority "{area.council}" --month {reminder.due.month} --outstanding'
        values = {
            "council": area.council,
            "owed": f"{area.owed:,}",
            "made": f"{area.made:,}",
            "outstanding": f"{len(area.outstanding):,}",
            "rate": f"{area.made / area.owed:.1%}" if area.owed else "none owed",
            "few_users": _few_users(area.few_users),
            "more": f"And {more:,} more: {whole}" if more else "",
        }
        items = "".join(self._item("digest-item", owed, reminder, ending) for owed in shown)
        return self.templates.fill(f"area.{ending}", {**_for(values, ending), "items": items})

    def _calendar_file(self, window: ReportingWindow) -> Attachment:
        if window.month not in self._ics:
            from ct_cli.windows.ics import as_ics

            content = as_ics(self.calendar, [window], self.now)
            self._ics[window.month] = Attachment(f"capacity-tracker-{window.month}.ics", content)
        return self._ics[window.month]


def _for(values: Mapping[str, str], ending: str) -> Mapping[str, str]:
    if ending == "txt" or not _SPECIAL.search("".join(values.values())):
        return values
    return {name: escape(value, quote=False) for name, value in values.items()}


def _unbroken(command: str) -> str:
    """A command for HTML, which a narrow page breaks only before an option: not at the hyphens, of which it is full."""
    return f"<span>{command.replace(' --', '</span> <span>--')}</span>"


def _places(owed: Iterable[Owed]) -> str:
    names = list({it.location.id: it.location.name for it in owed}.values())
    return and_list(names) if len(names) <= 3 else f"{len(names):,} locations"


def _state(areas: Sequence[Area]) -> str:
    owed, made = sum(area.owed for area in areas), sum(area.made for area in areas)
    if made == owed:
        return f"all {owed:,} returns made"
    return f"{made:,} of {owed:,} returns made, {owed - made:,} outstanding"


def _refused(it: Unreached) -> str:
    """Who could not be told of what, and what to do: a paragraph."""
    ids = [location.id for location in it.locations]
    names = and_list([f"{location.name} ({location.id})" for location in it.locations[:NAMED]])
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    told = (
        f"{it.address} could not be told about {names}{more}: a message to that address cannot be delivered. You are"
        " told as the next contact."
    )
    if not it.is_user:
        return f"{told} It is noted as a provider's contact, and is put right in ct's settings (reminders.providers)."
    return (
        f"{told} The address is to be put right, in Capacity Tracker too: ct users remove {it.address}, then"
        f" ct users add {ids[0]} --email …"
    )


def _few_users(number: int) -> str:
    if not number:
        return ""
    have = count(number, "location with something outstanding has", "locations with something outstanding have")
    return f"{have} fewer than two people registered; two or more are recommended."


def _contact_in_words(contact: Contact) -> str:
    ways = ", ".join(filter(None, (contact.name, contact.phone, contact.email)))
    hours = contact.hours
    if hours is None:
        return f"{ways}: {contact.purpose}"
    days = f"{hours.days[0]} to {hours.days[-1]}" if len(hours.days) > 1 else hours.days[0]
    return f"{ways} ({days} {hours.opens:%H:%M} to {hours.closes:%H:%M}): {contact.purpose}"


def _item_values(owed: Owed, due: DueRung) -> dict[str, str]:
    location, service = owed.location, owed.key.service
    which = f"{location.id} --service {service.value}"
    return {
        "name": location.name,
        "location": location.id,
        "service": service.in_words,
        "risk": risk_now_in_words(owed) if due.rung.after_close else risk_if_missed_in_words(owed, due.month),
        "submit": f"ct submit {which}",
        "unchanged": f"ct submit {which} --unchanged",
        "nil": f"ct nil-return {which} --reason no-service-users",
        "local_authority": location.local_authority,
        "provider": location.provider or "provider not known",
    }
