"""`ct locations add` as a page."""

from collections.abc import Iterator

from ct_cli.actions.add_location import LocationAdded
from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.output.views.location_words import services_in_words


def view(answer: LocationAdded) -> Iterator[Block]:
    """What was added, what it owes, and what to do next."""
    location = answer.location
    added = f"{location.name}: {services_in_words(location.services)}."
    yield line(Text("Added ", Tone.GOOD), Text(location.id, Tone.STRONG), f" {added}")
    if location.ended_on is not None:
        yield line(f"It is closed: its last day is {location.ended_on.isoformat()}.", indent=2)
    elif answer.owes:
        owed = " and one for ".join(service.in_words for service in answer.owes)
        yield line(f"Every month it owes a return for {owed}.", indent=2)
    else:
        yield line("No monthly return is owed for that: the mandate covers care home and home care.", indent=2)
    yield line(f"Next: ct users add {location.id} --email …   who updates Capacity Tracker for it", indent=2)
