"""`ct report chase` as a page: where the list was put, and how long it is."""

from collections.abc import Iterator

from ct_cli.actions.write_chase import ChaseWritten
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: ChaseWritten) -> Iterator[Block]:
    """A few lines about the file."""
    yield line(f"To call about {answer.month.in_words()}: {answer.to_call}, in ", str(answer.file))
    if answer.notice_level:
        yield line(f"{answer.notice_level} at notice level, or there if this one is missed.", indent=2)
    if answer.without_contact:
        yield line(f"{answer.without_contact} with no contact in the register: `ct users add` keeps them.", indent=2)
    if answer.with_notes or answer.notes_kept:
        kept = f", {answer.notes_kept} kept at the end that need no call now" if answer.notes_kept else ""
        yield line(f"Notes carried over: {answer.with_notes}{kept}.", indent=2)
    yield line("It holds people's email addresses: for the council's own use.", indent=2)
    if answer.rehearsal:
        yield line(Text("Made in a rehearsal (CT_NOW is set), and marked so.", Tone.WARNING), indent=2)
