"""`ct locations import` as a page."""

from collections.abc import Iterator, Mapping, Sequence

from ct_cli.actions.import_locations import Disagreement, LocationsImported
from ct_cli.actions.sync_locations import LocationsSynced
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import LABELS, count, detail_in_words, services_in_words
from ct_cli.output.views.problems import problem_lines
from ct_cli.register.location import Location
from ct_cli.register.plan import ChangedLocation
from ct_cli.returns.problem import Problem

SHOWN = 200
"""Of each kind; the whole nation's first import would otherwise fill 30,000 lines."""


def view(answer: LocationsImported) -> Iterator[Block]:
    """The plan, the problems, and what was or would be done."""
    done = "Done" if answer.applied else "Plan"
    numbers = f"{len(answer.new):,} new, {len(answer.changed):,} changed, {len(answer.unchanged):,} unchanged"
    gone = f"{len(answer.absent):,} {'gone' if isinstance(answer, LocationsSynced) else 'not in the file'}"
    yield line(Text(f"{done} for {answer.file}: ", Tone.STRONG), f"{numbers}, {gone}.")
    yield from _new(answer.new)
    yield from _changed(answer.changed)
    synced = isinstance(answer, LocationsSynced)
    yield from _absent(answer.absent, "No longer registered at CQC" if synced else "In the register, not in the file")
    yield from _disagreeing(answer.disagreeing)
    yield from _problems(answer.problems)
    yield from _left_out(answer.left_out)
    yield line()
    yield _ending(answer)


def _new(locations: Sequence[Location]) -> Iterator[Block]:
    if locations:
        yield line()
        yield line(Text("New", Tone.GOOD))
        columns = (Column("Location"), Column("Name"), Column("Services"), Column("Beds", numeric=True))
        rows = [
            (it.id, it.name, services_in_words(it.services), "" if it.beds is None else str(it.beds))
            for it in locations[:SHOWN]
        ]
        yield Table(columns, rows)
        yield from _more(locations)


def _changed(changed: Sequence[ChangedLocation]) -> Iterator[Block]:
    if changed:
        yield line()
        yield line(Text("Changed", Tone.WARNING))
        columns = (Column("Location"), Column("Name"), Column("Detail"), Column("Is"), Column("Would be"))
        rows = [
            (
                item.location.id,
                item.location.name,
                LABELS[change.field],
                detail_in_words(change.field, change.old),
                detail_in_words(change.field, change.new),
            )
            for item in changed[:SHOWN]
            for change in item.changes
        ]
        yield Table(columns, rows)
        yield from _more(changed)


def _absent(locations: Sequence[Location], title: str) -> Iterator[Block]:
    if locations:
        yield line()
        yield line(
            Text(title, Tone.WARNING),
            " (left as they are; if one has gone: ct locations close LOC --on DATE)",
        )
        yield Table((Column("Location"), Column("Name")), [(it.id, it.name) for it in locations[:SHOWN]])
        yield from _more(locations)


def _problems(problems: Sequence[Problem]) -> Iterator[Block]:
    if problems:
        yield line()
        yield line(Text("Look at these", Tone.BAD))
        yield from problem_lines(problems[:SHOWN])
        yield from _more(problems)


def _more(items: Sequence[object]) -> Iterator[Block]:
    if len(items) > SHOWN:
        yield line(Text(f"… and {len(items) - SHOWN:,} more; --json has all of them.", Tone.QUIET))


def _disagreeing(disagreeing: Sequence[Disagreement]) -> Iterator[Block]:
    if disagreeing:
        yield line()
        yield line(Text("CQC and the last return disagree", Tone.WARNING))
    for item in disagreeing[:SHOWN]:
        yield line(Text(f"{item.location_id} {item.name}", Tone.STRONG), f": {item.words}")
        yield line(item.remedy, indent=2)
    yield from _more(disagreeing)


def _left_out(left_out: Mapping[str, int]) -> Iterator[Block]:
    parts = [f"{number:,} {why}" for why, number in left_out.items() if number]
    if parts:
        yield line()
        yield line(Text(f"Rows left out: {'; '.join(parts)}.", Tone.QUIET))


def _ending(answer: LocationsImported) -> Block:
    left_out = f" {count(answer.errors, 'error')} above: those rows are left out." if answer.errors else ""
    if answer.applied:
        return line(Text(f"Saved {count(answer.saved, 'location')}.", Tone.GOOD), left_out)
    if answer.errors and answer.atomic:
        return line(Text("Nothing was saved", Tone.BAD), ": there are errors above, and --atomic means all or none.")
    if not (answer.new or answer.changed):
        return line(f"Nothing to save.{left_out}")
    return line(Text("Nothing is saved yet.", Tone.STRONG), left_out, " To do it, run the same command with --apply.")
