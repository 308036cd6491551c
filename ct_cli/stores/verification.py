"""Whether a store's ledger is as it was written, and whether it still has receipts that were once given out."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ct_cli.backends.chain_check import Break, Tally, breaks
from ct_cli.backends.contract import Backend, Damaged, Entry, Misnoted
from ct_cli.backends.ledger import RECEIPT_DIGITS
from ct_cli.backends.sqlite_file import connect_copy, in_words
from ct_cli.errors import StoreDamaged, UsageError
from ct_cli.ledger.moments import MomentBack, MomentsWatch
from ct_cli.stores.damaged_rows import as_far_as_it_is_text
from ct_cli.windows.month import Month

MOST_BYTES = 64 * 1024 * 1024
"""Of a list of receipts: some millions of lines."""

_RECEIPT = re.compile(rf"(?<![0-9A-Za-z])[0-9a-f]{{{RECEIPT_DIGITS}}}(?![0-9A-Za-z])")


class NoReceiptsIn(UsageError):
    """{path} names no receipt: {reason}. It may be a backup (see `ct backup`), or text, CSV or JSON with receipts of 16
    characters, as `ct submit` prints them."""

    code = "no-receipts"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in a ledger."""

    entries: int
    chains: int
    rehearsals: int
    breaks: tuple[Break, ...]
    """The first break of each chain that has one, and each entry after it that cannot be read."""
    misnoted: tuple[Misnoted, ...]
    """Chains without a break of which the store notes what their entries do not say."""
    moments_back: tuple[MomentBack, ...]
    """Entries received long before one before them, by the clocks of those who recorded them: nothing was altered."""

    @property
    def whole(self) -> bool:
        """Whether nothing was found to be altered."""
        return not self.breaks and not self.misnoted


@dataclass(frozen=True, slots=True)
class MissingReceipt:
    """A receipt that was given out, and of which the store has no entry."""

    receipt_id: str
    location_id: str = ""
    """Empty where a list of receipts does not say; so are the others."""
    service: str = ""
    month: str = ""
    """As 2024-12."""
    received_at: str = ""
    """In UTC, to the microsecond."""


Receipts = Mapping[str, MissingReceipt]
"""Receipts that were given out, by id, with what is known of each."""


def verify(backend: Backend, given_out: Receipts | None = None) -> tuple[Verified, tuple[MissingReceipt, ...]]:
    """Walk a whole ledger at one moment; what was found, and which receipts it lacks. Raises StoreUnusable."""
    tally, watch, missing = Tally(), MomentsWatch(), dict(given_out or {})

    def walked() -> Iterator[Entry | Damaged]:
        for line in backend.walk():
            missing.pop(line.receipt_id, None)
            yield line

    with backend.at_one_moment():
        broken = tuple(breaks(watch.watching(walked()), backend.chain_ends(), tally))
        told = {(found.location_id, found.service) for found in broken}
        misnoted = tuple(it for it in backend.misnoted() if (it.location_id, it.service) not in told)
    found = Verified(tally.entries, tally.chains, tally.rehearsals, broken, misnoted, tuple(watch.found))
    return found, tuple(missing.values())


def read_receipts(path: Path, content: bytes | None = None) -> Receipts:
    """The receipts that a file names: a backup or a copy of a store, or text, CSV or JSON.

    `content` is what was read of it already, as from standard input. Raises NoReceiptsIn, StoreUnusable.
    """
    try:
        with path.open("rb") if content is None else io.BytesIO(content) as file:
            text = file.read(16)
            if text != b"SQLite format 3\x00":
                text += file.read(MOST_BYTES)
    except OSError as error:
        raise NoReceiptsIn(path=path, reason=f"it cannot be read ({(error.strerror or str(error)).lower()})") from None
    if text == b"SQLite format 3\x00":
        if content is not None:
            raise NoReceiptsIn(path=path, reason="it brings a database, which has to be named as a file")
        return _in_a_store(path)
    if len(text) > MOST_BYTES:
        raise NoReceiptsIn(path=path, reason="it is larger than 64 MB")
    found = _in_text(path, text)
    if not found:
        raise NoReceiptsIn(path=path, reason="there is none in it")
    return {receipt: MissingReceipt(receipt) for receipt in found}


def _in_a_store(path: Path) -> Receipts:
    sql = "SELECT receipt_id, location_id, service, month, received_at FROM entries ORDER BY received_at, location_id"
    try:
        with in_words(path), closing(connect_copy(path)) as copy:
            copy.text_factory = as_far_as_it_is_text
            try:
                rows = copy.execute(sql)
            except sqlite3.OperationalError:
                raise NoReceiptsIn(path=path, reason="it is a SQLite file of another program") from None
            return {found.receipt_id: found for found in map(missing_of, rows) if found.receipt_id}
    except StoreDamaged as error:  # it is not the store that is to be mended by a backup
        raise NoReceiptsIn(path=path, reason=f"it is damaged ({error.facts['reason']})") from None


def missing_of(row: Sequence[Any]) -> MissingReceipt:
    """An entry by its receipt, location, service, month and moment; what of it ct never wrote is left empty."""
    receipt_id, location_id, service, key, received_at = row
    month = ""
    if isinstance(key, int):
        with suppress(ValueError):
            month = str(Month.from_key(key))
    texts = (it if isinstance(it, str) else "" for it in (receipt_id, location_id, service, month, received_at))
    return MissingReceipt(*texts)


def _in_text(path: Path, content: bytes) -> list[str]:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if b"\0" in content:
            raise NoReceiptsIn(path=path, reason="it is neither text nor a store") from None
        text = content.decode("cp1252", errors="replace")  # as Excel saves CSV; receipts are ASCII
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return list(dict.fromkeys(_in_json(json.loads(text))))
        except (ValueError, RecursionError):
            pass  # several documents one after the other, or half of one: its words are looked through
    found = _in_column(text)
    return list(dict.fromkeys(_RECEIPT.findall(text) if found is None else found))


def _in_json(value: Any) -> Iterable[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str) and _RECEIPT.fullmatch(one):
            yield one


def _in_column(text: str) -> list[str] | None:
    """The column that a CSV file's first row calls Receipt; None where there is no such column."""
    first = text.partition("\n")[0]
    for separator in ",;\t":
        titles = [title.strip().strip('"').lower() for title in first.split(separator)]
        if len(titles) > 1 and "receipt" in titles:
            column = titles.index("receipt")
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            try:
                cells = [row[column].strip() for row in rows if len(row) > column]
            except csv.Error:  # a quotation mark that is never closed: its words are looked through instead
                return None
            return [cell for cell in cells if _RECEIPT.fullmatch(cell)]
    return None
