"""`ct users remove` as a page."""

from collections.abc import Iterator

from ct_cli.actions.remove_user import UserRemoved
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: UserRemoved) -> Iterator[Block]:
    """From where the person was erased, and what else to do."""
    yield line(Text("Erased ", Tone.GOOD), f"{answer.email} from {', '.join(answer.erased_from)}.")
    yield line("Close the person's own account with Capacity Tracker too: 0191 691 3729.", indent=2)
    if answer.now_fewer_than_two:
        left = ", ".join(answer.now_fewer_than_two)
        yield line(
            Text(f"Fewer than two users are left for {left}; more than one is recommended.", Tone.WARNING), indent=2
        )
