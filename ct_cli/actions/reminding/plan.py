"""What reminders are due, for whom, and which of them are not yet in the outbox."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ct_cli.actions.reminding.in_place import in_place
from ct_cli.actions.status.reading import Reading, read_status
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import ContactNote, Letter, LetterState, Owing
from ct_cli.errors import SettingRefused
from ct_cli.register.location import Scope, User
from ct_cli.reminders.contacts import ContactBook, Reachable, read_contact_book
from ct_cli.reminders.deciding import NOBODY, Area, Decision, Owed, Reminder, Weighing, decide_councils, decide_people
from ct_cli.reminders.ladder import Audience, DueRung, Ladder, read_ladder
from ct_cli.reminders.passing_on import pass_on
from ct_cli.reminders.quiet import QuietHours, read_quiet_hours
from ct_cli.windows.month import Month

EVERYBODY = Scope(include_closed=True)
ENOUGH_USERS = 2


@dataclass(frozen=True)
class Arrangements:
    """All that the settings say of reminders, read and found sound before anything is sent."""

    people: Ladder
    councils: Ladder
    book: ContactBook
    quiet: QuietHours
    providers_from: str

    @classmethod
    def of(cls, workplace: Workplace) -> "Arrangements":
        """Those of the settings. Raises SettingRefused."""
        settings = workplace.settings
        people, councils = (read_ladder(settings, audience) for audience in Audience)
        twice = {rung.name for rung in people.rungs} & {rung.name for rung in councils.rungs}
        for name in sorted(twice):
            key, reason = (
                f"reminders.council_ladder.{name}",
                "reminders.ladder has a rung of that name: give it another",
            )
            raise SettingRefused(key=key, given=name, origin=settings.path, reason=reason)
        book, quiet = read_contact_book(settings), read_quiet_hours(settings)
        first = settings.text("reminders.providers_from") or "off"
        if first != "off" and people.named(first) is None:
            names = ", ".join(rung.name for rung in people.rungs)
            origin = settings.value("reminders.providers_from").place or "ct's own default"
            reason = f"it is one of {names}, or off"
            raise SettingRefused(key="reminders.providers_from", given=first, origin=origin, reason=reason)
        return cls(people, councils, book, quiet, first)

    def providers_too(self, due: DueRung) -> bool:
        """Whether providers' contacts are told on a rung in any case."""
        if self.providers_from == "off":
            return False
        names = [rung.name for rung in self.people.rungs]
        return names.index(due.rung.name) >= names.index(self.providers_from)


@dataclass(frozen=True)
class Due:
    """The rungs that are due, and what is owed by whom."""

    workplace: Workplace
    arrangements: Arrangements
    people: DueRung | None
    councils: DueRung | None

    @property
    def rungs(self) -> tuple[DueRung, ...]:
        """Those that are due."""
        return tuple(due for due in (self.people, self.councils) if due is not None)

    @property
    def month(self) -> Month | None:
        """The month that they are about: the window that opened last."""
        return self.rungs[0].month if self.rungs else None

    @cached_property
    def _reading(self) -> Reading:
        return read_status(self.workplace, EVERYBODY, self.rungs[0].month)

    @cached_property
    def _users(self) -> dict[str, list[User]]:
        found: dict[str, list[User]] = {}
        for user in self.workplace.backend.users(EVERYBODY):
            found.setdefault(user.location_id, []).append(user)
        return found

    @cached_property
    def owed(self) -> list[Owed]:
        """The month's returns that are owed and not made."""
        after = self.rungs[0].window.ends_at <= self.workplace.now
        weigh, users = Weighing(after).owed, self._users
        return [
            weigh(pair.at_present, len(users.get(pair.at_present.location.id, ())))
            for pair in self._reading.pairs
            if not pair.made and pair.owes
        ]

    def decide(self, notes: Iterable[ContactNote], failed: Collection[tuple[str, str]]) -> list[Decision]:
        """Who is told of what. `failed` are (rung, address) that refused the rung's message for good."""
        kept, today = list(notes), self.workplace.now.date()
        decisions = []
        for due in self.rungs:
            addresses = {address for rung, address in failed if rung == due.rung.name}
            reachable = Reachable.on(today, self.arrangements.book, kept, addresses)
            if due is self.people:
                providers = self.arrangements.providers_too(due)
                decided = decide_people(due, self.owed, self._users, reachable, providers=providers)
                decisions.append(pass_on(decided, self.owed, self._users, reachable))
            elif self.arrangements.book.councils:
                decisions.append(decide_councils(due, self._areas, reachable))
        return decisions

    def still_owed(self, keys: Collection[Owing]) -> set[Owing]:
        """Those of the returns that nothing meets, as the store stands at this moment."""
        month = self.rungs[0].month
        scope = Scope(location_ids=frozenset(key.location_id for key in keys), include_closed=True)
        made = self.workplace.backend.months_fulfilled(scope, month, month, self._reading.counting)
        return {key for key in keys if not made.get((key.location_id, key.service))}

    @cached_property
    def _areas(self) -> dict[str, Area]:
        wanted = self.arrangements.book.councils.keys()
        counts: Counter[str] = Counter()
        names: dict[str, str] = {}
        for pair in self._reading.pairs:
            council = pair.of_month.location.local_authority
            if pair.owes and council.lower() in wanted:
                counts[council.lower()] += 1
                names.setdefault(council.lower(), council)
        outstanding: dict[str, list[Owed]] = {}
        for it in self.owed:
            outstanding.setdefault(it.location.local_authority.lower(), []).append(it)
        return {key: _area(names[key], counts[key], outstanding.get(key, [])) for key in names}


