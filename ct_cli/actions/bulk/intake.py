"""Thousands of returns through the one way in, a chunk at a time.

Nearly every row of a file is a full return with nothing wrong with it. Such a row is known by the quick check, which
asks the same rules, and becomes a submission at once; every other goes the way of a single return (`Intake`), which
says what is wrong. Both ways give the same answer, which tests/actions/ holds them to.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import NamedTuple

from ct_cli.actions.bulk.rows import FileRows, Identity
from ct_cli.actions.taking.intake import Examined, Intake, Known
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.taking.previous_entry import OneOfMany, staff_totals_since
from ct_cli.actions.taking.replaced import may_leave_out
from ct_cli.actions.taking.submitted import Fate
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import ledger as arithmetic
from ct_cli.backends.contract import (
    ChainKey,
    Entry,
    LastFigures,
    LastReturn,
    NewEntry,
    Outcome,
    PlainReturn,
    Recording,
    Shared,
    Submission,
    all_or_none,
)
from ct_cli.returns.checking import Checker, LocationFacts, PlaceOf, Previous
from ct_cli.returns.codes import problem
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem, Severity
from ct_cli.returns.quick_check import Passed, QuickCheck, quick_check
from ct_cli.returns.reading.rows import RowRefused
from ct_cli.returns.reading.sheet import Row
from ct_cli.returns.the_return import REPLACES_FIGURES, Return
from ct_cli.windows.month import Month

Kind = tuple[Service, Month]
"""What decides what is asked, and whether its window is open."""

VersionsSeen = Mapping[Month, Mapping[Service, Mapping[str, int]]]
"""By month, service and location, the version of the return that stood when a run began; none where one is missing."""


class SeenRow(NamedTuple):
    """A row as the rules see it."""

    row: int
    location_id: str | None
    service: Service | None
    month: Month | None
    fate: Fate | None
    """None where nothing stands in the way of recording it."""
    submission: Submission | PlainReturn | None
    problems: tuple[Problem, ...] = ()


class UnderWay(NamedTuple):
    """A chunk that is being recorded."""

    ids: frozenset[str]
    """Its locations."""
    outcomes: Recording
    """Waits until it is recorded."""


class _Ledger:
    """What the register and the ledger know of the locations of one block, read when it is first asked for."""

    def __init__(self, workplace: Workplace, ids: frozenset[str], survey: str) -> None:
        self._backend, self._ids, self._survey = workplace.backend, ids, survey
        self._rehearsing = workplace.rehearsing
        self._figures: dict[Month, Mapping[ChainKey, LastFigures]] = {}
        self._before: dict[Month, Mapping[ChainKey, LastReturn]] = {}
        self._entries: dict[Kind, dict[str, list[Entry]]] = {}
        self._given_before: dict[Kind, Mapping[str, str]] = {}
        self.asking: dict[Identity, LastFigures] = {}
        """The last returns of which a rule asked since when the total of staff is what it is."""

    def given_before(self, kind: Kind) -> Mapping[str, str]:
        """By location, the content of the version that a return would replace."""
        if kind not in self._given_before:
            self._given_before[kind] = self._backend.contents(
                self._ids, *kind, self._survey, rehearsals=self._rehearsing
            )
        return self._given_before[kind]

    @cached_property
    def facts(self) -> Mapping[str, LocationFacts]:
        return self._backend.facts(self._ids)

    def figures(self, month: Month) -> Mapping[ChainKey, LastFigures]:
        """Those of the last return of each chain of the latest month before this one. No rule is about a survey."""
        if month not in self._figures:
            self._figures[month] = {} if self._survey else self._backend.last_figures(self._ids, month)
        return self._figures[month]

    def narrow(self, ids: frozenset[str]) -> None:
        """Read of no more than these from here on: the few rows of a block that something is to be said of."""
        self._ids = ids

    def before(self, month: Month) -> Mapping[ChainKey, LastReturn]:
        """The last return of each chain of the latest month before this one."""
        if month not in self._before:
            self._before[month] = self._backend.last_returns(self._ids, month, self._survey)
        return self._before[month]

    def answers(self) -> dict[Identity, LastFigures]:
        """What was asked, looked up for all at once."""
        return staff_totals_since(self.asking, self._backend)

    def entries(self, location_id: str, kind: Kind) -> Sequence[Entry]:
        """Those of a month that a return is held against, oldest first."""
        if kind not in self._entries:
            found: dict[str, list[Entry]] = {}
            for entry in self._backend.versions(self._ids, *kind, self._survey):
                if self._rehearsing or not entry.rehearsal:
                    found.setdefault(entry.location_id, []).append(entry)
            self._entries[kind] = found
        return self._entries[kind].get(location_id, ())


class BulkIntake:
    """Examines the rows of one file, chunk by chunk."""

    def __init__(
        self, workplace: Workplace, order: FileOrder, terms: Terms, rows: FileRows, received_at: datetime,
        versions_seen: VersionsSeen | None = None,
    ) -> None:  # fmt: skip
        """`received_at` is when all of the file had arrived: one moment, however long its rows take.
        `versions_seen` are what stood as the run began, where no row is to replace what came after."""
        self._workplace, self._order, self._rows = workplace, order, rows
        self._intake = Intake(workplace, terms)
        self._terms = terms
        self._received_at = received_at
        self._versions_seen = versions_seen
        self._quick: dict[Kind, QuickCheck] = {}
        self._shared: dict[Kind, Shared | None] = {}
        self._foreseen: dict[arithmetic.MonthKey, list[Entry]] = {}
        """In a dry run, the months that several rows of the file are of, as they would be after those so far."""
        self._under_way = UnderWay(frozenset(), lambda: ())
        self._nearly_all_wrong = False
        """Whether the rows before were: then the quick check, a sixth of a wrong row's time, is most likely in vain."""

    def examine(self, chunk: Sequence[Row]) -> list[SeenRow]:
        """Each row of a chunk as the rules see it. Writes nothing."""
        decoder, rivals = self._rows.decoder, self._rows.scanned.rivals
        plain = [None if number in rivals else decoder.plain_identity(cells) for number, cells in chunk]
        others = {at: decoder.decode(*chunk[at]) for at, who in enumerate(plain) if who is None}
        ids = {who[0] for who in plain if who is not None}
        ids.update(given.location_id for given in others.values() if isinstance(given, Return))
        if not self._under_way.ids.isdisjoint(ids):
            self._under_way.outcomes()
        ledger = _Ledger(self._workplace, frozenset(ids), self._order.survey)
        seen: list[SeenRow | None] = [None] * len(chunk)
        if not self._nearly_all_wrong:
            seen = self._quickly(ledger, chunk, plain)
        if ledger.asking:
            self._once_more(ledger, chunk, plain, seen)
        left = {
            at: others.get(at) or decoder.decode_known(plain[at], *chunk[at])
            for at, it in enumerate(seen)
            if it is None
        }
        if left:
            ledger.narrow(frozenset(given.location_id for given in left.values() if isinstance(given, Return)))
        for at, given in left.items():
            seen[at] = self._slowly(chunk[at][0], given, ledger)
        found = [it for it in seen if it is not None]
        self._nearly_all_wrong = sum(found[at].fate is not None for at in left) > 0.95 * len(found)
        return found

    def start(self, submissions: Sequence[Submission | PlainReturn], *, atomic: bool = False) -> UnderWay:
        """Begin to settle a chunk. Rows of other locations may be examined meanwhile; those of the same are examined
        when it is done. With `atomic`, where there is no other chunk, settle all of it or none."""
        if self._terms.dry_run or atomic or not submissions:
            outcomes = self.settle(submissions, atomic=atomic)
            return UnderWay(frozenset(), lambda: outcomes)
        ids = frozenset(
            [it.location_id if isinstance(it, PlainReturn) else it.checked.location_id for it in submissions]
        )
        self._under_way = UnderWay(ids, self._workplace.backend.start_recording(submissions))
        return self._under_way

    def settle(
        self, submissions: Sequence[Submission | PlainReturn], *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        """Record the submissions of a chunk in one transaction or, in a dry run, say what that would do.

        With `atomic`, record all of them or none.
        """
        if self._terms.dry_run:
            foreseen = self.settle_in_full(submissions)
            return all_or_none(foreseen) if atomic else foreseen
        return self._workplace.backend.record_rows(submissions, atomic=atomic) if submissions else ()

    def settle_in_full(self, submissions: Sequence[Submission | PlainReturn]) -> Sequence[Outcome]:
        """The same, with every entry whole."""
        alone = [it.submission() if isinstance(it, PlainReturn) else it for it in submissions]
        if not self._terms.dry_run:
            return self._workplace.backend.record(alone) if alone else ()
        months = self._intake.months_of([submission.checked for submission in alone]) | self._foreseen
        outcomes = arithmetic.foresee(alone, months)
        for entry in arithmetic.written(outcomes):
            # A row that says the same again, further down, is held against this one.
            if hash((entry.location_id, entry.service, entry.month)) in self._rows.scanned.twice:
                key = arithmetic.month_key(entry)
                self._foreseen[key] = months[key]
        return outcomes

    def _quickly(
        self,
        ledger: _Ledger,
        chunk: Sequence[Row],
        plain: Sequence[Identity | None],
        since: Mapping[Identity, LastFigures] | None = None,
    ) -> list[SeenRow | None]:
        """Of each row, what it is where it is a full return with nothing wrong with it; None where that is not certain.

        `since` holds last returns whose run of one total of staff was looked up.
        """
        seen: list[SeenRow | None] = []
        facts_of, asking = ledger.facts.get, ledger.asking
        version_at = self._rows.plan.version_seen
        new = tuple.__new__  # a named tuple's own takes nearly twice as long (measured), and there are two to a row
        kind: Kind | None = None
        for (number, cells), who in zip(chunk, plain, strict=True):
            if who is None:
                seen.append(None)
                continue
            location_id, service, month = who
            if kind is None or service is not kind[0] or month is not kind[1]:
                kind = (service, month)
                shared = self._shared[kind] if kind in self._shared else self._new_shared(kind)
                check, last_of = self._quick[kind], ledger.figures(month).get
            facts = facts_of(location_id)
            if facts is None or shared is None:
                seen.append(None)
                continue
            if version_at is not None and not _as_it_stood(cells[version_at], location_id, shared):
                seen.append(None)
                continue
            last = since[who] if since else last_of((location_id, service))
            found = check(cells, facts, None if last is None else OneOfMany(who, last, asking))
            if found is None:
                seen.append(None)
                continue
            replaced = None if found[2] else ledger.given_before(kind).get(location_id)
            if replaced is not None and may_leave_out(found[0], replaced):
                seen.append(None)
            else:
                submission = new(PlainReturn, (location_id, found[0], shared, found[1]))
                seen.append(new(SeenRow, (number, location_id, service, month, None, submission, ())))
        return seen

    def _once_more(
        self,
        ledger: _Ledger,
        chunk: Sequence[Row],
        plain: Sequence[Identity | None],
        seen: list[SeenRow | None],
    ) -> None:
        """Look again at the rows that asked since when their total of staff is what it is."""
        answers = ledger.answers()
        again = [at for at, who in enumerate(plain) if who in answers and seen[at] is not None]
        rows, whose = [chunk[at] for at in again], [plain[at] for at in again]
        for at, it in zip(again, self._quickly(ledger, rows, whose, answers), strict=True):
            seen[at] = it

    def _new_shared(self, kind: Kind) -> Shared | None:
        """What the plain returns of a kind share; None where its window is shut and none may be recorded."""
        met = self._intake.circumstances(*kind, self._order.survey, self._received_at)
        if kind not in self._quick:
            self._quick[kind] = self._new_quick(met.checker)
        shared = self._intake.shared(kind[0], met) if met.taken else None
        self._shared[kind] = shared._replace(versions_seen=self._versions_of(kind)) if shared else None
        return self._shared[kind]

    def _versions_of(self, kind: Kind) -> Mapping[str, int] | None:
        return None if self._versions_seen is None else self._versions_seen.get(kind[1], {}).get(kind[0], {})

    def _new_quick(self, checker: Checker) -> QuickCheck:
        asked = {item.key for item in checker.items}
        check = quick_check(checker, [(at, key) for at, key in self._rows.plan.items if key in asked])
        strangers = [at for at, key in self._rows.plan.items if key not in asked]
        return _without(strangers, check) if strangers else check

    def _slowly(self, row: int, given: Return | RowRefused, ledger: _Ledger) -> SeenRow:
        """A row the way of a single return, with its problems in its cells."""
        if isinstance(given, RowRefused):
            return SeenRow(row, given.location_id, None, None, Fate.REFUSED, None, given.problems)
        if self._order.survey:
            given = given._replace(survey=self._order.survey)
        versions = self._versions_of((given.service, given.month))
        if given.expected_version is None and versions is not None:
            given = given._replace(expected_version=versions.get(given.location_id, 0))
        known = Known(
            None,
            ledger.before(given.month).get((given.location_id, given.service)),
            tuple(ledger.entries(given.location_id, (given.service, given.month))),
            ledger.facts.get(given.location_id),
        )
        place_of = partial(self._rows.decoder.place, row)
        examined = self._intake.examine_known(given, known, self._received_at, place_of)
        if self._order.confirm:
            examined = self._with_file_wide_confirmation(examined, place_of)
        fate, problems = examined.fate, examined.problems
        if row in self._rows.scanned.rivals:
            fate = fate if fate is Fate.OUTSIDE_WINDOW else Fate.REFUSED
            problems = (self._rivalry(row, given), *problems)
        submission = None
        if fate is None and examined.checked is not None:
            submission = self._intake.submission(examined.checked, examined.met)
        return SeenRow(row, given.location_id, given.service, given.month, fate, submission, problems)

    def _with_file_wide_confirmation(self, examined: Examined, place_of: PlaceOf) -> Examined:
        """The return once more with the confirmation given for the whole file, where that answers its queries."""
        order = self._order
        open_queries = {found.code for found in examined.problems if found.severity is Severity.QUERY}
        named = order.confirm & open_queries
        if examined.fate is not Fate.NEEDS_CONFIRMING or not named:
            return examined
        given = examined.given
        note = given.note or ("" if named == {REPLACES_FIGURES} else order.note)
        given = given._replace(confirm=given.confirm | named, note=note)
        return self._intake.examine_known(given, examined.known, self._received_at, place_of)

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


def _as_it_stood(version_seen: str, location_id: str, shared: Shared) -> bool:
    """Whether a row was made from the version that stood when the run began, or does not say from which."""
    versions = shared.versions_seen
    return not version_seen or (versions is not None and version_seen == str(versions.get(location_id, 0)))


def _without(strangers: Sequence[int], check: QuickCheck) -> QuickCheck:
    """The quick check of rows that are blank in the columns of what is not asked of their service."""

    def check_row(cells: Sequence[str], facts: LocationFacts, previous: Previous | None) -> Passed | None:
        for at in strangers:
            if cells[at]:
                return None
        return check(cells, facts, previous)

    return check_row
