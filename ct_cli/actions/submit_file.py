"""Record the returns of a file, good rows whatever becomes of the others, or all or none; or say what that would do."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from ct_cli import clock
from ct_cli.actions.bulk.header_map import check_map_name, save_map
from ct_cli.actions.bulk.intake import BulkIntake, SeenRow, UnderWay, VersionsSeen
from ct_cli.actions.bulk.outcomes import (
    FileSubmitted,
    ProblemKind,
    RowChange,
    RowConflict,
    RowOutcomes,
    StillOwed,
    Told,
)
from ct_cli.actions.bulk.rows import FileRows, Scanned, open_rows
from ct_cli.actions.bulk.still_owed import still_owed
from ct_cli.actions.bulk.unfinished_run import UnfinishedRun, finishing
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.taking.submitted import Fate, NewerReturn, changes_between, fate_of, status_of
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Entry, NewEntry, Outcome, PlainReturn, Submission
from ct_cli.backends.newer_return import newer_return
from ct_cli.backends.row_lines import alone
from ct_cli.errors import CtError, ExitStatus, UsageError, after_some
from ct_cli.returns.annotating.report import check_report_path, write_report
from ct_cli.returns.problem import Problem, Severity
from ct_cli.returns.reading.headers import VERSION_SEEN
from ct_cli.returns.reading.sheet import Sheet
from ct_cli.returns.the_return import CheckedReturn
from ct_cli.windows.window import ReportingWindow


class TooManyTogether(UsageError):
    """All or none is possible for {most:,} returns at most where the register is on a server, and {file} has {count:,}.
    Nothing was sent. Split the file, or leave out --atomic: good rows are then kept when others fail."""

    code = "too-many-together"


CHUNK = 10_000
"""Rows in one transaction. A run that is killed loses only the two that it was in.

