"""`ct receipt` as a page."""

from collections.abc import Iterator

from ct_cli.actions.show_receipt import ReceiptShown
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.returns.the_return import ReturnKind

_KINDS = {ReturnKind.FULL: "Return", ReturnKind.NIL: "Nil return", ReturnKind.UNCHANGED: "No change, confirmed"}


def view(answer: ReceiptShown) -> Iterator[Block]:
    """What was sent and when, then the values, then what proves it."""
    where = f"{answer.location_name} ({answer.location_id})" if answer.location_name else answer.location_id
    what = f"survey {answer.survey}, {answer.month.in_words()}" if answer.survey else answer.month.in_words()
    yield line(Text(f"Receipt {answer.receipt_id}", Tone.STRONG))
    if answer.altered:
        yield line(Text("This entry is not as it was recorded", Tone.BAD), f": {answer.altered}.", indent=2)
        yield line("It proves nothing. Keep this store as it is, and type: ct verify", indent=2)
    yield line(f"{_KINDS[answer.kind]} of {where}, {answer.service.in_words}, {what}", indent=2)
    if answer.reason:
        yield line(f"Reason    {answer.reason.value.replace('-', ' ')}", indent=2)
    moment = moment_in_words(answer.received_at)
    if answer.source.gives_day:
        yield line(f"Received  {moment}, {answer.source.in_words}", indent=2)
    else:
        yield line(f"Received  day not given: {answer.source.in_words}, taken in at {moment}", indent=2)
    if answer.moment_back is not None:
        earlier = moment_in_words(answer.moment_back)
        words = f": an earlier entry of this chain was received at {earlier}. Nothing was altered by that."
        yield line(Text("A clock was set back", Tone.WARNING), words, indent=2)
    if answer.recorded_by:
        yield line(f"By        {answer.recorded_by}", indent=2)
    yield from _standing(answer)
    if answer.note:
        yield line(f"Note      {answer.note}", indent=2)
    if answer.confirmed:
        yield line(f"Confirmed {', '.join(answer.confirmed)}", indent=2)
    if answer.values:
        columns = (Column("Item"), Column("Value", numeric=True), Column("Unit"))
        yield Table(columns, [(shown.label, str(shown.value), shown.unit) for shown in answer.values])
    yield line(f"Entry {answer.number} of its chain; content {answer.content_hash}")
    yield line(f"hash {answer.entry_hash}")


def _standing(answer: ReceiptShown) -> Iterator[Block]:
    if answer.rehearsal:
        yield line(Text("Rehearsal: recorded while CT_NOW was set, so it counts for nothing.", Tone.WARNING), indent=2)
    if answer.opens_at and answer.closes_at:
        window = f"{moment_in_words(answer.opens_at)} to {moment_in_words(answer.closes_at)}"
        yield line(f"Window    {window}", indent=2)
        inside = Text("Inside the window", Tone.GOOD)
        outside = Text("Outside the window: an update that fulfils nothing", Tone.WARNING)
        if not answer.source.gives_day:
            inside = Text("Inside the window, by that report", Tone.GOOD)
        yield line(inside if answer.fulfils else outside, indent=2)
    else:
        yield line("A voluntary survey: it fulfils nothing.", indent=2)
    if answer.corrected_by:
        yield line(f"Version {answer.version}, since corrected by {answer.corrected_by}.", indent=2)
    else:
        yield line(f"Version {answer.version}, which stands.", indent=2)
