"""The ledger's own arithmetic, the same for every store: what an entry's hashes cover, when two returns are the same
return, and what a submission becomes.

Two returns are the same where everything that they say is the same, as their content hash tells: collection, kind,
values, reason, note and confirmed queries. A submission that says the same as the one that stands for its month is
already recorded, and nothing is written, save where writing makes a difference:

- the one that stands came outside the window, and the new one fulfils;
- the one that stands is a rehearsal, and the new one is real (a real submission is never held against a rehearsal);
- one was seen in Capacity Tracker and the other was not (each kind is held against its own kind alone).

A submission may name the version that its sender had seen (0: none). Where a return with another content came since,
it is a conflict and nothing is written. What was seen in Capacity Tracker since is no conflict: nobody here said it.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from ct_cli.backends.contract import ChainKey, Entry, Outcome, OutcomeKind, Shared, Source, Submission, TextRefused
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, NilReason, ReturnKind
from ct_cli.returns.values_text import values_text
from ct_cli.windows.month import Month

RECEIPT_DIGITS = 16

MonthKey = tuple[str, Service, str, Month]
"""Location, service, survey (empty for the monthly return) and month: what versions are counted in."""

_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

TEXT = {member: member.value for kind in (Service, ReturnKind, NilReason, Source) for member in kind}
"""Enums as plain text: SQLite binds that, and Python formats it, several times faster."""


class Head(NamedTuple):
    """The end of a chain."""

    number: int
    entry_hash: str


EMPTY_CHAIN = Head(0, "")


def content_hash(said: CheckedReturn | Entry, values: str) -> str:
    """SHA-256 of what was said; `values` is its `values_text`, made once for the store and the hash."""
    reason = TEXT[said.reason] if said.reason else ""
    aside = _json([said.note, *said.confirmed]) if said.note or said.confirmed else "[]"
    text = f"ct-content-1\n{said.collection}\n{TEXT[said.kind]}\n{reason}\n{values}\n{aside}"
    return _digest(text)


def _digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal. Raises TextRefused of half a character, which no store can keep."""
    try:
        return sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise TextRefused(position=error.start + 1) from None


class PlainHashes:
    """The same two hashes for the plain returns of a batch, with what they share put together once."""

    def __init__(self, shared: Shared) -> None:
        """Raises TextRefused."""
        _refuse_unkeepable(shared.recorded_by)
        around = _around(shared.received_at, shared.fulfils, shared.rehearsal, shared.source, shared.recorded_by)
        self._said_before = f"ct-content-1\n{shared.collection}\n{TEXT[ReturnKind.FULL]}\n\n"
        self._service = TEXT[shared.service]
        self._after = f"{shared.month.key}\n1\n{shared.survey}\n{around}"

    def hashes(self, location_id: str, content: str, number: int, previous: str) -> tuple[str, str]:
        """The content hash and the entry hash of the first version of its month."""
        said = _digest(f"{self._said_before}{content}\n[]")
        whole = f"ct-entry-1\n{previous}\n{said}\n{location_id}\n{self._service}\n{number}\n{self._after}"
        return said, _digest(whole)


def entry_hash(it: Submission | Entry, key: MonthKey, number: int, version: int, content: str, previous: str) -> str:
    """SHA-256 of an entry whole: its content hash, the hash before it, and every other field that is stored."""
    location_id, service, survey, month = key
    around = _around(it.received_at, it.fulfils, it.rehearsal, it.source, it.recorded_by)
    text = (
        f"ct-entry-1\n{previous}\n{content}\n{location_id}\n{TEXT[service]}\n{number}\n{month.key}\n{version}\n{survey}\n"
        f"{around}"
    )
    return _digest(text)


@lru_cache(maxsize=64)
def _around(received_at: datetime, fulfils: bool, rehearsal: bool, source: Source, recorded_by: str) -> str:
    """The circumstances of an arrival. The rows of a batch share them, so they are put together once."""
    return f"{moment_text(received_at)}\n{fulfils:d}\n{rehearsal:d}\n{source.value}\n{_json(recorded_by)}"


@lru_cache(maxsize=64)
def moment_text(moment: datetime) -> str:
    """A moment as it is stored and hashed: UTC, to the microsecond."""
    return _in_utc(moment).isoformat(timespec="microseconds")


