"""The one way in for returns: from one typed at a terminal to thousands in a file, and over HTTP.

A return is examined (who, what is asked, is the window open, the rules, with the facts that they need from the
register and the ledger), and then settled: recorded or, in a dry run, compared with what stands. Both answer with the
same `ReturnResult`, so that a dry run says what a real one would.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from ct_cli import clock
from ct_cli.actions.taking.order import Terms
from ct_cli.actions.taking.previous_entry import PreviousEntry
from ct_cli.actions.taking.replaced import replaced_version
from ct_cli.actions.taking.shut_window import window_not_open, window_shut_here
from ct_cli.actions.taking.submitted import (
    Change,
    Fate,
    NewerReturn,
    Receipt,
    ReturnResult,
    changes_between,
    fate_of,
)
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import ledger
from ct_cli.backends.contract import ChainKey, Entry, LastReturn, Outcome, Shared, Submission
from ct_cli.backends.newer_return import newer_return
from ct_cli.ledger.moments import goes_back
from ct_cli.register.location import Location, Scope
from ct_cli.returns.checking import Checked, Checker, LocationFacts, PlaceOf, Previous
from ct_cli.returns.codes import problem
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem, Severity
from ct_cli.returns.the_return import REPLACES_FIGURES, CheckedReturn, Return, ReturnKind
from ct_cli.windows.month import Month
from ct_cli.windows.window import ReportingWindow, in_words

_LOOK_AT_BOTH = "Look at both. If yours is right, run the same again: it then replaces the newer one."


class Known(NamedTuple):
    """What the register and the ledger know, of use to one return. Made for each row of a file, so a named tuple."""

    location: Location | None
    previous: LastReturn | None
    """The last entry of the latest month before the return's own."""
    entries: tuple[Entry, ...]
    """Those of the return's own month that it is held against, oldest first."""
    facts: LocationFacts | None
    """The location's, as the rules look at it: of a file's rows they alone are read."""
    received_before: datetime | None = None
    """When the last of the chain's returns that are looked at was received, here or by an API; of a file's rows it is
    not read."""

    @property
    def standing(self) -> Entry | None:
        """The last of them that has anything to carry forward."""
        return next((entry for entry in reversed(self.entries) if not entry.seen_empty), None)

    def replaced_by(self, given: Return) -> Entry | None:
        """The version that a return would take the place of; None where it is made from another one: that is a
        conflict, which shows both."""
        found, expected = replaced_version(self.entries), given.expected_version
        if found is None or expected is None:
            return found
        return found if found.version <= expected <= max(entry.version for entry in self.entries) else None


class Circumstances(NamedTuple):
    """What every return of one service for one month, or of one survey, meets at one moment."""

    checker: Checker
    window: ReportingWindow
    received_at: datetime
    taken: bool
    """Whether any is recorded at all: the window is open, or an update outside it is wanted."""
    fulfils: bool
    """Whether what is recorded meets the month's duty."""


class Examined(NamedTuple):
    """A return that every rule has seen. Made for each row of a file, so a named tuple."""

    given: Return
    known: Known
    met: Circumstances
    fate: Fate | None
    """None where nothing stands in the way of recording it."""
    checked: CheckedReturn | None
    problems: tuple[Problem, ...]


