"""Thousands of returns through the one way in, a chunk at a time.

Nearly every row of a file is a full return with nothing wrong with it. Such a row is known by the quick check, which
asks the same rules, and becomes a submission at once; every other goes the way of a single return (`Intake`), which
says what is wrong. Both ways give the same answer, which tests/actions/ holds them to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from ct_cli.actions.file_rows import FileRows
from ct_cli.actions.intake import Examined, Intake, Known, facts_of
from ct_cli.actions.order import FileOrder, Terms
from ct_cli.actions.submitted import Fate
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import ledger as arithmetic
from ct_cli.backends.contract import ChainKey, Entry, Outcome, Submission
from ct_cli.register.location import Location, Scope
from ct_cli.returns.checking import LocationFacts, Previous, QuickCheck
from ct_cli.returns.codes import problem
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem, Severity
from ct_cli.returns.reading.rows import RowRefused
from ct_cli.returns.reading.sheet import Row
from ct_cli.returns.the_return import CheckedReturn, Return, ReturnKind, Values
from ct_cli.windows.month import Month


@dataclass(slots=True)
class SeenRow:
    """A row as the rules see it."""

    row: int
    location_id: str | None
    service: Service | None
    month: Month | None
    fate: Fate | None
    """None where nothing stands in the way of recording it."""
    submission: Submission | None
    problems: tuple[Problem, ...] = ()


class _Ledger:
    """What the register and the ledger know of the locations of one chunk."""

    def __init__(self, workplace: Workplace, ids: frozenset[str], survey: str) -> None:
        self._backend, self._survey = workplace.backend, survey
        self._scope = Scope(location_ids=ids, include_closed=True)
        self.locations: Mapping[str, Location] = {it.id: it for it in self._backend.locations(self._scope)}
        self.facts: Mapping[str, LocationFacts | None] = {id: facts_of(it) for id, it in self.locations.items()}
        self._latest: dict[Month, Mapping[ChainKey, Entry]] = {}

    def before(self, month: Month) -> Mapping[ChainKey, Entry]:
        """The last entry of each chain of the latest month before this one."""
        if month not in self._latest:
            self._latest[month] = self._backend.latest(self._scope, month, self._survey)
        return self._latest[month]

    def standing(self, chain: ChainKey, month: Month) -> Entry | None:
        """The last entry of a month."""
        last = self.before(month + 1).get(chain)
        return last if last is not None and last.month == month else None


class BulkIntake:
    """Examines the rows of one file, chunk by chunk."""

    def __init__(self, workplace: Workplace, order: FileOrder, terms: Terms, rows: FileRows) -> None:
        self._workplace, self._order, self._rows = workplace, order, rows
        self._intake = Intake(workplace, terms)
        self._terms = terms
        self._quick: dict[tuple[Service, Month], tuple[QuickCheck, str]] = {}
        self._foreseen: dict[arithmetic.MonthKey, Entry] = {}
        self._fulfils: dict[tuple[Service, Month], bool | None] = {}

    def examine(self, chunk: Sequence[Row]) -> list[SeenRow]:
        """Each row of a chunk as the rules see it now. Writes nothing."""
        now = self._intake.moment
        self._fulfils.clear()
        decoder = self._rows.decoder
        plain = [decoder.plain_identity(cells) for _, cells in chunk]
        others = {at: decoder.decode(*chunk[at]) for at, who in enumerate(plain) if who is None}
        ids = {who[0] for who in plain if who is not None}
        ids.update(given.location_id for given in others.values() if isinstance(given, Return))
        ledger = _Ledger(self._workplace, frozenset(ids), self._order.survey)
        rivals = self._rows.scanned.rivals
        seen = []
        for at, (number, cells) in enumerate(chunk):
            who = plain[at]
            good = None
            if who is not None and number not in rivals:
                good = self._quickly(who, cells, ledger, now)
            if who is not None and good is not None:
                seen.append(SeenRow(number, *who, None, good))
            else:
                seen.append(self._slowly(number, others.get(at) or decoder.decode(number, cells), ledger, now))
        return seen

    def settle(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        """Record the submissions of a chunk in one transaction or, in a dry run, say what that would do."""
        if not self._terms.dry_run:
            return self._workplace.backend.record(submissions) if submissions else ()
        ids = frozenset(submission.checked.location_id for submission in submissions)
        known = _Ledger(self._workplace, ids, self._order.survey)
        months: dict[arithmetic.MonthKey, list[Entry]] = {}
        for submission in submissions:
            said = submission.checked
            key = arithmetic.month_key(said)
            standing = self._foreseen.get(key) or known.standing((said.location_id, said.service), said.month)
            if standing is not None:
                months[key] = [standing]
        outcomes = arithmetic.append(submissions, {}, months)
        for entry in arithmetic.written(outcomes):
            # A row that says the same again, further down, is held against this one.
            if hash((entry.location_id, entry.service, entry.month)) in self._rows.scanned.twice:
                self._foreseen[arithmetic.month_key(entry)] = entry
        return outcomes

    def _quickly(
        self, who: tuple[str, Service, Month], cells: Sequence[str], ledger: _Ledger, now: datetime
    ) -> Submission | None:
        """The submission of a full return with nothing wrong with it; None where that is not certain."""
        location_id, service, month = who
        facts = ledger.facts.get(location_id)
        kind = (service, month)
        quick = self._quick[kind] if kind in self._quick else self._new_quick(kind)
        if facts is None:
            return None
        fulfils = self._fulfils[kind] if kind in self._fulfils else self._new_fulfils(kind, now)
        if fulfils is None:
            return None
        check, collection = quick
        last = ledger.before(month).get((location_id, service))
        values = check(cells, facts, None if last is None else self._intake.previous(last))
        if values is None:
            return None
        checked = CheckedReturn(
            location_id, service, month, ReturnKind.FULL, collection, values, survey=self._order.survey
        )
        return self._intake.submission(checked, now, fulfils)

    def _new_quick(self, kind: tuple[Service, Month]) -> tuple[QuickCheck, str]:
        checker = self._intake.checker(*kind, self._order.survey)
        asked = {item.key for item in checker.items}
        own = [(at, key) for at, key in self._rows.plan.items if key in asked]
        check = checker.for_columns([key for _, key in own])
        strangers = [at for at, key in self._rows.plan.items if key not in asked]
        self._quick[kind] = _of_file(check, [at for at, _ in own], strangers), checker.collection.id
        return self._quick[kind]

    def _new_fulfils(self, kind: tuple[Service, Month], now: datetime) -> bool | None:
        """Whether a return of a kind meets its duty now; None where its window is shut and it may not be recorded."""
        given = Return("", *kind, ReturnKind.FULL, survey=self._order.survey)
        window = self._intake.window(given)
        shut = bool(self._intake.shut(given, window, now))
        self._fulfils[kind] = None if shut else (window.holds(now) and not self._order.survey)
        return self._fulfils[kind]

    def _slowly(self, row: int, given: Return | RowRefused, ledger: _Ledger, now: datetime) -> SeenRow:
        """A row the way of a single return, with its problems in its cells."""
        if isinstance(given, RowRefused):
            return SeenRow(row, given.location_id, None, None, Fate.REFUSED, None, given.problems)
        given = replace(given, survey=self._order.survey)
        chain = (given.location_id, given.service)
        wanted = given.kind is ReturnKind.UNCHANGED
        known = Known(
            ledger.locations.get(given.location_id),
            ledger.before(given.month).get(chain),
            ledger.standing(chain, given.month) if wanted else None,
        )
        examined = self._with_file_wide_confirmation(self._intake.examine_known(given, known, now))
        plan, sheet = self._rows.plan, self._rows.sheet
        problems = tuple(plan.placed(found, sheet, row) for found in examined.problems)
        fate = examined.fate
        if row in self._rows.scanned.rivals:
            fate = fate if fate is Fate.OUTSIDE_WINDOW else Fate.REFUSED
            problems = (self._rivalry(row, given), *problems)
        submission = None
        if fate is None and examined.checked is not None:
            submission = self._intake.submission(examined.checked, now, examined.fulfils)
        return SeenRow(row, given.location_id, given.service, given.month, fate, submission, problems)

    def _with_file_wide_confirmation(self, examined: Examined) -> Examined:
        """The return once more with the confirmation given for the whole file, where that answers its queries."""
        order = self._order
        open_queries = {found.code for found in examined.problems if found.severity is Severity.QUERY}
        named = order.confirm & open_queries
        if examined.fate is not Fate.NEEDS_CONFIRMING or not named:
            return examined
        given = examined.given
        given = replace(given, confirm=given.confirm | named, note=given.note or order.note)
        return self._intake.examine_known(given, examined.known, examined.received_at)

    def _rivalry(self, row: int, given: Return) -> Problem:
        others = self._rows.scanned.rivals[row]
        named = ", ".join(str(other) for other in others)
        words = (
            f"row{'s' if len(others) > 1 else ''} {named} {'say' if len(others) > 1 else 'says'} something else of "
            f"{given.location_id}, {given.service.in_words}, {given.month.in_words()}"
        )
        place = self._rows.sheet.place(row)
        return problem(
            "duplicate-row",
            words,
            location_id=given.location_id,
            service=given.service,
            place=place,
            facts={"rows": list(others)},
        )


def _of_file(check: QuickCheck, own: Sequence[int], strangers: Sequence[int]) -> QuickCheck:
    """A quick check of a file's whole rows; what is not asked of this service has to be blank."""
    pick = itemgetter(*own) if len(own) > 1 else lambda cells: tuple(cells[at] for at in own)

    def check_row(cells: Sequence[str], facts: LocationFacts, previous: Previous | None) -> Values | None:
        for at in strangers:
            if cells[at]:
                return None
        return check(pick(cells), facts, previous)

    return check_row
