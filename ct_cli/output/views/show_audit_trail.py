"""`ct keys trail` as a page."""

from collections.abc import Iterator

from ct_cli.actions.show_audit_trail import AuditTrail, Deed
from ct_cli.output.blocks import Block, Column, Table, line

_TITLES = ("When", "Key", "What", "Location", "Service", "Month", "Receipt")


def view(answer: AuditTrail) -> Iterator[Block]:
    """A row a deed."""
    if answer.deeds:
        yield Table(tuple(Column(title) for title in _TITLES), [_row(deed) for deed in answer.deeds])
        return
    about = f" about {answer.location_id}" if answer.location_id else ""
    since = f" since {answer.since}" if answer.since else ""
    yield line(f"Nothing was done{about} through the API{since}.")


def _row(deed: Deed) -> tuple[str, ...]:
    key = f"{deed.key_id} {deed.key_name}".strip() or "at the server"
    service = deed.service.replace("-", " ")
    return f"{deed.at:%Y-%m-%d %H:%M:%S}", key, deed.action, deed.location_id, service, deed.month, deed.receipt_id