class Intake:
    """Takes returns in on given terms. One call of `take_in` is one transaction."""

    def __init__(self, workplace: Workplace, terms: Terms) -> None:
        self._workplace = workplace
        self._terms = terms
        self._rehearsal = clock.rehearsing()
        self._server_decides = workplace.server_decides and not terms.dry_run
        self._windows: dict[Month, ReportingWindow] = {}
        self._checkers: dict[tuple[str, Month], Checker] = {}
        self._met: dict[tuple[str, Month], Circumstances] = {}

    @cached_property
    def _recorded_by(self) -> str:
        return self._terms.recorded_by or self._workplace.recorded_by

    def take_in(self, returns: Sequence[Return], received_at: datetime) -> list[ReturnResult]:
        """What becomes of each return, in their order; what nothing stands in the way of is recorded.

        `received_at` is when all of them had arrived: it decides whether a window was met, and is what is kept.
        """
        return self.settle(self.examine(returns, received_at, as_seen=True))

    def examine(self, returns: Sequence[Return], received_at: datetime, *, as_seen: bool = False) -> list[Examined]:
        """Each return as the rules see it at the moment of its receipt. Writes nothing.

        With `as_seen`, one that does not name the version that it may replace is made from what stands now, and
        replaces nothing that comes after that.
        """
        known = self.look_up(returns)
        if as_seen:
            returns = [_made_from(*pair) for pair in zip(returns, known, strict=True)]
        return [self.examine_known(*pair, received_at) for pair in zip(returns, known, strict=True)]

    def settle(self, examined: Sequence[Examined]) -> list[ReturnResult]:
        """Record what nothing stands in the way of or, in a dry run, say what recording it would do."""
        submissions = self.submissions(examined)
        if self._terms.dry_run:
            outcomes: Sequence[Outcome] = _forecast(examined, submissions)
        else:
            outcomes = self._workplace.backend.record(submissions) if submissions else ()
        return results(examined, outcomes)

    def submissions(self, examined: Sequence[Examined]) -> list[Submission]:
        """What a backend is given to record: the returns that nothing stands in the way of, in their order."""
        good = (each for each in examined if each.fate is None)
        return [self.submission(each.checked, each.met) for each in good if each.checked]

    def examine_known(
        self, given: Return, known: Known, received_at: datetime, place_of: PlaceOf | None = None
    ) -> Examined:
        """A return as the rules see it at the moment of its receipt, by what is known.

        `place_of` says where each of its fields is in the user's own file.
        """
        met = self.circumstances(given.service, given.month, given.survey, received_at)
        whole = _as_it_stands(given, known)
        standing = known.standing if given.kind is ReturnKind.UNCHANGED else None
        last = standing.as_last if standing is not None else known.previous
        previous = self.previous((given.location_id, given.service), last, given.survey)
        replaced = known.replaced_by(given)
        seen = met.checker.check(whole, known.facts, previous, place_of, None if replaced is None else replaced.values)
        problems = seen.problems
        if not met.taken:
            place, wanted = None if place_of is None else place_of(None), self._terms.outside_window
            problems = (window_not_open(given, met.window, received_at, place, asked_for=wanted), *problems)
        elif self._server_decides and not met.window.holds(received_at) and not self._terms.outside_window:
            problems = (*problems, window_shut_here(given, met.window, received_at))
        fate = _fate_of(seen) if met.taken else Fate.OUTSIDE_WINDOW
        return Examined(given, known, met, fate, seen.checked, problems)

    def circumstances(self, service: Service, month: Month, survey: str, received_at: datetime) -> Circumstances:
        """What every return of a service for a month, or of a survey, meets that was received at one moment. Raises
        NoSuchSurvey."""
        key = (survey or service, month)
        met = self._met.get(key)
        if met is None or met.received_at is not received_at:  # of one moment there are a thousand rows of a file
            window, checker = self._window(month, survey), self._checker(service, month, survey)
            inside = window.holds(received_at)
            taken = inside or (self._terms.outside_window and month <= Month.of(received_at.date()))
            meant = inside
            if self._server_decides and not survey:  # by its own clock; this says whether the return is meant to fulfil
                taken, meant = True, inside or not self._terms.outside_window
            met = Circumstances(checker, window, received_at, taken, fulfils=meant and not survey)
            self._met[key] = met
        return met

    def _checker(self, service: Service, month: Month, survey: str) -> Checker:
        key = (survey or service, month)
        if key not in self._checkers:
            catalogue = self._workplace.catalogue
            asked = catalogue.survey(survey) if survey else catalogue.for_month(service, month)
            self._checkers[key] = Checker(asked, month, catalogue.knows)
        return self._checkers[key]

    def previous(self, chain: ChainKey, last: LastReturn | None, survey: str) -> Previous | None:
        """The last return of a chain, monthly or of a survey, as the rules look at it."""
        return None if last is None else PreviousEntry(chain, last, survey, self._workplace.backend)

    def _window(self, month: Month, survey: str) -> ReportingWindow:
        if not survey:
            if month not in self._windows:
                self._windows[month] = self._workplace.calendar.window(month)
            return self._windows[month]
        asked = self._workplace.catalogue.survey(survey)
        first, last = asked.opens or asked.effective_from, asked.closes or date.max - timedelta(days=2)
        opens = datetime.combine(first, time(), clock.LONDON)
        return ReportingWindow(month, opens, datetime.combine(last + timedelta(days=1), time(), clock.LONDON), None)

    def look_up(self, returns: Sequence[Return]) -> list[Known]:
        """What the register and the ledger know of use to each return, in their order."""
        ids = frozenset(given.location_id for given in returns)
        scope = Scope(location_ids=ids, include_closed=True)
        backend = self._workplace.backend
        locations = {location.id: location for location in backend.locations(scope)}
        before: dict[tuple[Month, str], Mapping[ChainKey, Entry]] = {}
        months = self.months_of(returns)
        known = []
        for given in returns:
            key, chain = (given.month, given.survey), (given.location_id, given.service)
            if key not in before:
                before[key] = backend.latest(scope, given.month, given.survey)
            earlier = before[key].get(chain)
            location = locations.get(given.location_id)
            previous = earlier.as_last if earlier else None
            entries = tuple(months.get((*chain, given.survey, given.month), ()))
            before_it = [*([earlier] if earlier else ()), *entries]
            moments = [it.received_at for it in before_it if not it.source.seen and it.rehearsal is self._rehearsal]
            known.append(Known(location, previous, entries, facts_of(location), max(moments, default=None)))
        return known

    def months_of(self, said: Iterable[Return | CheckedReturn]) -> dict[ledger.MonthKey, list[Entry]]:
        """The entries that returns are held against, by the months that they are of, oldest first."""
        wanted: dict[tuple[Service, Month, str], set[str]] = {}
        for each in said:
            wanted.setdefault((each.service, each.month, each.survey), set()).add(each.location_id)
        months: dict[ledger.MonthKey, list[Entry]] = {}
        for key, ids in wanted.items():
            for entry in self._workplace.backend.versions(ids, *key):
                if self._rehearsal or not entry.rehearsal:
                    months.setdefault(ledger.month_key(entry), []).append(entry)
        return months

    def submission(self, checked: CheckedReturn, met: Circumstances) -> Submission:
        """What a backend is given to record."""
        source, by = self._terms.source, self._recorded_by
        return Submission(checked, met.received_at, met.fulfils, self._rehearsal, source, by)

    def shared(self, service: Service, met: Circumstances) -> Shared:
        """The same for all plain returns of one kind."""
        asked, month = met.checker.collection, met.checker.month
        survey = asked.id if asked.voluntary else ""
        source, by = self._terms.source, self._recorded_by
        return Shared(service, month, asked.id, survey, met.received_at, met.fulfils, self._rehearsal, source, by)


