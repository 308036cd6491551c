"""What every store promises. The suite in tests/backends/ holds each backend to every sentence here.

The promises of the ledger:

1. When `record` returns, what it accepted is durable: a crash of the program or the machine does not lose it.
2. The ledger is append-only. A correction is a new version; no operation changes or removes an entry.
3. Each entry carries a hash over its own content and over the previous entry's hash for the same location and
   service, so later tampering shows.
4. The same return twice is one return: the second time its receipt is that of the first, and nothing is written.
   (`ct_cli.backends.ledger` says what the same means, and when it makes a difference to write it all the same.)
5. One call of `record` is one transaction: all of its entries, or none.
6. Two programs that record at once both succeed, in some order, and neither sees the store as broken.
7. A rehearsal never stands in for a real return: a store that was not opened for a rehearsal shows none as the
   latest return, and holds no real submission against one. What else is shown of a rehearsal is marked so.
Submissions, entries, outcomes and fulfilments are named tuples: of these there are 100,000 at a time, and a frozen
dataclass with an entry's 21 fields takes 11 µs to make where a named tuple takes 0.9 (measured).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self, TypeVar

from ct_cli.backends.damage import ChainEnd, Damaged, Misnoted
from ct_cli.backends.fulfilments import Fulfilment, FulfilmentRow, fulfilment_row
from ct_cli.backends.last_returns import LastFigures, LastReturn, Recent
from ct_cli.backends.submission import PlainReturn, Shared, Source, Submission
from ct_cli.compliance.obligation import Counting
from ct_cli.errors import UsageError
from ct_cli.register.location import Location, Scope, User
from ct_cli.register.sighting import Sighting
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Problem
from ct_cli.returns.rules.case import LocationFacts, figures_of
from ct_cli.returns.the_return import NilReason, ReturnKind, Values
from ct_cli.returns.values_text import values_of
from ct_cli.stores.damaged_rows import row_in_words
from ct_cli.windows.month import Month

__all__ = [
    "Backend", "ChainEnd", "ChainKey", "Damaged", "Entry", "Expected", "Fulfilment", "FulfilmentRow", "LastFigures",
    "LastReturn", "Misnoted", "NewEntry", "Outcome", "OutcomeKind", "PlainReturn", "Recent", "Recording", "Shared",
    "Source", "Submission", "TextRefused",
]  # fmt: skip


class TextRefused(UsageError):
    """Something that was typed has, as its character {position}, one that no store can keep. Type it again without;
    nothing was recorded."""

    code = "text-refused"


class NewEntry(NamedTuple):
    """What a plain return became where its month had none: accepted, as the first version."""

    receipt_id: str


class Entry(NamedTuple):
    """One line of the ledger."""

    receipt_id: str
    """The first 16 hexadecimal digits of `entry_hash`."""
    location_id: str
    service: Service
    number: int
    """Its place in the chain of this location and service, from 1."""
    month: Month
    version: int
    """1 for the first of its month, 2 for its first correction …

    Counted apart for each survey. A real return's versions count real ones only, a rehearsal's count all.
    """
    kind: ReturnKind
    collection: str
    survey: str
    """A voluntary survey's id, which fulfils nothing; empty for the monthly return."""
    content: str
    """The values as they are stored and hashed: JSON in ASCII, keys sorted, no spaces."""
    reason: NilReason | None
    note: str
    confirmed: tuple[str, ...]
    received_at: datetime
    """Aware, in UTC, to the microsecond."""
    fulfils: bool
    rehearsal: bool
    source: Source
    recorded_by: str
    content_hash: str
    """SHA-256 of what was said: collection, kind, values, reason, note, confirmed."""
    previous_hash: str
    """The entry hash before it in the chain; empty for the first."""
    entry_hash: str

    @property
    def values(self) -> Values:
        """The values, read from `content` each time: of thousands of entries few are asked for their values.

        Raises FiguresUnreadable.
        """
        known = (self.receipt_id, self.location_id)
        return values_of(self.content, lambda: row_in_words(("receipt_id", "location_id"), known))

    @property
    def as_last(self) -> LastReturn:
        """As much of it as the rules look at."""
        return LastReturn(self.month, self.kind, self.content, self.rehearsal)

    @property
    def seen_empty(self) -> bool:
        """Whether it is only Capacity Tracker's word that the return was made, without its figures."""
        return self.source.seen and self.content == "{}"


