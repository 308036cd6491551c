"""Take in what Capacity Tracker itself says was updated, so that status is true for those who do not use ct."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.collecting import without_collecting
from ct_cli.actions.sighted_returns import Sighted, SightingReader, labels
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Outcome, OutcomeKind, Source
from ct_cli.errors import CtError, after_some
from ct_cli.register.location import Location, Scope
from ct_cli.register.seen import ReadExport
from ct_cli.register.sighting import SightingKind
from ct_cli.register.tracker_file import read_tracker_file
from ct_cli.returns.identity import Service
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.returns.the_return import ReturnKind, Values
from ct_cli.windows.month import Month

_WRITTEN = {OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED}


class NotAllTakenIn(CtError):
    """Not everything was taken in: {reason} What is shown here is recorded. Correct that, and import the same again:
    nothing is recorded twice."""

    code = "not-all-taken-in"


@dataclass(frozen=True, slots=True)
class MonthSeen:
    """How many returns Capacity Tracker was seen to have for a month, in what was taken in."""

    month: Month
    seen: int
    new: int
    """Of these, how many ct did not know, or knew with other figures."""


@dataclass(frozen=True, slots=True)
class TwoAccounts:
    """A return that two sources tell of differently, side by side."""

    location_id: str
    name: str
    service: Service
    month: Month
    here: str
    """What was recorded here, in words."""
    there: str
    """What Capacity Tracker has, in words."""


@dataclass(frozen=True)
class CapacityTrackerImported(Answer):
    """What was read, and what came of it."""

    sources: tuple[str, ...]
    """The files; "Capacity Tracker" for its API."""
    kinds: tuple[SightingKind, ...]
    rows: int
    """Items or rows read."""
    known: int
    """Of these, how many are of locations in the register."""
    months: tuple[MonthSeen, ...]
    """Oldest first."""
    recorded: int
    """Returns that are new in the ledger."""
    corrected: int
    """Of these, how many follow one that was known with other figures."""
    already: int
    """Returns that were known."""
    sightings: int
    """Services of which something newer is known now: vacancies, admissions, users."""
    not_in_register: tuple[str, ...]
    left_out: Mapping[str, int]
    """Why rows make no return, and how many."""
    unread: Mapping[str, int]
    """What could not be read, and how often."""
    zone_assumed: int
    """Moments without a zone, taken as UTC [inferred]."""
    two_accounts: tuple[TwoAccounts, ...]
    """Where what was recorded here says something else."""


def import_capacity_tracker(
    workplace: Workplace, files: Sequence[str], format: FileFormat | None = None
) -> CapacityTrackerImported:
    """Take in files of Capacity Tracker's, of any of its kinds. Taking them in again changes nothing.

    All are read before anything is recorded. Raises FileMissing, FileRefused and its kin, FormatUnknown,
    NotFromCapacityTracker.
    """
    with without_collecting():
        wanted = labels(workplace)
        return take_in(workplace, tuple(files), [read_tracker_file(file, wanted, format) for file in files])


def import_capacity_tracker_api(
    workplace: Workplace, progress: Callable[[int], None] | None = None
) -> CapacityTrackerImported:
    """The same from the export API. Raises KeyMissing, SecretUnreadable, SourceUnreachable, KeyNotTaken, NotAPage."""
    from ct_cli.register.asking import Asker
    from ct_cli.register.tracker_api import read_export

    key = key_of(workplace, "capacity_tracker.key")
    asker = Asker(workplace.settings.text("capacity_tracker.url") or "", "capacity_tracker.key", secret={"key": key})
    return take_in(workplace, ("Capacity Tracker",), [read_export(asker, progress)])


def key_of(workplace: Workplace, setting: str) -> str:
    """The key to another organisation's API. Raises KeyMissing, SecretUnreadable."""
    from ct_cli.register.asking import KeyMissing
    from ct_cli.settings import find_setting
    from ct_cli.settings_secret import read_secret

    key = read_secret(workplace.settings, setting)
    if not key:
        raise KeyMissing(key=setting, variable=find_setting(setting).environment)
    return key


def take_in(workplace: Workplace, sources: tuple[str, ...], reads: Sequence[ReadExport]) -> CapacityTrackerImported:
    """Record what was read. What fails once something is recorded is told beside it."""
    backend = workplace.backend
    everything = Scope(include_closed=True)
    locations = {it.id: it for it in backend.locations(everything)}
    before = {(it.location_id, it.service): it for it in backend.sightings(everything)}
    reader = SightingReader(workplace, locations, before, workplace.now)
    sighted = Sighted()
    outcomes: list[Outcome] = []
    differing: tuple[TwoAccounts, ...] = ()
    failures: tuple[CtError, ...] = ()
    saved = False
    try:
        for read in reads:
            if read.seen:
                reader.take_seen(read, sighted)
                recorded = _record(workplace, sighted)
                outcomes += recorded
                reader.note_seen(recorded, sighted)
        for read in reads:
            if read.reported:
                reader.take_reported(read, _met(workplace, reader.months_reported(read)), sighted)
                outcomes += _record(workplace, sighted)
        if sighted.sightings:
            backend.save_sightings(sighted.sightings.values())
            saved = True
        differing = tuple(_two_accounts(workplace, reads, outcomes, locations))
    except CtError as error:
        if not (saved or any(it.kind in _WRITTEN for it in outcomes)):
            raise
        why = after_some(error)
        failures = (NotAllTakenIn(reason=why.sentence), why)
    return _answer(sources, reads, sighted, outcomes, differing, saved=saved, failures=failures)


