"""`ct users add` as a page."""

from collections.abc import Iterator

from ct_cli.actions.add_user import UserAdded
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: UserAdded) -> Iterator[Block]:
    """What was done where, and that it is not Capacity Tracker's own registration."""
    if answer.added:
        yield line(Text("Added ", Tone.GOOD), f"{answer.email} for {', '.join(answer.added)}.")
    if answer.renamed:
        yield line(f"Changed the name of {answer.email} to {answer.name} for {', '.join(answer.renamed)}.")
    if answer.unchanged:
        yield line(f"{answer.email} was registered for {', '.join(answer.unchanged)} already; nothing changed there.")
    yield line("ct uses the address to remind, and for nothing else; `ct users remove` erases it.", indent=2)
    yield line(
        "This does not register anybody with Capacity Tracker itself: that is done at "
        "https://capacitytracker.com/register",
        indent=2,
    )
