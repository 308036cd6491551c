"""`ct locations list` as a page."""

from collections.abc import Iterator

from ct_cli.actions.list_locations import LocationListed, LocationsListed
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import closed_in_words, count, services_in_words


def view(answer: LocationsListed) -> Iterator[Block]:
    """A row a location; then those with too few users."""
    if not answer.locations:
        yield from _none(answer.filtered)
        return
    closed = any(item.location.ended_on for item in answer.locations)
    titles = [Column("Location"), Column("Name"), Column("Services"), Column("Provider"), Column("Local authority")]
    titles += [Column("Postcode"), Column("Beds", numeric=True), Column("Users", numeric=True)]
    if closed:
        titles.append(Column("Closed"))
    yield Table(tuple(titles), [_row(item, closed) for item in answer.locations])
    if few := answer.fewer_than_two_users:
        has = "has" if few == 1 else "have"
        yield line()
        yield line(
            Text(
                f"{count(few, 'open location')} {has} fewer than two users; more than one is recommended.", Tone.WARNING
            ),
            " See them: ct users list --few",
        )


def _row(item: LocationListed, closed: bool) -> list[str | Text]:
    location = item.location
    few = item.users < 2 and location.ended_on is None
    return [
        location.id,
        location.name,
        services_in_words(location.services),
        location.provider,
        location.local_authority,
        location.postcode,
        "" if location.beds is None else str(location.beds),
        Text(f"{item.users}", Tone.WARNING if few else Tone.PLAIN),
        *([closed_in_words(location)] if closed else []),
    ]


def _none(filtered: bool) -> Iterator[Block]:
    if filtered:
        yield line("No location matches. `ct locations list` shows all that are open, with --closed the others too.")
    else:
        yield line("There are no locations yet. Put one in:")
        yield line('ct locations add 1-123456789 --name "Rose House" --service care-home', indent=2)
        yield line("ct locations import FILE   a list, as CSV, XLSX or ODS", indent=2)