class OutcomeKind(StrEnum):
    """What became of a submission."""

    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    ALREADY_RECORDED = "already-recorded"
    """The same return was there: its receipt is given again."""
    CONFLICT = "conflict"
    """`expected_version` was not the latest; nothing was written."""
    REFUSED = "refused"
    """A remote store's own rules refused it; `problems` say why."""
    HELD_BACK = "held-back"
    """All or none was asked for, and others of the same call keep it out; nothing was written."""
    QUEUED = "queued"
    """A remote store could not be reached; the return waits here and is not yet sent."""


class Outcome(NamedTuple):
    """What became of one submission; in the order of the submissions."""

    kind: OutcomeKind
    entry: Entry | None
    """The entry that now stands; None for refused, held back and queued."""
    previous: Entry | None = None
    """The entry that a correction follows."""
    problems: tuple[Problem, ...] = ()


BecameOf = TypeVar("BecameOf", bound=Outcome | NewEntry)

NOT_TAKEN = frozenset({OutcomeKind.CONFLICT, OutcomeKind.REFUSED})
"""What becomes of a return that a store does not take, because of what it says or of what stands there."""


def all_or_none(outcomes: Sequence[BecameOf]) -> Sequence[BecameOf | Outcome]:
    """What becomes of returns of which all are to be recorded or none, from what would become of each by itself: where
    one is not taken, all the others are held back."""
    if not any(isinstance(it, Outcome) and it.kind in NOT_TAKEN for it in outcomes):
        return outcomes
    held_back = Outcome(OutcomeKind.HELD_BACK, None)
    return [it if isinstance(it, Outcome) and it.kind in NOT_TAKEN else held_back for it in outcomes]


ChainKey = tuple[str, Service]

Recording = Callable[[], "Sequence[Outcome | NewEntry]"]
"""Waits until rows are recorded, and tells their outcomes, in order; the same each time that it is called."""

Report = TypeVar("Report")
KeptBeside = TypeVar("KeptBeside", bound="Backend")

Expected = Mapping[str, Collection[str]]
"""By location, the versions (`ct_cli.register.versions`) that somebody saw before changing it, or its users."""


