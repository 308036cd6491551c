"""A file of every return that is still owed for a month, filled with the last values, to be filled in and submitted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.bulk.outcomes import StillOwed
from ct_cli.actions.bulk.still_owed import not_made
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import altered
from ct_cli.backends.contract import ChainKey, Entry
from ct_cli.errors import UsageError
from ct_cli.register.location import Scope
from ct_cli.returns.annotating.grids import WRITERS, Cell, EndingNotWritten, Grid, write_grids
from ct_cli.returns.collection import Basis, Item, ItemKind
from ct_cli.returns.identity import Service
from ct_cli.returns.reading import headers
from ct_cli.returns.the_return import NilReason
from ct_cli.windows.month import Month
from ct_cli.windows.window import WindowState


class TemplateInTheWay(UsageError):
    """{path} is there already, and may have been filled in. Name another file, or say --overwrite."""

    code = "template-in-the-way"


@dataclass(frozen=True, slots=True)
class TemplateWanted:
    """For which returns, and where to."""

    month: Month | None = None
    """None for the window that is open or opens next."""
    provider: str | None = None
    local_authority: str | None = None
    service: Service | None = None
    file: Path | None = None
    """None for returns-2024-12.xlsx, by the month, in the present folder. Its ending says the format."""
    overwrite: bool = False


@dataclass(frozen=True)
class TemplateWritten(Answer):
    """The file, and what is in it."""

    month: Month
    closes_at: datetime
    window: WindowState
    file: Path | None
    """None where nothing is owed, and so nothing was written."""
    returns: int
    """Rows: one for each return that is owed."""
    filled: int
    """Rows that hold the values of an earlier return."""
    locations: int
    altered: tuple[str, ...]
    """Locations whose last return was altered since it was recorded; their rows are left blank."""
    narrowed: bool
    """Whether only a provider's, a council's or a service's returns were asked for."""


def write_template(workplace: Workplace, wanted: TemplateWanted) -> TemplateWritten:
    """Write the file. Raises TemplateInTheWay, EndingNotWritten, FileNotWritten."""
    calendar, now = workplace.calendar, workplace.now
    month = wanted.month or calendar.current_or_next(now).month
    window = calendar.window(month)
    file = wanted.file or Path(f"returns-{month}.xlsx")
    if file.suffix.lower() not in WRITERS:
        raise EndingNotWritten(path=file, known=", ".join(WRITERS))
    if file.exists() and not wanted.overwrite:
        raise TemplateInTheWay(path=file)
    scope = Scope(provider=wanted.provider, local_authority=wanted.local_authority, service=wanted.service)
    owed = [one for one in not_made(workplace, month, scope) if wanted.service in (None, one.service)]
    if owed:
        last = workplace.backend.latest(scope, month)
        wrong = {key for key, entry in last.items() if altered(entry)}
        last = {key: entry for key, entry in last.items() if key not in wrong}
        asked = _asked(workplace, month, owed, last)
        rows = _rows(owed, last, asked, _versions(workplace, month, scope))
        returns = Grid("Returns", _header(asked), rows, greyed=(headers.VERSION_SEEN,))
        write_grids(file, [returns, _explained(asked)])
    else:
        last, wrong = {}, set()
    return TemplateWritten(
        month=month,
        closes_at=window.closes_at,
        window=window.state_at(now),
        file=file if owed else None,
        returns=len(owed),
        filled=sum(_values(last, one) != {} for one in owed),
        locations=len({one.location_id for one in owed}),
        altered=tuple(sorted({one.location_id for one in owed if (one.location_id, one.service) in wrong})),
        narrowed=any((wanted.provider, wanted.local_authority, wanted.service)),
    )


Asked = Mapping[str, Mapping[Service, Item]]
"""Each item's key, in the order of asking, with the item as each service that is asked for it has it."""


def _asked(workplace: Workplace, month: Month, owed: Sequence[StillOwed], last: Mapping[ChainKey, Entry]) -> Asked:
    """What is asked of the services that owe; what is only taken when given, where a last return has it."""
    given = {key for one in owed for key in _values(last, one)}
    asked: dict[str, dict[Service, Item]] = {}
    for service in sorted({one.service for one in owed}):
        for item in workplace.catalogue.for_month(service, month).items_in(month.number):
            if not item.on_request or item.key in given:
                asked.setdefault(item.key, {})[service] = item
    return asked


