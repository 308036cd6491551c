"""A receipt and everything that it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import altered
from ct_cli.backends.contract import Entry, Source
from ct_cli.backends.ledger import month_key
from ct_cli.clock import LONDON
from ct_cli.errors import ExitStatus, FiguresUnreadable, UsageError
from ct_cli.ledger.moments import MomentsWatch
from ct_cli.register.location import Scope
from ct_cli.returns.catalogue import NoSuchSurvey
from ct_cli.returns.collection import Item
from ct_cli.returns.collection_file import CollectionRefused
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import NilReason, ReturnKind
from ct_cli.windows.month import Month

SHORTEST = 6
LONGEST = 16


class NotAReceipt(UsageError):
    """{given!r} is not a receipt: it is 16 digits of 0-9 and a-f, of which the first 6 or more will do."""

    code = "not-a-receipt"


class UnknownReceipt(UsageError):
    """No receipt begins with {given}. `ct history LOCATION` lists the receipts of a location, and
    `ct verify` says whether any was lost."""

    code = "unknown-receipt"


class AmbiguousReceipt(UsageError):
    """More than one receipt begins with {given}: {found}. Give more of its digits."""

    code = "ambiguous-receipt"


@dataclass(frozen=True, slots=True)
class ValueShown:
    """One value that was given."""

    key: str
    label: str
    """The key again, where what was asked is not known here."""
    unit: str
    value: int | str


@dataclass(frozen=True)
class ReceiptShown(Answer):
    """One entry of the ledger."""

    receipt_id: str
    location_id: str
    location_name: str
    """Empty where the register does not know the location."""
    service: Service
    month: Month
    opens_at: datetime | None
    """The month's window; None for a voluntary survey."""
    closes_at: datetime | None
    version: int
    corrected_by: str | None
    """The receipt of the version that followed; None for the one that stands."""
    kind: ReturnKind
    collection: str
    survey: str
    values: tuple[ValueShown, ...]
    reason: NilReason | None
    note: str
    confirmed: tuple[str, ...]
    received_at: datetime
    """In Europe/London."""
    fulfils: bool
    rehearsal: bool
    source: Source
    recorded_by: str
    number: int
    content_hash: str
    previous_hash: str
    entry_hash: str
    moment_back: datetime | None
    """The moment of an earlier entry of its chain, in Europe/London, where that is more than an hour after this one's:
    a clock was set back. None where none is."""
    altered: str
    """What shows that it is not as it was recorded; empty where its hashes fit. Its chain is for `ct verify`."""


def show_receipt(workplace: Workplace, given: str) -> ReceiptShown:
    """The entry of a receipt or of its first digits. The exit status is 3 where it was altered since it was recorded.

    Raises NotAReceipt, UnknownReceipt, AmbiguousReceipt.
    """
    entry = _find(workplace, given)
    why = altered(entry)
    chain = workplace.backend.history(entry.location_id, entry.service)
    locations = workplace.backend.locations(Scope(frozenset({entry.location_id}), include_closed=True))
    window = None if entry.survey else workplace.calendar.window(entry.month)
    return ReceiptShown(
        receipt_id=entry.receipt_id,
        location_id=entry.location_id,
        location_name=locations[0].name if locations else "",
        service=entry.service,
        month=entry.month,
        opens_at=window.opens_at if window else None,
        closes_at=window.closes_at if window else None,
        version=entry.version,
        corrected_by=_corrected_by(chain, entry),
        kind=entry.kind,
        collection=entry.collection,
        survey=entry.survey,
        values=() if why and _unreadable(entry) else _values(workplace, entry),
        reason=entry.reason,
        note=entry.note,
        confirmed=entry.confirmed,
        received_at=entry.received_at.astimezone(LONDON),
        fulfils=entry.fulfils,
        rehearsal=entry.rehearsal,
        source=entry.source,
        recorded_by=entry.recorded_by,
        number=entry.number,
        content_hash=entry.content_hash,
        previous_hash=entry.previous_hash,
        entry_hash=entry.entry_hash,
        moment_back=_moment_back(chain, entry),
        altered=why,
        exit_status=ExitStatus.REFUSED if why else ExitStatus.DONE,
    )


def _find(workplace: Workplace, given: str) -> Entry:
    digits = given.strip().lower()
    if not (SHORTEST <= len(digits) <= LONGEST and set(digits) <= set("0123456789abcdef")):
        raise NotAReceipt(given=given[:40])
    found = workplace.backend.receipts(digits)
    if not found:
        raise UnknownReceipt(given=digits)
    if len(found) > 1:
        raise AmbiguousReceipt(given=digits, found=", ".join(entry.receipt_id for entry in found))
    return found[0]


def _moment_back(chain: Sequence[Entry], entry: Entry) -> datetime | None:
    watch = MomentsWatch()
    found = [back for each in chain if (back := watch.see(each)) and back.receipt_id == entry.receipt_id]
    return found[0].before.astimezone(LONDON) if found else None


def _corrected_by(chain: Sequence[Entry], entry: Entry) -> str | None:
    """The next version of the same month. A rehearsal corrects nothing that is real."""
    for later in chain:
        follows = later.number > entry.number and month_key(later) == month_key(entry)
        if follows and (entry.rehearsal or not later.rehearsal):
            return later.receipt_id
    return None


def _unreadable(entry: Entry) -> bool:
    try:
        return not isinstance(entry.values, dict)
    except FiguresUnreadable:
        return True


def _values(workplace: Workplace, entry: Entry) -> tuple[ValueShown, ...]:
    values, items = entry.values, _items(workplace, entry)
    asked = [ValueShown(key, item.label, item.unit, values[key]) for key, item in items.items() if key in values]
    rest = [ValueShown(key, key, "", value) for key, value in values.items() if key not in items]
    return (*asked, *rest)


def _items(workplace: Workplace, entry: Entry) -> dict[str, Item]:
    try:
        if entry.survey:
            return workplace.catalogue.survey(entry.survey).by_key
        versions = workplace.catalogue.versions(entry.service)
    except (CollectionRefused, NoSuchSurvey):
        # A receipt is proof, and is shown even where the user's collections are broken or gone: by its keys.
        return {}
    return next((version.by_key for version in versions if version.id == entry.collection), {})
