"""`ct import capacity-tracker`: what Capacity Tracker was seen to have, and where ct knows otherwise."""

from collections.abc import Iterator, Mapping, Sequence

from ct_cli.actions.import_capacity_tracker import CapacityTrackerImported, TwoAccounts
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.location_words import count

SHOWN = 50


def view(answer: CapacityTrackerImported) -> Iterator[Block]:
    """What was read, by month; what was left out and why; then what to do."""
    where = " and ".join(dict.fromkeys(kind.in_words for kind in answer.kinds))
    read = f"{count(answer.rows, 'row')} read from {where}, {answer.known:,} of locations in the register."
    yield line(Text(f"{_few(answer.sources)}: ", Tone.STRONG), read)
    if answer.months:
        yield line()
        columns = (Column("Month"), Column("Seen in Capacity Tracker", numeric=True), Column("New here", numeric=True))
        yield Table(columns, [(it.month.in_words(), f"{it.seen:,}", f"{it.new:,}") for it in answer.months])
    yield from _two_accounts(answer.two_accounts)
    yield from _counts("These make no return", answer.left_out)
    yield from _counts("Could not be read", answer.unread)
    if answer.not_in_register:
        yield line()
        ids = _few(answer.not_in_register)
        yield line(Text("Not in the register", Tone.WARNING), f": {ids}. Nothing was kept of these.")
        yield line("CQC's directory brings them in: ct locations import FILE --from cqc", indent=2)
    if answer.zone_assumed:
        words = f"{count(answer.zone_assumed, 'moment')} without a time zone taken as UTC, which is inferred."
        yield line()
        yield line(Text(words, Tone.QUIET))
    yield line()
    yield _ending(answer)


def _ending(answer: CapacityTrackerImported) -> Block:
    kept = f"{count(answer.sightings, 'update')} of vacancies, admissions or users kept."
    if not answer.recorded:
        known = f" ({answer.already:,} known already)" if answer.already else ""
        return line(f"No return was new{known}. {kept}")
    follow = f", of which {answer.corrected:,} with other figures than before" if answer.corrected else ""
    return line(Text(f"{count(answer.recorded, 'return')} recorded{follow}.", Tone.GOOD), f" {kept} Next: ct status")


def _two_accounts(found: Sequence[TwoAccounts]) -> Iterator[Block]:
    if not found:
        return
    yield line()
    yield line(Text("Recorded here and in Capacity Tracker, and not alike", Tone.WARNING))
    titles = ("Location", "Name", "Service", "Month", "Recorded here", "Capacity Tracker has")
    rows = [
        (it.location_id, it.name, it.service.in_words, it.month.in_words(), it.here, it.there) for it in found[:SHOWN]
    ]
    yield Table(tuple(map(Column, titles)), rows)
    if len(found) > SHOWN:
        yield line(Text(f"… and {len(found) - SHOWN:,} more; --json has all of them.", Tone.QUIET))


def _counts(title: str, counts: Mapping[str, int]) -> Iterator[Block]:
    if counts:
        yield line()
        yield line(Text(title, Tone.STRONG), ":")
        for words, number in counts.items():
            yield line(f"{number:,} {words}", indent=2)


def _few(names: Sequence[str]) -> str:
    if len(names) <= 5:
        return ", ".join(names)
    return f"{', '.join(names[:4])} and {len(names) - 4:,} more"
