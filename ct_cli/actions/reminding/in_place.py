"""The letters by which the next contact is told that an address refused, each once in a month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import Letter, LetterState
from ct_cli.reminders.contacts import WhyNot
from ct_cli.reminders.deciding import NOBODY, Decision, Reminder

_NOT_TOLD = {LetterState.FAILED, LetterState.SUPERSEDED}


def in_place(
    decision: Decision, existing: Iterable[Letter], fresh: Sequence[Letter], workplace: Workplace
) -> list[Letter]:
    """The new letters of a decision, saying which addresses refused, and one more for each contact who would not hear
    of that by them. `existing` are the month's letters."""
    refused = {it.recipient: set(it.location_ids) for it in decision.not_told if it.why is WhyNot.FAILED}
    if not refused:
        return list(fresh)
    found = {it.recipient: it for it in fresh}
    had: dict[str, list[Letter]] = {}
    for letter in existing:
        had.setdefault(letter.recipient, []).append(letter)
    for reminder in decision.reminders:
        if reminder.instead:
            recipient = reminder.recipient
            letter = found.get(recipient) or _empty(reminder, had.get(recipient, ()), workplace)
            if said := _news(reminder, letter, had.get(recipient, ())):
                found[recipient] = _saying(said, letter, reminder)
    if NOBODY in found:
        about = {owing.location_id for owing in found[NOBODY].about}
        addresses = tuple(address for address, ids in refused.items() if ids & about)
        found[NOBODY] = replace(found[NOBODY], instead_of=addresses)
    return list(found.values())


def _empty(reminder: Reminder, had: Sequence[Letter], workplace: Workplace) -> Letter:
    """A further letter on the same rung, about nothing yet."""
    rung, month = reminder.due.rung.name, reminder.due.month
    part = 1 + max((it.part for it in had if it.rung == rung), default=-1)
    return Letter(month, reminder.recipient, rung, part, (), workplace.now, workplace.rehearsing)


def _news(reminder: Reminder, letter: Letter, had: Sequence[Letter]) -> Mapping[str, set[str]]:
    """The addresses that the person has not been told of, with their locations; and those that a new letter about the
    location is to name all the same, for they are why it goes to this person."""
    heard = {
        (address, owing.location_id)
        for it in had
        if it.state not in _NOT_TOLD
        for address in it.instead_of
        for owing in it.about
    }
    places = {owing.location_id for owing in letter.about}
    return {
        it.address: news
        for it in reminder.instead
        if (news := {at.id for at in it.locations if at.id in places or (it.address, at.id) not in heard})
    }


def _saying(news: Mapping[str, set[str]], letter: Letter, reminder: Reminder) -> Letter:
    about, also = set(letter.about), set().union(*news.values())
    keys = tuple(key for key in reminder.about if key in about or key.location_id in also)
    return replace(letter, about=keys, instead_of=tuple(news))