class Backend(ABC):
    """A store of the register and of the ledger. Closed by `close`, or by leaving `with`."""

    lacks: str = ""
    """What it held when it was last used on this computer and holds no longer, in words; empty where that is nothing
    or nobody knows."""
    most_together: int | None = None
    """How many submissions one call of `record` may have; None for any number."""
    suggests = True
    """Whether somebody who asks for what is not there is told what is nearest to it, for which all there is is read:
    not behind a server, where the answer is the same as for what is another's."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections. May be called twice."""

    def kept_beside(self, open_one: Callable[[], KeptBeside], kind: type[KeptBeside]) -> KeptBeside:
        """Another store that is opened at its first use, for what this one does not keep, and closed with this one."""
        raise NotImplementedError(f"{type(self).__name__} needs no {kind.__name__} beside it: {open_one!r}")

    # The register.

    @abstractmethod
    def locations(self, scope: Scope) -> Sequence[Location]:
        """The locations in scope, ordered by id."""

    def locations_from(self, scope: Scope, first: str, most: int) -> Sequence[Location]:
        """Of the locations in scope those whose id is `first` or comes after it: so many of them at most."""
        return [it for it in self.locations(scope) if it.id >= first][:most]

    def facts(self, location_ids: frozenset[str]) -> Mapping[str, LocationFacts]:
        """What the rules need of these locations, by id; those that the register does not know are left out."""
        return {it.id: it.facts for it in self.locations(Scope(location_ids=location_ids, include_closed=True))}

    @abstractmethod
    def save_locations(self, locations: Iterable[Location], *, expected: Expected | None = None) -> None:
        """Add each location or put it in the place of the one with its id; all or none.

        Those that are `expected` are saved only where their version, as they stand or are missing at that moment, is
        one of those named for them. Raises RegisterChanged.
        """

    @abstractmethod
    def users(self, scope: Scope) -> Sequence[User]:
        """The users of the locations in scope, ordered by location and email."""

    def users_from(self, scope: Scope, first: tuple[str, str], most: int) -> Sequence[User]:
        """Of the users in scope those whose location and email are `first` or come after it: so many at most."""
        return [it for it in self.users(scope) if (it.location_id, it.email) >= first][:most]

    @abstractmethod
    def save_users(self, users: Iterable[User], *, expected: Expected | None = None) -> None:
        """Add each user, or change the name of the one with that location and email; all or none.

        Those of a location that is `expected` are saved only where the version of each, or that of all users of the
        location, is one of those named for it. Raises RegisterChanged.
        """

    @abstractmethod
    def remove_users(self, email: str, location_id: str | None = None) -> int:
        """Erase a user from one location, or from all; the number erased. Nothing of the person is kept."""

    # What Capacity Tracker was last seen to say, beside the returns of its that are in the ledger.

    @abstractmethod
    def sightings(self, scope: Scope) -> Sequence[Sighting]:
        """The last sighting of each service of the locations in scope, ordered by location and service."""

    @abstractmethod
    def save_sightings(self, sightings: Iterable[Sighting]) -> None:
        """Add each sighting or put it in the place of the one of its location and service; all or none."""

    # The ledger.

    @abstractmethod
    def record(self, submissions: Sequence[Submission], *, atomic: bool = False) -> Sequence[Outcome]:
        """Append what is new, in one transaction; an outcome for each submission, in order.

        With `atomic`, append all of it or, where the store does not take one of them, nothing: those that it would
        have taken are then `HELD_BACK`.
        """

    def record_rows(
        self, rows: Sequence[Submission | PlainReturn], *, atomic: bool = False
    ) -> Sequence[Outcome | NewEntry]:
        """The same for the rows of a file. `NewEntry` is only ever the outcome of a plain return."""
        alone = [row.submission() if isinstance(row, PlainReturn) else row for row in rows]
        return self.record(alone, atomic=atomic)

    def start_recording(self, rows: Sequence[Submission | PlainReturn]) -> Recording:
        """The same, perhaps while the caller goes on: what `record` promises holds once the answer was called and
        returned. It may raise what `record_rows` raises.

        Until then nothing else is recorded, and what is read of these locations may be as it was before.
        """
        outcomes = self.record_rows(rows)
        return lambda: outcomes

    @abstractmethod
    def latest(self, scope: Scope, before: Month | None = None, survey: str = "") -> Mapping[ChainKey, Entry]:
        """The last entry of the latest month of each chain in scope, of the monthly return or of one survey.

        With `before`, of the latest month earlier than that one. What Capacity Tracker's export showed without values
        is passed over: it has nothing to carry forward.
        """

    def versions(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = ""
    ) -> Sequence[Entry]:
        """Every entry of one month of one service, or of one survey, at these locations: by location, oldest first.

        Rehearsals and what Capacity Tracker showed without values are among them: it is what `record` holds a
        submission against.
        """
        return [
            entry
            for location_id in sorted(location_ids)
            for entry in self.history(location_id, service)
            if entry.month == month and entry.survey == survey
        ]

    def contents(
        self, location_ids: Collection[str], service: Service, month: Month, survey: str = "", *, rehearsals: bool
    ) -> Mapping[str, str]:
        """By location, the content of the version of a month that one more return would replace: of `versions` the
        last that was not seen in Capacity Tracker."""
        return {
            entry.location_id: entry.content
            for entry in self.versions(location_ids, service, month, survey)
            if not entry.source.seen and (rehearsals or not entry.rehearsal)
        }

    def versions_standing(
        self,
        month: Month,  # noqa: ARG002
        survey: str,  # noqa: ARG002
        location_ids: Collection[str] | None,  # noqa: ARG002
        *,
        rehearsals: bool,  # noqa: ARG002
    ) -> "Mapping[Service, Mapping[str, int]] | None":
        """By service and location, the version of the last return for a month, at these locations or at all; those that
        have none are left out. What Capacity Tracker showed is no such return.

        None where this store does not tell of thousands at once.
        """
        return None

    @abstractmethod
    def recent(self, scope: Scope) -> Sequence[Recent]:
        """The last two monthly returns of each chain in scope, as `latest` has them, and since when its staff is as
        many; ordered by location and service. One question, however many chains there are."""

    def last_returns(self, location_ids: frozenset[str], before: Month, survey: str) -> Mapping[ChainKey, LastReturn]:
        """The same as `latest` of these locations, with no more than the rules look at."""
        latest = self.latest(Scope(location_ids=location_ids, include_closed=True), before, survey)
        return {key: entry.as_last for key, entry in latest.items()}

    def last_figures(self, location_ids: frozenset[str], before: Month) -> Mapping[ChainKey, LastFigures]:
        """Of the monthly return, no more than their figures: for thousands of rows, of which few need the rest."""
        last = self.last_returns(location_ids, before, "")
        return {
            key: LastFigures(it.month, figures_of(key[1], it.values), None, it.rehearsal) for key, it in last.items()
        }

    def months_back(self, location_id: str, service: Service, last: Month) -> Iterable[LastReturn]:
        """The monthly returns of a chain up to a month, the latest month first and in it the last entry first.

        As in `latest`, what Capacity Tracker showed without values is passed over.
        """
        entries = [it for it in self.history(location_id, service) if not it.survey and it.month <= last]
        entries = [it for it in entries if not it.seen_empty]
        yield from (it.as_last for it in sorted(entries, key=lambda it: (it.month, it.number), reverse=True))

    def returns_before(
        self, location_ids: Collection[str], service: Service, before: Month, *, rehearsals: bool
    ) -> Mapping[str, LastReturn]:
        """By location, the last entry of the latest month before this one, as `months_back` has it; or none."""
        found: dict[str, LastReturn] = {}
        for location_id in location_ids:
            back = self.months_back(location_id, service, before + -1)
            last = next((it for it in back if rehearsals or not it.rehearsal), None)
            if last is not None:
                found[location_id] = last
        return found

    @abstractmethod
    def history(self, location_id: str, service: Service | None = None) -> Sequence[Entry]:
        """Every entry of a location, oldest first within each service."""

    @abstractmethod
    def receipts(self, beginning: str) -> Sequence[Entry]:
        """The entries whose receipt begins so (lower case), ordered by receipt: at most ten."""

    def entry(self, receipt_id: str) -> Entry | None:
        """The entry of a receipt; None where there is none."""
        return next((entry for entry in self.receipts(receipt_id) if entry.receipt_id == receipt_id), None)

    @abstractmethod
    def fulfilments(self, scope: Scope, first: Month, last: Month) -> Iterable[Fulfilment]:
        """The entries that fulfil each (location, service, month) in scope, first to last included.

        Of each source the last, and of rehearsals apart from real ones; which of them counts is for `compliance`.
        Ordered by location, service and month.
        """

    def fulfilment_rows(self, scope: Scope, first: Month, last: Month) -> Sequence[FulfilmentRow]:
        """The same as rows of text, for those who tell of thousands; each is one that `fulfilment_of` takes."""
        return list(map(fulfilment_row, self.fulfilments(scope, first, last)))

    @abstractmethod
    def months_fulfilled(self, scope: Scope, first: Month, last: Month, counting: Counting) -> Mapping[ChainKey, int]:
        """The same as bits, for a whole register: bit 0 is the last month, bit 1 the one before it.

        Only what counts is set; a chain with no bit may be left out.
        """

    def counted_there(self, kind: type[Report], name: str, asked: Mapping[str, str]) -> Report | None:  # noqa: ARG002
        """A report that this store's keeper counts itself and tells in one call; None where it is counted here.

        `asked` is what is asked by name, in the API's spelling.
        """
        return None

    @abstractmethod
    def walk(self, location_id: str | None = None) -> Iterator[Entry | Damaged]:
        """Every entry, or every entry of one location: chain by chain, each chain in its order, to be verified."""

    @abstractmethod
    def chain_ends(self, location_id: str | None = None) -> Iterator[ChainEnd]:
        """The end of every chain, or of one location's, so that an entry taken off a chain's end is missed."""

    def misnoted(self) -> Iterable[Misnoted]:
        """Chains of which more is noted than their ends, and something else than their entries say.

        None where nothing is noted, and none told over a network: whoever keeps that store asks it there.
        """
        return ()

    def unreadable(self) -> Iterable[str]:
        """Each row of the register, the ledger and what is beside them that is not as ct writes it: which it is, in
        words that quote nothing of it. None told over a network: whoever keeps that store asks it there.
        """
        return ()

    @abstractmethod
    def at_one_moment(self) -> AbstractContextManager[None]:
        """Within it, all that is read is as it stood at one moment, whatever others record meanwhile. Only for reading.

        Without it, a chain that grows between `walk` and `chain_ends` would look altered.
        """