def _area(name: str, owed: int, outstanding: Sequence[Owed]) -> Area:
    from ct_cli.reminders.deciding import most_urgent_first

    few = {it.location.id for it in outstanding if it.users < ENOUGH_USERS}
    return Area(name, owed, most_urgent_first(outstanding), len(few))


def what_is_due(workplace: Workplace, arrangements: Arrangements) -> Due:
    """The rungs that are due now."""
    calendar, now = workplace.calendar, workplace.now
    councils = arrangements.councils.due(calendar, now) if arrangements.book.councils else None
    return Due(workplace, arrangements, arrangements.people.due(calendar, now), councils)


def next_rung(workplace: Workplace, arrangements: Arrangements) -> DueRung | None:
    """The next rung to come, of either ladder."""
    ladders = [arrangements.people, *([arrangements.councils] if arrangements.book.councils else [])]
    coming = [due for ladder in ladders if (due := ladder.next_due(workplace.calendar, workplace.now)) is not None]
    return min(coming, key=lambda due: due.since, default=None)


def new_letters(decision: Decision, existing: Iterable[Letter], workplace: Workplace) -> list[Letter]:
    """The letters of a decision that are not in the outbox yet: for each person, what no letter of this rung names.

    What nobody can be told of is a letter to nobody that failed, so that it is reported once and stands in the log.
    """
    rung, month, now, rehearsing = decision.due.rung.name, decision.due.month, workplace.now, workplace.rehearsing
    parts: Counter[str] = Counter()
    covered: dict[str, set[Owing]] = {}
    for letter in existing:
        if (letter.rung, letter.month) == (rung, month):
            parts[letter.recipient] = max(parts[letter.recipient], letter.part + 1)
            covered.setdefault(letter.recipient, set()).update(letter.about)
    found = []
    for recipient, about, is_digest in _wanted(decision):
        named = covered.get(recipient)
        fresh = tuple(key for key in about if key not in named) if named else about
        if (is_digest and not parts[recipient]) or (fresh and not is_digest):
            letter = Letter(month, recipient, rung, parts[recipient], fresh, now, rehearsing)
            found.append(_to_nobody(letter) if recipient == NOBODY else letter)
    return in_place(decision, existing, found, workplace)


def _wanted(decision: Decision) -> Iterable[tuple[str, tuple[Owing, ...], bool]]:
    for reminder in decision.reminders:
        yield reminder.recipient, reminder.about, bool(reminder.areas)
    if decision.nobody:
        yield NOBODY, tuple(owed.key for owed in decision.nobody), False


def _to_nobody(letter: Letter) -> Letter:
    reason = "nobody can be told: `ct users add LOC --email …`, or a contact in reminders.providers"
    return replace(letter, state=LetterState.FAILED, reason=reason, changed_at=letter.created_at)


def narrowed(reminder: Reminder, letter: Letter) -> Reminder:
    """A reminder with only what a letter is about, and in whose place it is; a digest as it is."""
    if reminder.areas or (not reminder.instead and letter.about == reminder.about):
        return reminder
    instead = tuple([it for it in reminder.instead if it.address in letter.instead_of])
    if reminder.areas or (letter.about == reminder.about and instead == reminder.instead):
        return reminder
    about = set(letter.about)
    return replace(reminder, owed=tuple(owed for owed in reminder.owed if owed.key in about), instead=instead)
