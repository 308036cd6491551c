"""`ct evidence` as a page: where it was put, and what it shows."""

from collections.abc import Iterator

from ct_cli.actions.write_evidence import EvidenceWritten
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: EvidenceWritten) -> Iterator[Block]:
    """A few lines about the file, or the document itself where it was asked for on stdout."""
    if answer.document is not None:
        yield line(answer.document.rstrip("\n"))
        return
    yield line(
        f"Evidence for {answer.location_id}, {answer.first.in_words()} to {answer.last.in_words()}: ", str(answer.file)
    )
    entries = "1 entry" if answer.entries == 1 else f"{answer.entries} entries"
    yield line(f"{answer.met} made, {answer.missed} not known to have been made, {entries}.", indent=2)
    if answer.ledger_whole:
        yield line(Text("The ledger is as it was written.", Tone.GOOD), indent=2)
    else:
        yield line(Text("The ledger was altered; the page says where.", Tone.BAD), " See `ct verify`.", indent=2)
    if answer.rehearsal:
        yield line(
            Text("Made in a rehearsal (CT_NOW is set), and marked so: it proves nothing.", Tone.WARNING), indent=2
        )
    yield line("Look it through before you send it: `ct support` has NHSBSA's address.", indent=2)