def _record(workplace: Workplace, sighted: Sighted) -> Sequence[Outcome]:
    given, sighted.submissions = sighted.submissions, []
    return workplace.backend.record(given) if given else ()


def _met(workplace: Workplace, months: tuple[Month, Month] | None) -> set[tuple[str, Service, Month]]:
    if months is None:
        return set()
    known = workplace.backend.fulfilments(Scope(include_closed=True), *months)
    return {
        (it.location_id, it.service, it.month)
        for it in known
        if it.source.seen and it.rehearsal is workplace.rehearsing
    }


def _answer(
    sources: tuple[str, ...],
    reads: Sequence[ReadExport],
    sighted: Sighted,
    outcomes: Sequence[Outcome],
    differing: tuple[TwoAccounts, ...],
    *,
    saved: bool,
    failures: tuple[CtError, ...],
) -> CapacityTrackerImported:
    kinds = Counter(it.kind for it in outcomes)
    new = [it for it in outcomes if it.kind in _WRITTEN]
    return CapacityTrackerImported(
        sources=sources,
        kinds=tuple(dict.fromkeys(read.kind for read in reads)),
        rows=sum(read.rows for read in reads),
        known=sighted.known,
        months=tuple(_months(outcomes, new, sighted.done_before)),
        recorded=len(new),
        corrected=sum(it.previous is not None and it.previous.source is Source.CAPACITY_TRACKER for it in new),
        already=kinds[OutcomeKind.ALREADY_RECORDED] + sighted.done_before.total(),
        sightings=len(sighted.sightings) if saved else 0,
        not_in_register=tuple(sighted.unknown),
        left_out=dict(sighted.left_out),
        unread=dict(sum((read.unread for read in reads), Counter[str]())),
        zone_assumed=sum(read.zone_assumed for read in reads),
        two_accounts=differing,
        failures=failures,
    )


def _months(outcomes: Sequence[Outcome], new: Sequence[Outcome], before: Counter[Month]) -> Iterator[MonthSeen]:
    seen = Counter(it.entry.month for it in outcomes if it.entry) + before
    fresh = Counter(it.entry.month for it in new if it.entry)
    return (MonthSeen(month, seen[month], fresh[month]) for month in sorted(seen))


def _two_accounts(
    workplace: Workplace, reads: Sequence[ReadExport], outcomes: Sequence[Outcome], locations: Mapping[str, Location]
) -> Iterator[TwoAccounts]:
    """Where the ledger holds another source's return of the same month, with another figure or against a 0."""
    # What was accepted as a month's first return has no other beside it.
    entries = [it.entry for it in outcomes if it.entry is not None and it.kind is not OutcomeKind.ACCEPTED]
    refuted = {(said.location_id, month) for read in reads for said in read.reported for month in said.not_done}
    months = {entry.month for entry in entries} | {month for _, month in refuted}
    if not months:
        return
    known = workplace.backend.fulfilments(Scope(include_closed=True), min(months), max(months))
    here = {(it.location_id, it.service, it.month): it for it in known if not it.source.seen}
    if not here:
        return
    for there in entries:
        own = here.get((there.location_id, there.service, there.month))
        entry = workplace.backend.entry(own.receipt_id) if own is not None and own.kind is not ReturnKind.NIL else None
        differs = _differing(entry.values, there.values) if entry is not None else ()
        if own is not None and own.kind is ReturnKind.NIL and there.values:
            differs = (("nil return", "a return with figures"),)
        if differs:
            words = ("; ".join(side) for side in zip(*differs, strict=True))
            name = locations[there.location_id].name
            yield TwoAccounts(there.location_id, name, there.service, there.month, *words)
    for (location_id, service, month), own in sorted(here.items()):
        if (location_id, month) in refuted:
            name = locations[location_id].name
            said = f"recorded on {_day(workplace, own.received_at)}"
            yield TwoAccounts(location_id, name, service, month, said, "not done, by its monthly report")


def _differing(here: Values, there: Values) -> tuple[tuple[str, str], ...]:
    """The figures that both give, and differently."""
    return tuple(
        (f"{key} {here[key]}", f"{key} {there[key]}") for key in here if key in there and here[key] != there[key]
    )


def _day(workplace: Workplace, moment: datetime) -> str:
    from ct_cli.windows.window import in_words

    return in_words(moment.astimezone(workplace.now.tzinfo).date())
