"""What is said of a row that cannot be read: which it is, and never what is in it.

A damaged row may hold anything: a person's name, figures, half a character. So it is told by what it is known by alone
(its location, its receipt), and by that only where it has the form that ct gives it.
"""

import re
from collections.abc import Sequence
from typing import Any

from ct_cli.returns.identity import Service

REMEDY = (
    "Keep this file as it is. `ct verify` names each entry that is damaged. To go on, put a backup back with"
    " `ct restore FILE`; `ct backup` makes them."
)

_KINDS = {
    "receipt_id": "the entry",
    "postcode": "what is kept of the location",
    "beds": "what is kept of the location",
    "email": "a user",
    "digest": "the key",
    "key_id": "a line of the audit trail or an answer that was kept",
    "seen_at": "what Capacity Tracker said",
    "rung": "a reminder",
    "opted_out": "a note of somebody who is reminded",
    "content": "a return",
}
"""What a row is, by a column that only its table has; the first that is there counts."""
_ID = re.compile(r"[0-9A-Za-z-]{1,30}")
_RECEIPT = re.compile("[0-9a-f]{16}")
_SERVICES = frozenset(service.value for service in Service)


def row_in_words(columns: Sequence[str], row: Sequence[Any]) -> str:
    """Which row it is; `columns` are the names of its first values, in their order."""
    named = dict(zip((column.rpartition(".")[2].strip() for column in columns), row, strict=False))
    what = next((words for column, words in _KINDS.items() if column in named), "a row")
    place = named.get("location_id", named.get("id"))
    parts = [what]
    if isinstance(place, str) and _ID.fullmatch(place):
        parts.append(f" {place}" if what.startswith("what is kept") or "location_id" not in named else f" of {place}")
    if (service := named.get("service")) in _SERVICES:
        parts.append(f", {service}")
    if isinstance(number := named.get("number"), int):
        parts.append(f", number {number}")
    receipt = named.get("receipt_id")
    if isinstance(receipt, str) and _RECEIPT.fullmatch(receipt):
        parts.append(f" (receipt {receipt})")
    return "".join(parts)


def has_half_characters(value: Any) -> bool:
    """Whether a value holds bytes that are no text, as `surrogateescape` keeps them."""
    return isinstance(value, str) and not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value)


def as_far_as_it_is_text(raw: bytes) -> str:
    """Text of a store, with a mark for each byte that is none: for a connection that is to read on past damage."""
    return raw.decode("utf-8", "replace")


def printable(value: Any) -> str:
    """What a row is known by, as it may be told; empty where it has not the form that ct gives such a thing."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""
