"""Who would get which reminder and why, and who would not and why not; nothing is sent or written."""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.collecting import without_collecting
from ct_cli.actions.reminding.plan import Arrangements, Due, narrowed, new_letters, next_rung, what_is_due
from ct_cli.actions.send_reminders import RungShown
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import Letter, LetterState
from ct_cli.backends.registry import has_own_outbox, open_outbox
from ct_cli.compliance.risk import RiskLevel
from ct_cli.reminders.contacts import WhyNot
from ct_cli.reminders.deciding import NOBODY, Decision, Reminder
from ct_cli.reminders.sending import by_recipient


@dataclass(frozen=True, slots=True)
class Planned:
    """One reminder that would go out."""

    recipient: str
    name: str
    rung: str
    returns: int
    location_ids: tuple[str, ...]
    risk: RiskLevel
    """The nearest that a penalty comes by any of its returns."""
    digest: bool
    """Whether it is a council's."""
    tried: int
    """How often it was tried before."""
    instead_of: tuple[str, ...]
    """Addresses that refused for good, in whose place the person is told."""


@dataclass(frozen=True, slots=True)
class Spared:
    """Somebody who would not be told."""

    recipient: str
    rung: str
    why: WhyNot
    location_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that stands in the outbox and would not go out now."""

    recipient: str
    rung: str
    state: LetterState
    reason: str
    not_before: datetime | None


@dataclass(frozen=True)
class RemindersPlanned(Answer):
    """What a run would do now."""

    now: datetime
    rehearsal: bool
    quiet_until: datetime | None
    due: tuple[RungShown, ...]
    next: RungShown | None
    outstanding: int
    """Returns that are owed and not made, or were missed."""
    would_send: tuple[Planned, ...]
    already_told: int
    """People who were told on this rung."""
    waiting: tuple[Waiting, ...]
    not_told: tuple[Spared, ...]
    nobody: tuple[str, ...]
    """Locations with nobody to tell."""
    of_this_computer: bool
    """Whether only what this computer sent is known: through a server's API each keeps its own log."""


def plan_reminders(workplace: Workplace) -> RemindersPlanned:
    """What a run would do now. Raises SettingRefused."""
    with without_collecting():
        return _plan(workplace)


def _plan(workplace: Workplace) -> RemindersPlanned:
    arrangements = Arrangements.of(workplace)
    due = what_is_due(workplace, arrangements)
    outbox = open_outbox(workplace.settings, workplace.backend)
    month = due.month
    letters = [] if month is None else outbox.letters(month=month)
    rehearsing = workplace.rehearsing
    existing = [it for it in letters if it.rehearsal == rehearsing]
    failed = {(it.rung, it.recipient) for it in existing if it.state is LetterState.FAILED}
    decisions = due.decide(outbox.contact_notes(), failed) if month else []
    coming = next_rung(workplace, arrangements)
    told = {(it.rung, it.recipient) for it in existing if it.state is LetterState.SENT}
    return RemindersPlanned(
        now=workplace.now,
        rehearsal=workplace.rehearsing,
        quiet_until=arrangements.quiet.ends_at(workplace.calendar, workplace.now),
        due=tuple(map(RungShown.of, due.rungs)),
        next=RungShown.of(coming) if coming else None,
        outstanding=len(due.owed) if month else 0,
        would_send=tuple(it for decision in decisions for it in _planned(decision, existing, workplace)),
        already_told=len({recipient for rung, recipient in told if rung in {each.rung.name for each in due.rungs}}),
        waiting=tuple(_waiting(it) for it in existing if _waits(it, due, workplace)),
        not_told=tuple(
            Spared(it.recipient, decision.due.rung.name, it.why, it.location_ids)
            for decision in decisions
            for it in decision.not_told
        ),
        nobody=tuple(dict.fromkeys(owed.location.id for decision in decisions for owed in decision.nobody)),
        of_this_computer=not has_own_outbox(workplace.backend),
    )


def _planned(decision: Decision, existing: list[Letter], workplace: Workplace) -> list[Planned]:
    reminders = by_recipient(decision.reminders)
    rung = decision.due.rung.name
    ready = [
        it
        for it in existing
        if it.rung == rung
        and it.state is LetterState.PENDING
        and (it.not_before is None or it.not_before <= workplace.now)
    ]
    letters = [*ready, *new_letters(decision, existing, workplace)]
    return [
        _one(narrowed(reminders[it.recipient], it), rung, it.attempts)
        for it in letters
        if it.recipient != NOBODY and it.recipient in reminders
    ]


def _one(reminder: Reminder, rung: str, tried: int) -> Planned:
    return Planned(
        recipient=reminder.recipient,
        name=reminder.name,
        rung=rung,
        returns=len(reminder.owed),
        location_ids=tuple(dict.fromkeys([owed.key.location_id for owed in reminder.owed])),
        risk=reminder.owed[0].level if reminder.owed else RiskLevel.NONE,
        digest=bool(reminder.areas),
        tried=tried,
        instead_of=tuple(it.address for it in reminder.instead),
    )


def _waits(letter: Letter, due: Due, workplace: Workplace) -> bool:
    if letter.recipient == NOBODY or letter.rung not in {each.rung.name for each in due.rungs}:
        return False
    if letter.state is LetterState.PENDING:
        return letter.not_before is not None and letter.not_before > workplace.now
    return letter.state in {LetterState.UNKNOWN, LetterState.FAILED, LetterState.CLAIMED, LetterState.SENDING}


def _waiting(letter: Letter) -> Waiting:
    return Waiting(letter.recipient, letter.rung, letter.state, letter.reason, letter.not_before)