@lru_cache(maxsize=64)
def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def append(
    submissions: Iterable[Submission], heads: dict[ChainKey, Head], months: dict[MonthKey, list[Entry]]
) -> list[Outcome]:
    """What each submission becomes, in order; `heads` and `months` are brought up to date as it goes.

    `heads` holds the end of each chain that is met (absent: empty), `months` every entry of each month that is met,
    oldest first. What a store has to write are the entries of `written(outcomes)`.
    """
    return [_become(submission, heads, months) for submission in submissions]


def foresee(submissions: Iterable[Submission], months: dict[MonthKey, list[Entry]]) -> list[Outcome]:
    """What `append` would make of each submission, in order, without a chain: what a dry run tells.

    `months` are as for `append`. An entry that is not written yet has no receipt, number or hash of its chain: they
    depend on the moment of its receipt, and on what is recorded until then.
    """
    outcomes = []
    for submission in submissions:
        outcome = _become(submission, {}, months)
        if outcome.entry is not None and outcome.kind in _ADDED:
            entry = outcome.entry._replace(receipt_id="", number=0, previous_hash="", entry_hash="")
            months[month_key(entry)][-1] = entry
            outcome = outcome._replace(entry=entry)
        outcomes.append(outcome)
    return outcomes


def written(outcomes: Iterable[Outcome]) -> list[Entry]:
    """The entries that these outcomes add to the ledger."""
    return [outcome.entry for outcome in outcomes if outcome.entry is not None and outcome.kind in _ADDED]


_ADDED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED})


def month_key(said: CheckedReturn | Entry) -> MonthKey:
    """What the versions of a return are counted in."""
    return (said.location_id, said.service, said.survey, said.month)


def _become(submission: Submission, heads: dict[ChainKey, Head], months: dict[MonthKey, list[Entry]]) -> Outcome:
    said = submission.checked
    key = (said.location_id, said.service, said.survey, said.month)
    there = months.get(key, [])
    if there and not submission.rehearsal:
        there = [entry for entry in there if not entry.rehearsal]
    standing = there[-1] if there else None
    values = values_text(said.values)
    content = content_hash(said, values)
    own = next((entry for entry in reversed(there) if _seen(entry) == _seen(submission)), None)
    expected = said.expected_version
    # A negative one is an If-Match that fits nothing: HTTP answers that before it looks at what was sent.
    same = own is not None and own.content_hash == content and (expected is None or expected >= 0)
    if own is not None and same and (own.fulfils or not submission.fulfils):
        return Outcome(OutcomeKind.ALREADY_RECORDED, own)
    latest = max((entry.version for entry in there), default=0)
    # What says the same overwrites nothing, nor does what Capacity Tracker showed.
    if expected is not None and not same and not _seen(submission):
        last_return = next((entry for entry in reversed(there) if not _seen(entry)), None)
        at_least = last_return.version if last_return else 0
        if not at_least <= expected <= latest:
            return Outcome(OutcomeKind.CONFLICT, last_return if expected < at_least else standing)
    version = latest + 1
    chain = (said.location_id, said.service)
    entry = _entry(submission, key, version, (values, content), heads.get(chain, EMPTY_CHAIN))
    heads[chain] = Head(entry.number, entry.entry_hash)
    months.setdefault(key, []).append(entry)
    return Outcome(OutcomeKind.CORRECTED if standing else OutcomeKind.ACCEPTED, entry, standing)


def _seen(made: Submission | Entry) -> bool:
    return made.source.seen


def _entry(submission: Submission, key: MonthKey, version: int, said_as: tuple[str, str], head: Head) -> Entry:
    said = submission.checked
    values, content = said_as
    number = head.number + 1
    for text in (said.note, submission.recorded_by):
        _refuse_unkeepable(text)
    hashed = entry_hash(submission, key, number, version, content, head.entry_hash)
    return Entry(
        receipt_id=hashed[:RECEIPT_DIGITS],
        location_id=said.location_id,
        service=said.service,
        number=number,
        month=said.month,
        version=version,
        kind=said.kind,
        collection=said.collection,
        survey=said.survey,
        content=values,
        reason=said.reason,
        note=said.note,
        confirmed=said.confirmed,
        received_at=_in_utc(submission.received_at),
        fulfils=submission.fulfils,
        rehearsal=submission.rehearsal,
        source=submission.source,
        recorded_by=submission.recorded_by,
        content_hash=content,
        previous_hash=head.entry_hash,
        entry_hash=hashed,
    )


def _refuse_unkeepable(text: str) -> None:
    if "\0" in text:  # PostgreSQL keeps no such character, and one store is not to keep what another refuses
        raise TextRefused(position=text.index("\0") + 1)
