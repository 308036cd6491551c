"""What became of a return that was handed in: the values that `ct submit` and `ct nil-return` answer with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ct_cli.actions.answer import Answer
from ct_cli.backends.contract import Entry, Outcome, OutcomeKind, Source
from ct_cli.errors import ExitStatus
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Place, Problem, Severity
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month


class Fate(StrEnum):
    """What became of one return."""

    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    """It differs from what stood for that month: a new version, and the earlier one stays in the history."""
    ALREADY_RECORDED = "already-recorded"
    """The same return was there: nothing was written, and its receipt is given again."""
    NEEDS_CONFIRMING = "needs-confirming"
    """A query is open: it is recorded once confirmed with a note."""
    OUTSIDE_WINDOW = "outside-window"
    """Its month's window is not open, and --outside-window was not given."""
    REFUSED = "refused"
    HELD_BACK = "held-back"
    """Nothing is wrong with it, but with --atomic another row's fault keeps it out."""
    CONFLICT = "conflict"
    """Somebody corrected it since the version that was to be replaced."""
    QUEUED = "queued"
    """The store could not be reached; the return waits here and is not yet sent."""

    @property
    def recorded(self) -> bool:
        """Whether the ledger holds it now (or would, in a dry run)."""
        return self in _RECORDED


_RECORDED = frozenset({Fate.ACCEPTED, Fate.CORRECTED, Fate.ALREADY_RECORDED})


FATES = {
    OutcomeKind.ACCEPTED: Fate.ACCEPTED,
    OutcomeKind.CORRECTED: Fate.CORRECTED,
    OutcomeKind.ALREADY_RECORDED: Fate.ALREADY_RECORDED,
    OutcomeKind.CONFLICT: Fate.CONFLICT,
    OutcomeKind.REFUSED: Fate.REFUSED,
    OutcomeKind.HELD_BACK: Fate.HELD_BACK,
    OutcomeKind.QUEUED: Fate.QUEUED,
}
"""A store's outcomes as fates."""


def fate_of(outcome: Outcome) -> Fate:
    """What an outcome is to whoever submitted: a server that refuses a return for open queries alone wants them
    confirmed."""
    fate = FATES[outcome.kind]
    if fate is Fate.REFUSED and any(problem.code == "window-not-open" for problem in outcome.problems):
        return Fate.OUTSIDE_WINDOW
    queries = [problem for problem in outcome.problems if problem.severity is Severity.QUERY]
    errors = any(problem.severity is Severity.ERROR for problem in outcome.problems)
    return Fate.NEEDS_CONFIRMING if fate is Fate.REFUSED and queries and not errors else fate


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that a return was recorded."""

    id: str
    received_at: datetime
    """Aware, in UTC."""
    version: int
    content_hash: str
    fulfils: bool
    source: Source
    rehearsal: bool
    recorded_by: str

    @classmethod
    def of(cls, entry: Entry) -> "Receipt":
        """The receipt of a ledger's entry."""
        return cls(
            entry.receipt_id,
            entry.received_at,
            entry.version,
            entry.content_hash,
            entry.fulfils,
            entry.source,
            entry.rehearsal,
            entry.recorded_by,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs from the return before. None stands for blank."""

    field: str
    old: int | str | None
    new: int | str | None


def changes_between(old: Mapping[str, int | str], new: Mapping[str, int | str]) -> tuple[Change, ...]:
    """What differs, in the order of the new return, then what is gone from it."""
    fields = [*new, *(field for field in old if field not in new)]
    return tuple(Change(field, old.get(field), new.get(field)) for field in fields if old.get(field) != new.get(field))


@dataclass(frozen=True, slots=True)
class NewerReturn:
    """A return that somebody recorded after the version that another was made from."""

    version: int
    receipt_id: str
    received_at: datetime
    """Aware, in UTC."""
    recorded_by: str
    source: Source
    differences: tuple[Change, ...]
    """What the two say differently; `old` is what stands, `new` is what was to replace it."""

    @classmethod
    def of(cls, newer: Entry, said: CheckedReturn) -> "NewerReturn":
        """The newer return, held against what was to be said."""
        beside = {
            "kind": (newer.kind.value, said.kind.value),
            "nil_reason": (newer.reason and newer.reason.value, said.reason and said.reason.value),
            "note": (newer.note or None, said.note or None),
        }
        differences = (
            *(Change(name, old, new) for name, (old, new) in beside.items() if old != new),
            *changes_between(newer.values, said.values),
        )
        return cls(
            newer.version, newer.receipt_id, newer.received_at, newer.recorded_by, newer.source, differences
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReturnResult:
    """One return, what became of it, and why."""

    location_id: str
    name: str
    """The location's; empty where it is not known."""
    service: Service | None
    """None where a file's row names no service that there is."""
    month: Month | None
    kind: ReturnKind
    survey: str
    fate: Fate
    fulfils: bool
    """Whether it meets the month's duty: recorded inside the window, and not a voluntary survey."""
    opens_at: datetime | None
    """When its window opens; None where it names no month."""
    closes_at: datetime | None
    version: int | None = None
    """Which version of the month's return it is, or would be in a dry run; None where it is not recorded."""
    receipt: Receipt | None = None
    """None in a dry run, and where nothing is recorded."""
    changes: tuple[Change, ...] = ()
    """Against the version that it corrects or, for the month's first, against the last month's."""
    problems: tuple[Problem, ...] = ()
    place: Place | None = None
    newer: NewerReturn | None = None
    """Of a conflict, the return that came in between."""


@dataclass(frozen=True, slots=True)
class PageToEnter:
    """What to type into one of Capacity Tracker's pages, in its order."""

    group: str
    values: tuple[tuple[str, int | str], ...]
    """Each item's label and value."""


@dataclass(frozen=True)
class ReturnsSubmitted(Answer):
    """One return, or a nil return for each of a location's services."""

    dry_run: bool
    rehearsal: bool
    """Whether CT_NOW stands in for the present, so that nothing recorded here counts."""
    results: tuple[ReturnResult, ...]
    filed_here: bool
    """Whether a return counts once recorded here; else only once seen in Capacity Tracker's export."""
    to_enter: tuple[PageToEnter, ...] = ()
    """Where returns are filed in Capacity Tracker by hand: what to enter there."""
    tell_cqc: bool = False
    """Whether the reason given is one that CQC must be told of too."""


def status_of(fates: Collection[Fate]) -> ExitStatus:
    """What a run ends with: 3 where any was refused, else 7 for the window, 6 for the network, 4 for open queries."""
    for fate, status in _STATUSES.items():
        if fate in fates:
            return status
    return ExitStatus.DONE


_STATUSES = {
    Fate.REFUSED: ExitStatus.REFUSED,
    Fate.CONFLICT: ExitStatus.REFUSED,
    Fate.OUTSIDE_WINDOW: ExitStatus.WINDOW_NOT_OPEN,
    Fate.QUEUED: ExitStatus.NETWORK,
    Fate.NEEDS_CONFIRMING: ExitStatus.OUTSTANDING,
}
