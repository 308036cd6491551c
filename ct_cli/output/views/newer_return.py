"""A return that came in between, side by side with the one that was to be recorded."""

from collections.abc import Iterator

from ct_cli.actions.taking.submitted import NewerReturn
from ct_cli.clock import LONDON
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Column, Table, line


def side_by_side(newer: NewerReturn, *, there: str) -> Iterator[Block]:
    """Who recorded it and when, then each figure in which the two differ; `there` says where the newer one is."""
    by = f" by {newer.recorded_by}" if newer.recorded_by else ""
    at = moment_in_words(newer.received_at.astimezone(LONDON))
    yield line(f"{there}: version {newer.version}, recorded {at}{by}, receipt {newer.receipt_id}", indent=2)
    if not newer.differences:
        yield line("Both say the same.", indent=2)
        return
    yield Table(
        (Column("  Field"), Column("Yours", numeric=True), Column(there, numeric=True)),
        [(f"  {each.field}", _value(each.new), _value(each.old)) for each in newer.differences],
    )


def _value(value: int | str | None) -> str:
    return "blank" if value is None else str(value)