def results(examined: Sequence[Examined], outcomes: Sequence[Outcome]) -> list[ReturnResult]:
    """What became of each return, by the outcomes of those that nothing stood in the way of, in the same order."""
    told = iter(outcomes)
    return [_result(each, next(told) if each.fate is None else None) for each in examined]


def facts_of(location: Location | None) -> LocationFacts | None:
    """What the rules need of a location; None where the register does not know it."""
    return None if location is None else location.facts


def _made_from(given: Return, known: Known) -> Return:
    if given.expected_version is not None:
        return given
    return given._replace(expected_version=known.entries[-1].version if known.entries else 0)


def _as_it_stands(given: Return, known: Known) -> Return:
    """“Unchanged”, where the month's own return is the last one, means that return: it is given again as it stands."""
    if given.kind is not ReturnKind.UNCHANGED:
        return given
    standing = known.standing
    if standing is None or standing.kind is not ReturnKind.FULL:
        return given
    raw = {field: str(value) for field, value in standing.values.items()}
    confirm = given.confirm | frozenset(standing.confirmed)
    return given._replace(kind=ReturnKind.FULL, raw=raw, note=standing.note, confirm=confirm)


def _fate_of(seen: Checked) -> Fate | None:
    if seen.checked is not None:
        return None
    return Fate.REFUSED if seen.problems[0].severity is Severity.ERROR else Fate.NEEDS_CONFIRMING


def _forecast(examined: Sequence[Examined], submissions: Sequence[Submission]) -> Sequence[Outcome]:
    """What `record` would answer, by the same arithmetic."""
    good = [each for each in examined if each.fate is None]
    months = {ledger.month_key(each.known.entries[-1]): list(each.known.entries) for each in good if each.known.entries}
    return ledger.foresee(submissions, months)


def _result(each: Examined, outcome: Outcome | None) -> ReturnResult:
    given = each.given
    fate = each.fate if outcome is None else fate_of(outcome)
    assert fate is not None  # an outcome is there where no fate is
    entry = outcome.entry if outcome else None
    problems = (*each.problems, *(outcome.problems if outcome else ()))
    changes: tuple[Change, ...] = ()
    newer: NewerReturn | None = None
    if fate is Fate.CONFLICT and each.checked is not None:
        problems = (*problems, newer_return(each.checked, each.checked.expected_version or 0, entry, _LOOK_AT_BOTH))
        newer = NewerReturn.of(entry, each.checked) if entry else None
    elif entry is not None and outcome is not None and fate is not Fate.ALREADY_RECORDED:
        before = outcome.previous or each.known.previous
        changes = changes_between(before.values, entry.values) if before else ()
    if entry is not None and fate in {Fate.ACCEPTED, Fate.CORRECTED}:
        problems = (*problems, *_clock_set_back(each, entry))
    for found in each.problems:
        if found.code == REPLACES_FIGURES and found.facts is not None:
            left_out: Any = found.facts["replaced"]
            changes = changes_between(left_out, {})
    return ReturnResult(
        location_id=given.location_id,
        name=each.known.location.name if each.known.location else "",
        service=given.service,
        month=given.month,
        kind=given.kind,
        survey=given.survey,
        fate=fate,
        fulfils=entry.fulfils if entry and fate.recorded else False,
        opens_at=each.met.window.opens_at,
        closes_at=each.met.window.closes_at,
        version=entry.version if entry and fate.recorded else None,
        receipt=Receipt.of(entry) if entry and entry.receipt_id and fate.recorded else None,
        changes=changes,
        problems=problems,
        newer=newer,
    )


def _clock_set_back(each: Examined, entry: Entry) -> Iterator[Problem]:
    """That the moment of receipt is before that of an earlier return, where it is."""
    before = each.known.received_before
    if before is not None and goes_back(entry.received_at, before):
        words = (
            f"by the clock it was received at {_in_words(entry.received_at)}, and an earlier return at "
            f"{_in_words(before)}"
        )
        facts: dict[str, object] = {"received_at": entry.received_at, "before": before}
        yield problem("clock-set-back", words, location_id=entry.location_id, service=entry.service, facts=facts)


def _in_words(moment: datetime) -> str:
    here = moment.astimezone(clock.LONDON)
    return f"{here:%H:%M} on {in_words(here.date())}"
