"""`ct verify` as a page."""

from collections.abc import Iterator

from ct_cli.actions.verify_ledger import LedgerVerified
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line


def view(answer: LedgerVerified) -> Iterator[Block]:
    """A sentence where all is well; else the first break of each chain, and what to do."""
    looked_at = f"{_count(answer.entries, 'entry', 'entries')} in {_count(answer.chains, 'chain', 'chains')}"
    if answer.whole:
        yield line(Text("Nothing was altered", Tone.GOOD), f": {looked_at} checked.")
    else:
        broken = _count(len(answer.breaks), "chain is", "chains are")
        yield line(Text("The ledger was altered", Tone.BAD), f": {broken} broken ({looked_at} checked).")
        yield _table(answer)
        yield line("From there on these chains prove nothing. Keep this file as it is, and compare it with a copy.")
    if answer.rehearsals:
        yield line(f"{_count(answer.rehearsals, 'entry is a rehearsal', 'entries are rehearsals')}.")
    yield line(
        Text(
            "Not to be seen from here: a chain rewritten to its end. Receipts kept elsewhere show it.",
            Tone.QUIET,
        )
    )


def _table(answer: LedgerVerified) -> Table:
    columns = (
        Column("Location"),
        Column("Service"),
        Column("Entry", numeric=True),
        Column("Receipt"),
        Column("What is wrong"),
    )
    rows = [
        (found.location_id, found.service, str(found.number), found.receipt_id or "(gone)", found.reason)
        for found in answer.breaks
    ]
    return Table(columns, rows)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
