"""Who did what to which return through the API, when, and with which key."""

from dataclasses import dataclass
from datetime import date, datetime, time

from ct_cli.actions.answer import Answer
from ct_cli.actions.api_keys import key_store
from ct_cli.actions.workplace import Workplace
from ct_cli.clock import LONDON


@dataclass(frozen=True)
class Deed:
    """One thing that was done."""

    at: datetime
    key_id: str
    """Empty for what was done at the server itself."""
    key_name: str
    """The key's name as `ct keys list` shows it; empty where there is no such key."""
    action: str
    location_id: str
    service: str
    month: str
    receipt_id: str
    request_id: str
    """As in the server's log and in the answer's X-Request-Id."""


@dataclass(frozen=True)
class AuditTrail(Answer):
    """What was done, the oldest first."""

    location_id: str | None
    since: date | None
    deeds: tuple[Deed, ...]


def show_audit_trail(workplace: Workplace, location_id: str | None, since: date | None) -> AuditTrail:
    """What was done about one location, or about all, since the start of a day in London.

    Raises KeysElsewhere, StoreUnusable.
    """
    store = key_store(workplace)
    every = store.keys()
    names = {key.id: key.name for key in every}
    start = datetime.combine(since, time(), LONDON) if since else None
    deeds = tuple(
        Deed(
            it.at.astimezone(LONDON),
            it.key_id,
            names.get(it.key_id, ""),
            it.action,
            it.location_id,
            it.service,
            it.month,
            it.receipt_id,
            it.request_id,
        )
        for it in store.audit_trail(location_id, start)
    )
    return AuditTrail(location_id, since, deeds)
