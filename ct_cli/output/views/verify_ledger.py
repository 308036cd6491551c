"""`ct verify` as a page."""

from collections.abc import Iterator
from datetime import datetime

from ct_cli.actions.verify_ledger import LedgerVerified
from ct_cli.clock import LONDON
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import count


def view(answer: LedgerVerified) -> Iterator[Block]:
    """A sentence where all is well; else where each chain is broken, what was noted wrongly, and what to do."""
    looked_at = f"{count(answer.entries, 'entry', 'entries')} in {count(answer.chains, 'chain', 'chains')}"
    if answer.whole:
        yield line(Text("Nothing was altered", Tone.GOOD), f": {looked_at} checked.")
    if answer.breaks:
        places = {(found.location_id, found.service) for found in answer.breaks}
        broken = count(len(places), "chain is", "chains are")
        yield line(Text("The ledger was altered", Tone.BAD), f": {broken} broken ({looked_at} checked).")
        yield _broken(answer)
        yield line("From there on these chains prove nothing. Keep this file as it is, and compare it with a copy.")
    if answer.misnoted:
        chains = count(len(answer.misnoted), "chain that is whole", "chains that are whole")
        yield line(Text("What is noted beside the ledger was altered", Tone.BAD), f": of {chains}.")
        yield _misnoted(answer)
        yield line(
            "What was returned is as it was recorded. But queries are asked by what is noted: one may not have been"
            " asked. Keep this file as it is, and compare it with a copy."
        )
    if answer.lacks:
        yield line(Text("Something is gone", Tone.BAD), f": {answer.lacks}")
    if answer.moments_back:
        yield from _moments_back(answer)
    if answer.missing:
        yield from _missing(answer)
    elif answer.receipts_checked is not None:
        receipts = count(answer.receipts_checked, "receipt", "receipts")
        yield line(Text("No receipt is missing", Tone.GOOD), f": {receipts} looked for.")
    if answer.rehearsals:
        yield line(f"{count(answer.rehearsals, 'entry is a rehearsal', 'entries are rehearsals')}.")
    yield line(
        Text(
            "Not to be seen from here: a chain rewritten to its end. Receipts kept elsewhere show it.",
            Tone.QUIET,
        )
    )


def _broken(answer: LedgerVerified) -> Table:
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


MOST_SHOWN = 200
"""Rows of a list that a person would read; --json has them all."""


def _missing(answer: LedgerVerified) -> Iterator[Block]:
    lacking = count(len(answer.missing), "receipt is", "receipts are")
    yield line(
        Text("Receipts are missing", Tone.BAD), f": {lacking} not in the ledger, of {answer.receipts_checked:,}."
    )
    columns = (Column("Receipt"), Column("Location"), Column("Service"), Column("Month"))
    shown = answer.missing[:MOST_SHOWN]
    yield Table(columns, [(it.receipt_id, it.location_id, it.service.replace("-", " "), it.month) for it in shown])
    if len(answer.missing) > len(shown):
        yield line(f"and {len(answer.missing) - len(shown):,} more: `ct verify --against FILE --json` lists them all.")
    yield line(
        "Each was once given out, so its return was recorded. If the store was put back from an older backup, look for"
        " a newer one. Otherwise submit these returns again. A key to a server sees its own locations alone."
    )


def _moments_back(answer: LedgerVerified) -> Iterator[Block]:
    entries = count(len(answer.moments_back), "entry was", "entries were")
    yield line(
        Text("A clock was set back", Tone.WARNING),
        f": by it, {entries} received more than an hour before an earlier entry. Nothing was altered by that.",
    )
    columns = (
        Column("Location"), Column("Service"), Column("Entry", numeric=True), Column("Receipt"), Column("Received"),
        Column("Earlier entry received"),
    )  # fmt: skip
    shown = answer.moments_back[:MOST_SHOWN]
    yield Table(
        columns,
        [
            (it.location_id, it.service, str(it.number), it.receipt_id, _moment(it.received_at), _moment(it.before))
            for it in shown
        ],
    )
    if len(answer.moments_back) > len(shown):
        yield line(f"and {len(answer.moments_back) - len(shown):,} more: `ct verify --json` lists them all.")
    yield line("Check the clocks of the computers that recorded these: `ct doctor` checks the one here.")


def _moment(moment: datetime) -> str:
    return moment_in_words(moment.astimezone(LONDON))


def _misnoted(answer: LedgerVerified) -> Table:
    columns = (Column("Location"), Column("Service"), Column("What is wrong"))
    return Table(columns, [(found.location_id, found.service, found.reason) for found in answer.misnoted])