def _header(asked: Asked) -> list[str]:
    frame = [headers.LOCATION_ID, headers.LOCATION_NAME, headers.SERVICE, headers.MONTH]
    return [*frame, *asked, headers.UNCHANGED, headers.NIL_REASON, headers.CONFIRM, headers.NOTE, headers.VERSION_SEEN]


def _versions(workplace: Workplace, month: Month, scope: Scope) -> Mapping[ChainKey, int]:
    """The version of the month's own return, where something stands that fulfils nothing, as an update does."""
    upto = workplace.backend.latest(scope, month + 1)
    return {chain: entry.version for chain, entry in upto.items() if entry.month == month}


def _rows(
    owed: Sequence[StillOwed], last: Mapping[ChainKey, Entry], asked: Asked, versions: Mapping[ChainKey, int]
) -> Iterator[list[Cell]]:
    for one in owed:
        values = _values(last, one)
        version = versions.get((one.location_id, one.service), 0)
        items = [values.get(key) if one.service in services else None for key, services in asked.items()]
        yield [one.location_id, one.name, one.service.value, str(one.month), *items, None, None, None, None, version]


def _values(last: Mapping[ChainKey, Entry], one: StillOwed) -> Mapping[str, int | str]:
    entry = last.get((one.location_id, one.service))
    return entry.values if entry is not None else {}


def _explained(asked: Asked) -> Grid:
    """The second sheet: what each column means, and what may stand in it."""
    header = ["column", "what it is", "what may stand in it", "asked of", "must be given", "how it is known", "note"]
    return Grid("What is asked", header, [*_frame(), *(_item(services) for services in asked.values())])


def _frame() -> Iterator[list[Cell]]:
    reasons = ", ".join(NilReason)
    for column, what, allowed, must in (
        (headers.LOCATION_ID, "The location", "CQC's location id; leave it as it is", "yes"),
        (headers.LOCATION_NAME, "Its name, for you to read; passed over", "anything", "no"),
        (headers.SERVICE, "The service", ", ".join(Service), "yes"),
        (headers.MONTH, "The month that the return is for", "year, dash, two digits: 2024-12", "yes"),
        (headers.UNCHANGED, "Nothing has changed since the last return", "yes, or blank", "no"),
        (headers.NIL_REASON, "A nil return, and why; clear the items of the row", f"{reasons}, or blank", "no"),
        (headers.CONFIRM, "Queries that you have looked at", "their codes, with spaces between", "no"),
        (headers.NOTE, "Why what you confirm is right; names nobody", "at most 1,000 characters", "with confirm"),
        (
            headers.VERSION_SEEN,
            "So that your row replaces no newer return unseen",
            "leave it; clear it to correct a return that is recorded",
            "no",
        ),
    ):
        yield [column, what, allowed, "every row", must, "", ""]


_ALLOWED = {
    ItemKind.COUNT: "a whole number, 0 or more; blank is not 0",
    ItemKind.PERCENTAGE: "a whole number, 0 to 100",
    ItemKind.YES_NO: "yes or no",
    ItemKind.TEXT: "words that name nobody, at most 500 characters",
}
_KNOWN = {
    Basis.NOTICE: "read in the formal notice",
    Basis.EXPORT: "seen in Capacity Tracker's exports or DHSC's tables",
    Basis.INFERRED: "inferred",
    Basis.USER: "your own collection",
}


def _item(services: Mapping[Service, Item]) -> list[Cell]:
    item = next(iter(services.values()))
    must = [service.in_words for service, each in services.items() if each.mandatory]
    unit = f" ({item.unit})" if item.kind is ItemKind.COUNT else ""
    labels = dict.fromkeys(each.label for each in services.values())
    return [
        item.key,
        " / ".join(labels),
        _ALLOWED[item.kind] + unit,
        ", ".join(service.in_words for service in services),
        ("yes" if len(must) == len(services) else f"by {', '.join(must)}") if must else "no",
        _KNOWN[item.basis],
        item.note,
    ]
