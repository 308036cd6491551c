"""Whether a ledger is as it was written. Pure: it is given what a store holds, and recomputes every hash.

What this finds: any altered field of any entry, an entry taken out, put in or moved, and entries taken off the end of
a chain. What no ledger can find by itself: that somebody with the store in hand computed a chain's hashes anew from
the altered entry on, or took a whole chain away with the note of its end. A receipt that was printed or sent before
shows it, for then `ct receipt` no longer finds that receipt.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from ct_cli.backends.contract import ChainEnd, Damaged, Entry, TextRefused
from ct_cli.backends.ledger import RECEIPT_DIGITS, content_hash, entry_hash, month_key


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a chain is not as it was written."""

    location_id: str
    service: str
    number: int
    """The entry's place in its chain, from 1."""
    receipt_id: str
    """The receipt that the store now shows for it; empty where the entry is gone."""
    reason: str


@dataclass(slots=True)
class Tally:
    """What was looked at; counted as the check goes."""

    entries: int = 0
    chains: int = 0
    rehearsals: int = 0


def breaks(walked: Iterable[Entry | Damaged], ends: Iterable[ChainEnd], tally: Tally) -> Iterator[Break]:
    """The first break of each chain that has one, and each entry after it that cannot be read at all."""
    noted = {(end.location_id, end.service): end for end in ends}
    for key, lines in groupby(walked, key=lambda line: (line.location_id, str(line.service))):
        tally.chains += 1
        yield from _breaks_of(lines, noted.pop(key, None), tally)
    for end in noted.values():
        yield Break(end.location_id, end.service, 1, "", f"all {end.number} entries of the chain are gone")


def _breaks_of(lines: Iterable[Entry | Damaged], end: ChainEnd | None, tally: Tally) -> Iterator[Break]:
    broken = False
    number, previous = 0, ""
    last: Entry | Damaged | None = None
    for last in lines:
        tally.entries += 1
        tally.rehearsals += isinstance(last, Entry) and last.rehearsal
        if broken:  # the chain proves nothing from here on; but what cannot be read is named
            if isinstance(last, Damaged):
                yield _break(last, last.number, last.receipt_id, last.reason)
            continue
        reason = _why(last, number + 1, previous)
        if reason is not None:
            broken = True
            gone = last.number > number + 1 and isinstance(last, Entry)
            yield _break(last, number + 1 if gone else last.number, "" if gone else last.receipt_id, reason)
        elif isinstance(last, Entry):
            number, previous = last.number, last.entry_hash
    if not broken and last is not None:
        found = _break_at_end(last, number, previous, end)
        if found is not None:
            yield found


def _break(line: Entry | Damaged, number: int, receipt_id: str, reason: str) -> Break:
    return Break(line.location_id, str(line.service), number, receipt_id, reason)


def _why(line: Entry | Damaged, number: int, previous: str) -> str | None:
    """What is wrong with a line that should be the chain's entry of this number; None where nothing is."""
    if isinstance(line, Damaged):
        return line.reason
    if line.number > number:
        return "the entry is gone"
    if line.number < number:
        return "two entries have this number"
    if reason := altered(line):
        return reason
    if line.previous_hash != previous:
        return "it does not follow the entry before it: that one was put in another's place"
    return None


def altered(entry: Entry) -> str:
    """What shows of an entry by itself that it is not as it was recorded; empty where its hashes fit.

    Whether an entry is gone, or another was put in its place with hashes of its own, only its whole chain tells.
    """
    try:
        content = content_hash(entry, entry.content)
        whole = entry_hash(entry, month_key(entry), entry.number, entry.version, content, entry.previous_hash)
    except (TypeError, ValueError, AttributeError, TextRefused):
        return "it cannot be read: it holds what ct does not write"
    if content != entry.content_hash:
        return "what it says was altered: its content does not fit its content hash"
    if whole != entry.entry_hash:
        return "it was altered: its fields do not fit its hash"
    if entry.receipt_id != entry.entry_hash[:RECEIPT_DIGITS]:
        return "its receipt was altered: it is not the beginning of its hash"
    return ""


def _break_at_end(last: Entry | Damaged, number: int, previous: str, end: ChainEnd | None) -> Break | None:
    if end is None:
        return _break(last, number, last.receipt_id, "the note of where this chain ends is gone")
    if not isinstance(end.number, int):
        return _break(last, number, last.receipt_id, "the note of where this chain ends was altered")
    if end.number > number:
        return _break(last, number + 1, "", f"the chain had {end.number} entries: those after {number} are gone")
    if (end.number, end.entry_hash) != (number, previous):
        return _break(last, number, last.receipt_id, "the note of where this chain ends was altered")
    return None
