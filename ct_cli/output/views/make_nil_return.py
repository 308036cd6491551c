"""`ct nil-return` as a page."""

from collections.abc import Iterator

from ct_cli.actions.taking.submitted import ReturnsSubmitted
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views import submit_return


def view(answer: ReturnsSubmitted) -> Iterator[Block]:
    """The receipts, and whom else to tell."""
    yield from submit_return.view(answer)
    if answer.tell_cqc:
        words = (
            "Tell CQC as well: 03000 616161 or enquiries@cqc.org.uk. Capacity Tracker takes services and beds from "
            "CQC, and nil returns are owed until CQC's register is put right."
        )
        yield line(Text(words, Tone.STRONG))
