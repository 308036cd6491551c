"""Capacity Tracker's export API: read only, for commissioners, a page at a time, the key in the query."""

from collections.abc import Callable
from typing import Any

from ct_cli.errors import CtError, ExitStatus
from ct_cli.register.asking import Asker
from ct_cli.register.seen import ReadExport
from ct_cli.register.sighting import SightingKind
from ct_cli.register.tracker_items import ItemReader

PAGE = 10_000
PASSES = 3
"""How often the whole list is read, where it changes while it is read."""

_Items = dict[object, Any]


class NotAPage(CtError):
    """{host} answered with something that is no page of Capacity Tracker's export. Nothing was recorded; its form may
    have changed: save its pages to files, and tell whoever looks after ct."""

    code = "not-a-page"
    exit_status = ExitStatus.NETWORK


def read_export(asker: Asker, progress: Callable[[int], None] | None = None, page: int = PAGE) -> ReadExport:
    """Every item of the export. Raises SourceUnreachable, KeyNotTaken, NotAPage.

    Pages are cut by offset, so that an item which comes or goes meanwhile shifts the rest: some come twice, others not
    at all. Where the total changes, or fewer come than it says, the list is read again, and what came is put together.
    """
    items: _Items = {}
    total = 0
    for _ in range(PASSES):
        total, steady = _read_all(asker, page, items, progress)
        if steady and len(items) >= total:
            break
    read = ReadExport(SightingKind.EXPORT)
    ItemReader(read).take(items.values())
    if len(items) < total:
        read.unread["items that never came, because the list changed while it was read: run it again"] = total - len(
            items
        )
    return read


def _read_all(asker: Asker, page: int, items: _Items, progress: Callable[[int], None] | None) -> tuple[int, bool]:
    """One pass: the total that it ended with, and whether that was the same throughout."""
    totals: set[int] = set()
    offset = total = 0
    while True:
        found = asker.get(limit=page, offset=offset)
        match found:
            case {"totalItems": int(total), "items": list(part)}:
                totals.add(total)
            case _:
                raise NotAPage(host=asker.host)
        for number, item in enumerate(part):
            items[_identity(item, offset + number)] = item
        offset += len(part)
        if progress is not None:
            progress(offset)
        if not part or offset >= total:
            return total, len(totals) == 1


def _identity(item: Any, place: int) -> object:
    """What makes an item the same item on two pages; its place, where it has no id."""
    if isinstance(item, dict) and isinstance(item.get("cqcId"), str):
        return (item["cqcId"], str(item.get("cqcType")), str(item.get("odsCode")))
    return place