Receipts are spread over the whole index of their month, so that each transaction writes most of its pages again: the
fewer transactions, the less is written twice.
"""
BLOCK = 1_000
"""Rows examined at a time: what they are and what is known of them fits beside the processor, so that each is made,
looked at and left while it is at hand."""
_EXAMPLES = 3

Progress = Callable[[int, int], None]
"""Told how many rows are done, and how many there are."""

SOON = timedelta(hours=1)
InParts = Callable[[int, ReportingWindow], None]
"""Told, before anything is sent, in how many requests a file goes to a server, where a window that is open closes in
less than SOON: each request has a moment of receipt of its own."""


def submit_file(
    workplace: Workplace,
    order: FileOrder,
    terms: Terms,
    progress: Progress | None = None,
    in_parts: InParts | None = None,
    broken_off: Callable[[FileSubmitted], None] | None = None,
) -> FileSubmitted:
    """Every row of a file, by the same rules as a single return; an outcome for each.

    Nothing that comes after rows were recorded hides that they were: where ct cannot go on, the answer holds what was
    done until then, and why it ended. Where it is interrupted, `broken_off` is told that answer first.

    Raises, before anything is recorded, FileRefused and its kinds, FileMissing, FormatUnknown, NoSuchSurvey, NoSuchMap,
    MapsToNothing, MapNeedsAName, SettingsUnwritable, TooManyTogether, StoreUnusable; of the report, ReportOverInput,
    EndingNotWritten and FileNotWritten.
    """
    if order.report is not None:
        check_report_path(order.report, order.file)
    if order.save_map:
        check_map_name(order.save_map)
    filed_here = workplace.settings.text("filing") == "ct"
    here = workplace
    # The file before the store, which may first send what waits: what counts is when all of the file was here.
    sheet, rows, problems, here_at = open_rows(
        workplace, order, lambda: (here if terms.dry_run else here.taking_in).backend
    )
    with sheet:
        if not terms.dry_run:
            workplace = workplace.taking_in
        if rows is not None and order.save_map and not terms.dry_run:
            save_map(workplace.settings, order.save_map, rows.mapping)
        run = _Run(workplace, order, terms, progress or _unseen, here_at, filed_here, in_parts)
        run.problems.extend(problems)
        total = rows.scanned.total if rows else 0
        try:
            with _seldom_collecting():
                owed = run.go(rows) if rows is not None else None
            return run.reported(run.answer(sheet, total, owed), sheet)
        except CtError as error:
            if not run.has_recorded:
                raise
            return replace(run.answer(sheet, total, None), failures=(after_some(error),))
        except BaseException:
            if run.has_recorded and broken_off is not None:
                broken_off(run.answer(sheet, total, None))
            raise


@dataclass
class _Run:
    """One file on its way through."""

    workplace: Workplace
    order: FileOrder
    terms: Terms
    progress: Progress
    here_at: datetime
    """When all of the file was here."""
    filed_here: bool
    in_parts: InParts | None = None

    def __post_init__(self) -> None:
        self.problems: list[Problem] = []
        self.outcomes = RowOutcomes()
        self.changed: list[RowChange] = []
        self.conflicts: list[RowConflict] = []
        self.sheet: Sheet | None = None
        self.says_versions = False
        self.fulfilling = 0
        self.counted: set[str] = set()

    @property
    def has_recorded(self) -> bool:
        """Whether any row is in the ledger, or waits to be sent."""
        return not self.terms.dry_run and any(fate.recorded or fate is Fate.QUEUED for fate in self.outcomes.counts())

    def go(self, rows: FileRows) -> tuple[StillOwed, ...] | None:
        """Examine and settle every row; in a dry run, what the file leaves out."""
        total, dry_run = rows.scanned.total, self.terms.dry_run
        most = self.workplace.backend.most_together
        if self.order.atomic and most is not None and total > most:
            raise TooManyTogether(most=most, count=total, file=rows.sheet.file)
        if most is not None and total > CHUNK and self.in_parts is not None and not dry_run:
            self._warn_of_close(-(-total // CHUNK), rows)
        self.sheet, self.says_versions = rows.sheet, rows.plan.version_seen is not None
        versions_seen = self._versions_seen(rows.scanned)
        intake = BulkIntake(self.workplace, self.order, self.terms, rows, self.here_at, versions_seen)
        with finishing(self.workplace, self.order, self.here_at, dry_run=dry_run) as unfinished:
            if self.order.atomic:
                self._all_or_none(intake, rows, unfinished)
            else:
                for seen, outcomes in _recorded(intake, rows, CHUNK):
                    self._settled(seen, outcomes, unfinished)
                    self.progress(len(self.outcomes), total)
        return still_owed(self.workplace, rows.scanned.months, rows.scanned.hashes) if dry_run else None

    def _versions_seen(self, scanned: Scanned) -> VersionsSeen | None:
        """The versions that stand as the run begins: what others record from then on, no row replaces."""
        seen = {}
        for month in scanned.months:
            standing = self.workplace.backend.versions_standing(
                month, self.order.survey, scanned.location_ids, rehearsals=clock.rehearsing()
            )
            if standing is None:
                return None
            seen[month] = standing
        return seen

    def _warn_of_close(self, parts: int, rows: FileRows) -> None:
        assert self.in_parts is not None  # as its caller has seen
        now = self.workplace.present
        windows = self.workplace.calendar.windows(sorted(rows.scanned.months))
        for window in windows:
            if window.holds(now) and window.ends_at - now < SOON:
                self.in_parts(parts, window)

    def _all_or_none(self, intake: BulkIntake, rows: FileRows, unfinished: UnfinishedRun) -> None:
        seen = [each for chunk in _examined(intake, rows, CHUNK) for each in chunk]
        if any(each.fate is not None for each in seen):
            seen = [each._replace(fate=each.fate or Fate.HELD_BACK, submission=None) for each in seen]
        self._settled(seen, intake.settle(_submissions(seen), atomic=True), unfinished)
        self.progress(len(seen), len(seen))

    def _settled(
        self, seen: Sequence[SeenRow], outcomes: Sequence[Outcome | NewEntry], unfinished: UnfinishedRun
    ) -> None:
        """Keep what became of rows, by the outcomes of those that nothing stood in the way of, in the same order."""
        each_outcome = iter(outcomes)
        told: list[Told] = []
        for each in seen:
            row, location_id, service, month, fate, submission, problems = each
            if problems:
                self.problems += problems
            if submission is None:
                assert fate is not None  # why it is not recorded
                told.append((row, location_id, service, month, fate, None))
                continue
            outcome = next(each_outcome)
            if isinstance(outcome, NewEntry):
                assert isinstance(submission, PlainReturn)  # the contract's promise
                self.fulfilling += submission.shared.fulfils
                told.append((row, location_id, service, month, Fate.ACCEPTED, outcome.receipt_id))
            else:
                told.append((row, location_id, service, month, *self._recorded(each, outcome, unfinished)))
        self.outcomes.extend(told)

    def _recorded(self, each: SeenRow, outcome: Outcome, unfinished: UnfinishedRun) -> tuple[Fate, str | None]:
        """What became of a row, and its receipt."""
        fate, entry = fate_of(outcome), outcome.entry
        self.problems.extend(outcome.problems)
        if fate is Fate.CONFLICT and each.submission is not None:
            self._conflict(each.row, alone(each.submission).checked, entry)
        receipt = None
        if entry is not None and fate.recorded:
            if fate is Fate.ALREADY_RECORDED and unfinished.recorded(entry) and entry.receipt_id not in self.counted:
                self.counted.add(entry.receipt_id)
                fate = Fate.CORRECTED if entry.version > 1 else Fate.ACCEPTED
            self.fulfilling += entry.fulfils
            receipt = entry.receipt_id or None  # what a dry run foresees has none yet
            if fate is Fate.CORRECTED and outcome.previous is not None:
                changes = changes_between(outcome.previous.values, entry.values)
                self.changed.append(RowChange(each.row, entry.location_id, entry.service, changes))
        return fate, receipt

    def _conflict(self, row: int, said: CheckedReturn, newer: Entry | None) -> None:
        version = newer.version if newer else 0
        first = f"write {version} in its {VERSION_SEEN} cell (or clear that), and " if self.says_versions else ""
        then = "" if self.says_versions else ": it then replaces the newer one"
        remedy = f"Look at both. If yours is right, {first}submit the file again{then}."
        assert self.sheet is not None  # rows were read from it
        place = self.sheet.place(row)
        self.problems.append(newer_return(said, said.expected_version or 0, newer, remedy, place))
        if newer is not None:
            newer_one = NewerReturn.of(newer, said)
            self.conflicts.append(RowConflict(row, said.location_id, said.service, newer_one))

    def answer(self, sheet: Sheet, total: int, owed: tuple[StillOwed, ...] | None) -> FileSubmitted:
        """What there is to say when all is done."""
        counts = self.outcomes.counts()
        unread = any(found.severity is Severity.ERROR for found in self.problems) and not len(self.outcomes)
        return FileSubmitted(
            file=sheet.file,
            sheet=sheet.name,
            dry_run=self.terms.dry_run,
            atomic=self.order.atomic,
            rehearsal=clock.rehearsing(),
            filed_here=self.filed_here,
            total=total,
            counts=counts,
            fulfilling=self.fulfilling,
            kinds=_kinds(self.problems),
            changed=tuple(self.changed),
            conflicts=tuple(self.conflicts),
            still_owed=owed,
            rows=self.outcomes,
            problems=tuple(self.problems),
            exit_status=ExitStatus.REFUSED if unread else status_of(counts),
        )

    def reported(self, answer: FileSubmitted, sheet: Sheet) -> FileSubmitted:
        """The answer with the report written, where one was asked for."""
        if self.order.report is None:
            return answer
        path, failure = write_report(self.order.report, self.problems, sheet)
        return replace(answer, report=path, failures=() if failure is None else (failure,))


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for cycles of garbage a thousand times less often: rows make none, and looking was a fifth of the time.

    A hundred times less often still looked through the rows of a chunk several times.
    """
    before = gc.get_threshold()
    gc.set_threshold(1_000 * before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _unseen(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def _examined(intake: BulkIntake, rows: FileRows, count: int) -> Iterator[list[SeenRow]]:
    """The rows as the rules see them, so many at a time."""
    each = rows.sheet.rows(rows.plan.names)
    seen: list[SeenRow] = []
    while block := list(islice(each, BLOCK)):
        seen += intake.examine(block)
        if len(seen) >= count:
            yield seen
            seen = []
    if seen:
        yield seen


def _recorded(
    intake: BulkIntake, rows: FileRows, count: int
) -> Iterator[tuple[list[SeenRow], Sequence[Outcome | NewEntry]]]:
    """Each chunk and its outcomes, once it is recorded. The next is examined meanwhile, and begun before this is told:
    to write a chunk takes as long as to examine one. Where a chunk fails, the one before it is told first."""
    before: tuple[list[SeenRow], UnderWay] | None = None
    done: tuple[list[SeenRow], Sequence[Outcome | NewEntry]] | None = None
    try:
        for seen in _examined(intake, rows, count):
            if before is not None:
                ended, before = before, None
                done = ended[0], ended[1].outcomes()
            before = seen, intake.start(_submissions(seen))
            if done is not None:
                told, done = done, None
                yield told
    except CtError:
        if done is None and before is not None:
            done = before[0], before[1].outcomes()
        if done is not None:
            yield done
        raise
    if before is not None:
        yield before[0], before[1].outcomes()


def _submissions(seen: Sequence[SeenRow]) -> list[Submission | PlainReturn]:
    """What a backend is given to record: the rows that nothing stands in the way of, in their order."""
    return [each.submission for each in seen if each.submission is not None]


def _kinds(problems: Sequence[Problem]) -> tuple[ProblemKind, ...]:
    """The problems by kind: errors first, then queries, each the most frequent first."""
    counts = Counter(found.code for found in problems)
    first: dict[str, list[Problem]] = {}
    for found in problems:
        examples = first.setdefault(found.code, [])
        if len(examples) < _EXAMPLES:
            examples.append(found)
    order = list(Severity)
    kinds = [
        ProblemKind(
            code,
            examples[0].severity,
            counts[code],
            examples[0].words,
            examples[0].remedy,
            tuple(example.place for example in examples if example.place is not None),
        )
        for code, examples in first.items()
    ]
    return tuple(sorted(kinds, key=lambda kind: (order.index(kind.severity), -kind.count, kind.code)))
