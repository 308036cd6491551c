"""`ct locations edit` as a page."""

from collections.abc import Iterator

from ct_cli.actions.edit_location import LocationEdited
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import LABELS, detail_in_words


def view(answer: LocationEdited) -> Iterator[Block]:
    """Each detail that changed, old and new."""
    location = answer.location
    if not answer.changes:
        yield line(f"Nothing to change: {location.id} {location.name} has those details already.")
        return
    yield line(Text("Changed ", Tone.GOOD), Text(location.id, Tone.STRONG), f" {location.name}:")
    rows = [
        (LABELS[change.field], detail_in_words(change.field, change.old), detail_in_words(change.field, change.new))
        for change in answer.changes
    ]
    yield Table((Column("Detail"), Column("Was"), Column("Is")), rows)
