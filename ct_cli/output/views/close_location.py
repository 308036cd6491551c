"""`ct locations close` as a page."""

from collections.abc import Iterator

from ct_cli.actions.close_location import LocationClosed
from ct_cli.output.as_text import day
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: LocationClosed) -> Iterator[Block]:
    """Its last day, and what else is to do."""
    location = answer.location
    assert location.ended_on is not None
    yield line(
        Text("Closed ", Tone.GOOD),
        Text(location.id, Tone.STRONG),
        f" {location.name}: last day {day(location.ended_on)}.",
    )
    yield line("Its returns and receipts stay. Tell CQC as well: 03000 616161.", indent=2)
    yield line(f"What is still owed: ct status {location.id}", indent=2)
    for user in answer.users:
        yield line(f"Still registered: {user.email} (ct users remove {user.email} {location.id})", indent=2)
