"""What a return would replace: the figures of the version before it."""

import json
from collections.abc import Iterable

from ct_cli.backends.contract import Entry

_json = json.JSONDecoder().raw_decode


def replaced_version(entries: Iterable[Entry]) -> Entry | None:
    """The entry that one more return would take the place of, of a month's entries, oldest first; None where there is
    none. What was seen in Capacity Tracker stands beside a return, and is not replaced by it."""
    return next((entry for entry in reversed(tuple(entries)) if not entry.source.seen), None)


def may_leave_out(content: str, before: str) -> bool:
    """Whether a version's content has something that a return's content has not."""
    return content != before and not _json(before)[0].keys() <= _json(content)[0].keys()
