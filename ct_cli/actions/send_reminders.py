"""Send the reminders that are due, each once."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ct_cli import clock
from ct_cli.actions.answer import Answer
from ct_cli.actions.collecting import without_collecting
from ct_cli.actions.reminding.came_back import fail_what_came_back
from ct_cli.actions.reminding.channels import Channels
from ct_cli.actions.reminding.gone_people import forget_gone_people
from ct_cli.actions.reminding.letters import LetterShown, shown
from ct_cli.actions.reminding.plan import Arrangements, Due, narrowed, new_letters, next_rung, what_is_due
from ct_cli.actions.reminding.writer import make_writer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import Change, Letter, LetterState, Outbox
from ct_cli.backends.registry import open_outbox
from ct_cli.errors import CtError, ExitStatus, UsageError
from ct_cli.reminders.channel_name import ChannelName
from ct_cli.reminders.deciding import Decision, Reminder
from ct_cli.reminders.ladder import DueRung
from ct_cli.reminders.run_lock import run_lock
from ct_cli.reminders.sending import Sender, by_recipient, hold_dead_claims, superseded
from ct_cli.windows.month import Month

MOST_ROUNDS = 3
"""How often those who were to be told instead of an address that refused are looked for in one run."""


class RehearsalSendsNothing(UsageError):
    """CT_NOW is set, and a rehearsal sends nothing by itself: `ct remind --preview` shows what would go out, and
    --channel stdout, or another, sends it, marked as a rehearsal."""

    code = "rehearsal-sends-nothing"


class RemindersHeld(CtError):
    """No reminder is sent: the store was put back on {since} from a backup{made}, and does not know which reminders
    went out since. Look at `ct remind --dry-run`, then type: ct remind resume"""

    code = "reminders-held"
    exit_status = ExitStatus.OUTSTANDING


@dataclass(frozen=True, slots=True)
class RungShown:
    """A rung, and when it falls."""

    name: str
    month: Month
    since: datetime

    @classmethod
    def of(cls, due: DueRung) -> "RungShown":
        """As shown."""
        return cls(due.rung.name, due.month, due.since)


@dataclass(frozen=True)
class RemindersSent(Answer):
    """What one run did."""

    now: datetime
    rehearsal: bool
    busy: bool
    """Another run is at work; this one did nothing."""
    quiet_until: datetime | None
    """When the quiet hours end that kept everything back; None where it is not quiet."""
    due: tuple[RungShown, ...]
    next: RungShown | None
    sent: int
    later: int
    """To be tried again."""
    failed: tuple[LetterShown, ...]
    """Refused for good; whoever is next for those locations is told."""
    told_instead: dict[str, tuple[str, ...]]
    """For each address that refused, who has been told in its place; none where nobody is next."""
    unknown: tuple[LetterShown, ...]
    """Held in this run: they may have gone out."""
    nobody: tuple[LetterShown, ...]
    """Locations with nobody to tell, reported for the first time on this rung."""
    held: int
    """All that are held as unknown, from earlier runs too."""
    channels_down: dict[str, str]
    """Channels that let nothing through, and why."""
    heartbeat: str
    """Why the heartbeat did not get through; empty where it did, or none is set."""


@dataclass
class _Tally:
    """What became of the letters of one run."""

    now: datetime
    counts: Counter[LetterState] = field(default_factory=Counter)
    wrong: list[Letter] = field(default_factory=list)
    nobody: list[Letter] = field(default_factory=list)

    def add(self, letters: Iterable[Letter]) -> None:
        """Count letters as they stand after they were tried."""
        for letter in letters:
            self.counts[letter.state] += 1
            if letter.state in {LetterState.FAILED, LetterState.UNKNOWN}:
                self.wrong.append(letter)

    def of(self, state: LetterState) -> tuple[LetterShown, ...]:
        """The letters that went wrong in one way."""
        return tuple(shown(letter) for letter in self.wrong if letter.state is state)


def send_reminders(
    workplace: Workplace,
    write: Callable[[str], None],
    *,
    channel: ChannelName | None = None,
    retry_unknown: bool = False,
) -> RemindersSent:
    """Send what is due. `write` takes what the channel stdout says.

    Everything that can be wrong in the settings and templates is found before anything is sent. Raises SettingRefused,
    TemplateRefused, NoChannel, ChannelNotSet, SecretUnreadable, RehearsalSendsNothing, RemindersHeld,
    StoreUnusable.
    """
    if workplace.rehearsing and channel is None:
        raise RehearsalSendsNothing
    arrangements = Arrangements.of(workplace)
    writer = make_writer(workplace)
    channels = Channels(workplace, arrangements.book, channel, write, clock.now)
    try:
        with run_lock(workplace.settings.store_path) as mine:
            if not mine:
                return _answer(workplace, arrangements, None, None, _Tally(workplace.now), {}, busy=True)
            due = what_is_due(workplace, arrangements)
            outbox = open_outbox(workplace.settings, workplace.backend)
            _refuse_while_held(outbox)
            forget_gone_people(workplace, outbox, arrangements.book)
            coming = next_rung(workplace, arrangements)
            until = None if coming is None else min([coming.since, *_closes(due)])
            sender = Sender(outbox, writer, channels.for_recipient, clock.now, due.still_owed, until)
            tally = _run(workplace, due, sender, channels, retry_unknown=retry_unknown)
            return _answer(workplace, arrangements, due, outbox, tally, sender.down)
    finally:
        channels.close()


def _refuse_while_held(outbox: Outbox) -> None:
    hold = outbox.hold()
    if hold is not None:
        made = hold.backup_made_at
        of = f" of {made.astimezone(clock.LONDON):%Y-%m-%d %H:%M}" if made else ""
        raise RemindersHeld(since=f"{hold.since.astimezone(clock.LONDON):%Y-%m-%d %H:%M}", made=of)


def _closes(due: Due) -> list[datetime]:
    return [each.window.ends_at for each in due.rungs if not each.rung.after_close]


def _run(workplace: Workplace, due: Due, sender: Sender, channels: Channels, *, retry_unknown: bool) -> _Tally:
    outbox, tally = sender.outbox, _Tally(workplace.now)
    tally.add(hold_dead_claims(outbox, workplace.now, sender.who))
    if channels.tells_later:
        tally.add(fail_what_came_back(outbox, channels, _letters(outbox, due, workplace), workplace.now))
    if due.arrangements.quiet.ends_at(workplace.calendar, workplace.now) is not None:
        return tally
    if retry_unknown:
        _take_up_again(outbox, workplace)
        tally.wrong.clear()
    _let_go_of_the_stale(outbox, due, workplace)
    for _ in range(MOST_ROUNDS):
        before = len(tally.wrong)
        with without_collecting():
            decisions = due.decide(outbox.contact_notes(), _refused(outbox, due, workplace))
            tally.nobody += _queue(outbox, decisions, due, workplace)
            work = _work(outbox, decisions, due, workplace, channels)
        tally.add(sender.send(work))
        # Whoever is told in the place of an address that refused just now is not to wait for the next run.
        if all(letter.state is not LetterState.FAILED for letter in tally.wrong[before:]):
            break
    return tally


def _take_up_again(outbox: Outbox, workplace: Workplace) -> None:
    from dataclasses import replace

    held = outbox.letters(states={LetterState.UNKNOWN})
    outbox.change(
        [
            Change(it, replace(it, state=LetterState.PENDING, reason="to be sent again", changed_at=workplace.now))
            for it in held
            if it.rehearsal == workplace.rehearsing
        ]
    )


def _let_go_of_the_stale(outbox: Outbox, due: Due, workplace: Workplace) -> None:
    current = {(each.month, each.rung.name) for each in due.rungs}
    outbox.change(
        [
            Change(it, superseded(it, "a tighter rung was due before it was sent", workplace.now))
            for it in outbox.letters(states={LetterState.PENDING})
            if it.rehearsal == workplace.rehearsing and (it.month, it.rung) not in current
        ]
    )


def _letters(
    outbox: Outbox, due: Due, workplace: Workplace, states: Collection[LetterState] | None = None
) -> list[Letter]:
    if due.month is None:
        return []
    rehearsing = workplace.rehearsing
    return [it for it in outbox.letters(month=due.month, states=states) if it.rehearsal == rehearsing]


def _refused(outbox: Outbox, due: Due, workplace: Workplace) -> set[tuple[str, str]]:
    return {(it.rung, it.recipient) for it in _letters(outbox, due, workplace, {LetterState.FAILED})}


def _queue(outbox: Outbox, decisions: list[Decision], due: Due, workplace: Workplace) -> list[Letter]:
    """Keep the new letters; those to nobody."""
    existing = _letters(outbox, due, workplace)
    fresh = [letter for decision in decisions for letter in new_letters(decision, existing, workplace)]
    if fresh:
        outbox.queue(fresh)
    return [letter for letter in fresh if letter.state is LetterState.FAILED]


def _work(
    outbox: Outbox, decisions: list[Decision], due: Due, workplace: Workplace, channels: Channels
) -> list[tuple[Letter, Reminder]]:
    """The letters that can be sent now, each with its reminder; those whose recipient is not to be told are let go."""
    reminders = {decision.due.rung.name: by_recipient(decision.reminders) for decision in decisions}
    work, gone = [], []
    for letter in _letters(outbox, due, workplace, {LetterState.PENDING}):
        if not channels.takes(letter.recipient):
            continue
        reminder = reminders.get(letter.rung, {}).get(letter.recipient)
        if reminder is None:
            reason = "by then everything was made, or the recipient was not to be told any more"
            gone.append(Change(letter, superseded(letter, reason, workplace.now)))
        elif letter.not_before is None or letter.not_before <= workplace.now:
            work.append((letter, narrowed(reminder, letter)))
    outbox.change(gone)
    return work


def _answer(
    workplace: Workplace,
    arrangements: Arrangements,
    due: Due | None,
    outbox: Outbox | None,
    tally: _Tally,
    down: dict[str, str],
    *,
    busy: bool = False,
) -> RemindersSent:
    coming = next_rung(workplace, arrangements)
    held = outbox.letters(states={LetterState.UNKNOWN}) if outbox is not None else []
    wrong = bool(tally.wrong or tally.nobody)
    heartbeat = "" if down or busy else _heartbeat(workplace)
    status = ExitStatus.NETWORK if down or heartbeat else ExitStatus.DONE
    if wrong and not down:
        status = ExitStatus.OUTSTANDING
    return RemindersSent(
        now=workplace.now,
        rehearsal=workplace.rehearsing,
        busy=busy,
        quiet_until=arrangements.quiet.ends_at(workplace.calendar, workplace.now),
        due=tuple(map(RungShown.of, due.rungs)) if due is not None else (),
        next=RungShown.of(coming) if coming is not None else None,
        sent=tally.counts[LetterState.SENT],
        later=tally.counts[LetterState.PENDING],
        failed=tally.of(LetterState.FAILED),
        told_instead=_told_instead(outbox, due, workplace, tally) if due and outbox else {},
        unknown=tally.of(LetterState.UNKNOWN),
        nobody=tuple(map(shown, tally.nobody)),
        held=len(held),
        channels_down=down,
        heartbeat=heartbeat,
        exit_status=status,
    )


def _told_instead(outbox: Outbox, due: Due, workplace: Workplace, tally: _Tally) -> dict[str, tuple[str, ...]]:
    refused = [letter.recipient for letter in tally.wrong if letter.state is LetterState.FAILED]
    letters = _letters(outbox, due, workplace) if refused else []
    told = [it for it in letters if it.state in {LetterState.SENT, LetterState.UNKNOWN} and it.instead_of]
    return {
        address: tuple(dict.fromkeys(it.recipient for it in told if address in it.instead_of)) for address in refused
    }


def _heartbeat(workplace: Workplace) -> str:
    """Only real runs that could send are told of: a watcher is to notice when there are none."""
    address = workplace.settings.text("reminders.heartbeat")
    if not address or workplace.rehearsing:
        return ""
    from ct_cli.reminders.heartbeat import ping

    return ping(address)
