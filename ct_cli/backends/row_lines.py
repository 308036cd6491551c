"""A file's rows on their way to a server and their outcomes on the way back: nearly every row is plain, and then
neither its submission nor the entry that it became is made on the way.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ct_cli.backends.contract import NewEntry, PlainReturn, Shared, Submission
from ct_cli.backends.ledger import TEXT
from ct_cli.backends.wire import plain
from ct_cli.returns.the_return import CheckedReturn, ReturnKind

_MINIMAL = {"kind", "receipt_id"}

Encode = Callable[[Any], bytes]
"""A plain value as JSON. Raises TextRefused."""


def alone(row: Submission | PlainReturn) -> Submission:
    """A row as it is submitted alone."""
    return row.submission() if isinstance(row, PlainReturn) else row


def row_lines(rows: Sequence[Submission | PlainReturn], encode: Encode) -> Iterator[bytes]:
    """The line of each row, to the byte that of its submission: a row that waits in the queue in between is the same
    request. Raises TextRefused."""
    shared: Shared | None = None
    for row in rows:
        if not isinstance(row, PlainReturn) or row.shared.versions_seen is not None or not _spelt_as_it_is(row):
            yield encode(plain(alone(row))) + b"\n"
            continue
        if row.shared is not shared:
            shared = row.shared
            head, middle, tail = _frame(shared, encode)
        yield f'{head}"{row.location_id}"{middle}{row.content}{tail}\n'.encode()


def _spelt_as_it_is(row: PlainReturn) -> bool:
    """Whether nothing in its id or its values is escaped in JSON, stored or sent."""
    id = row.location_id
    return id.isascii() and id.isprintable() and '"' not in id and "\\" not in id and "\\" not in row.content


def _frame(shared: Shared, encode: Encode) -> tuple[str, str, str]:
    """What is around the id and the values of each plain return of a kind."""
    it = shared
    said = CheckedReturn("", it.service, it.month, ReturnKind.FULL, it.collection, {}, survey=it.survey)
    empty = Submission(said, it.received_at, it.fulfils, it.rehearsal, it.source, it.recorded_by)
    # No text holds a quotation mark that is not escaped, so that these names are found where they are.
    head, _, rest = encode(plain(empty)).decode().partition('"location_id":""')
    middle, _, tail = rest.partition('"values":{}')
    return f'{head}"location_id":', f'{middle}"values":', tail


def asks_for_all(row: Submission | PlainReturn) -> bool:
    """Whether a server might take a row for a plain one, and yet has to tell the whole entry that it becomes."""
    if isinstance(row, PlainReturn):
        return False
    said = row.checked
    return said.kind is ReturnKind.FULL and not (said.note or said.confirmed or said.survey)


def as_new_entry(row: Submission | PlainReturn, told: Any) -> NewEntry | None:
    """What a server tells of a plain row, where it was accepted as it was sent, as the first of its month; else None,
    and what is told is read in full."""
    if not isinstance(row, PlainReturn) or told.get("kind") != "accepted":
        return None
    if told.keys() == _MINIMAL:
        receipt = told["receipt_id"]
        return NewEntry(receipt) if type(receipt) is str else None
    if told.get("previous", 0) is not None or told.get("problems") != []:
        return None
    entry, it = told.get("entry"), row.shared
    sent = {
        "location_id": row.location_id, "service": TEXT[it.service], "month": str(it.month), "version": 1,
        "kind": ReturnKind.FULL.value, "survey": it.survey, "fulfils": it.fulfils, "rehearsal": it.rehearsal,
    }  # fmt: skip
    if type(entry) is not dict or any(entry.get(name) != value for name, value in sent.items()):
        return None
    receipt = entry.get("receipt_id")
    return NewEntry(receipt) if type(receipt) is str else None
