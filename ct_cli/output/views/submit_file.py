"""`ct submit --file` as a page: how many rows met which fate, and what is wrong by kind."""

from collections.abc import Iterator

from ct_cli.actions.bulk.outcomes import FileSubmitted, ProblemKind
from ct_cli.actions.taking.submitted import Fate
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.problems import TONES, rehearsal_line, where_in_file
from ct_cli.returns.the_return import REPLACES_FIGURES
from ct_cli.windows.window import ReportingWindow

_FIRST = 20
"""As many receipts, changes or returns still owed are shown; --json has all."""
_WORDS = {
    Fate.ACCEPTED: ("recorded", "new: would be recorded", Tone.GOOD),
    Fate.CORRECTED: ("corrected", "changed: would be corrected", Tone.GOOD),
    Fate.ALREADY_RECORDED: ("already recorded: nothing to do", "unchanged: already recorded", Tone.GOOD),
    Fate.NEEDS_CONFIRMING: ("need confirming", "would need confirming", Tone.WARNING),
    Fate.OUTSIDE_WINDOW: ("not recorded: their window is not open", "window not open: would be kept out", Tone.BAD),
    Fate.REFUSED: ("refused", "would be refused", Tone.BAD),
    Fate.HELD_BACK: ("held back by --atomic", "would be held back by --atomic", Tone.WARNING),
    Fate.CONFLICT: ("not recorded: a newer return is there", "newer return there: would not be recorded", Tone.BAD),
    Fate.QUEUED: ("NOT YET SENT: they wait on this computer (`ct queue send`)", "would wait here", Tone.BAD),
}


def closes_soon(parts: int, window: ReportingWindow) -> str:
    """What to say of a file that goes to a server in several requests, shortly before a window closes."""
    return (
        f"{window.month.in_words()}'s window closes at {moment_in_words(window.closes_at)}, in less than an hour. This "
        f"file goes to the server in {parts} parts, and each part counts by when all of it has reached the server. "
        "The last ones may be too late: put the rows that matter most at the top."
    )


def view(answer: FileSubmitted) -> Iterator[Block]:
    """The first screen; all of it is in --json."""
    if answer.dry_run:
        yield line(Text("Dry run: nothing is written.", Tone.STRONG))
    where = f", sheet {answer.sheet}" if answer.sheet else ""
    unread = answer.kinds and not answer.total
    yield line(
        Text(f"{answer.file}{where}", Tone.STRONG), f": {'its rows were not read' if unread else _rows(answer.total)}"
    )
    for fate, count in answer.counts.items():
        real, dry, tone = _WORDS[fate]
        yield line(Text(f"{count:>9,}", tone), f"  {dry if answer.dry_run else real}")
    if answer.counts and (left := answer.total - len(answer.rows)):
        words = "  not looked at, because ct could not go on. Send the same file again: nothing is recorded twice."
        yield line(Text(f"{left:>9,}", Tone.BAD), words)
    yield from _meaning(answer)
    yield from _wrong(answer)
    yield from _receipts(answer)
    yield from _changes(answer)
    yield from _conflicts(answer)
    yield from _still_owed(answer)
    if answer.rehearsal:
        recorded = any(fate.recorded for fate in answer.counts) and not answer.dry_run
        yield rehearsal_line(recorded=recorded)


def _meaning(answer: FileSubmitted) -> Iterator[Block]:
    recorded = sum(count for fate, count in answer.counts.items() if fate.recorded)
    updates = recorded - answer.fulfilling
    if updates:
        yield line(Text(f"{updates:>9,}", Tone.WARNING), "  of those recorded are updates that fulfil nothing")
    if answer.atomic and Fate.HELD_BACK in answer.counts:
        yield line(Text("Nothing was recorded: with --atomic, every row has to be right.", Tone.BAD))
    if answer.fulfilling and not answer.filed_here and not answer.dry_run:
        yield line(Text("Recorded, not yet seen in Capacity Tracker: enter them there as well.", Tone.WARNING))


def _wrong(answer: FileSubmitted) -> Iterator[Block]:
    if not answer.kinds:
        return
    yield line()
    yield line(Text("What to look at, by kind:", Tone.STRONG))
    for kind in answer.kinds:
        example = _example(kind, answer.sheet)
        yield line(Text(f"{kind.count:>9,}", TONES[kind.severity]), f"  {kind.code}: {example}")
        yield line(_remedy(kind), indent=11)
    if Fate.NEEDS_CONFIRMING in answer.counts:
        yield line(
            'What is right as it is: run the same again with --confirm CODE --note "why it is right" for all rows, or '
            f"fill columns confirm and note. {REPLACES_FIGURES} needs no note.",
            indent=2,
        )
    more = sum(kind.count - min(kind.count, 1) for kind in answer.kinds)
    if answer.report is not None:
        yield line(Text(str(answer.report), Tone.STRONG), " has every one, with its cell.", indent=2)
    elif more:
        yield line(
            f"{more:,} more of these are not shown: --json or --report FILE has every one, with its cell.", indent=2
        )


def _example(kind: ProblemKind, sheet: str | None) -> str:
    """The words are the first one's, so that the places of the others stand apart from them."""
    places = [where_in_file(place._replace(sheet=None) if place.sheet == sheet else place) for place in kind.examples]
    first, *others = dict.fromkeys(places) or [""]  # what JSON lacks has no place but its row's, again and again
    if not first:
        return kind.words
    left = kind.count - 1 - len(others)
    told = [", ".join(others)] * bool(others) + [f"{left:,} more"] * bool(left)
    likewise = f"; likewise {' and '.join(told)}" if told else ""
    return f"{kind.words.rstrip('.')} ({first}){likewise}"


def _remedy(kind: ProblemKind) -> str:
    stop = "" if kind.remedy.endswith((".", "?")) else "."
    return f"{kind.remedy}{stop} `ct explain {kind.code}` tells more."


def _receipts(answer: FileSubmitted) -> Iterator[Block]:
    recorded = sum(count for fate, count in answer.counts.items() if fate.recorded)
    if not recorded or answer.dry_run:
        return
    if recorded > _FIRST:
        yield line(f"{recorded:,} receipts: --json has them, and `ct history LOC` shows a location's.")
        return
    columns = (Column("Row", numeric=True), Column("Location"), Column("Service"), Column("Month"), Column("Receipt"))
    yield line()
    yield Table(
        columns,
        [
            (
                str(each.row),
                each.location_id or "",
                each.service.in_words if each.service else "",
                str(each.month or ""),
                each.receipt,
            )
            for each in answer.rows
            if each.receipt
        ],
    )


def _changes(answer: FileSubmitted) -> Iterator[Block]:
    if not answer.changed:
        return
    yield line()
    yield line(Text("What changes:" if answer.dry_run else "What changed:", Tone.STRONG))
    for change in answer.changed[:_FIRST]:
        values = ", ".join(f"{it.field} {_value(it.old)} → {_value(it.new)}" for it in change.changes)
        said = values or "no value; what is said beside them (kind, reason, note, confirmation)"
        yield line(f"row {change.row}, {change.location_id}, {change.service.in_words}: {said}", indent=2)
    yield from _more(len(answer.changed))


def _conflicts(answer: FileSubmitted) -> Iterator[Block]:
    if not answer.conflicts:
        return
    yield line()
    yield line(Text("Newer returns, which were not replaced:", Tone.STRONG))
    for each in answer.conflicts[:_FIRST]:
        values = ", ".join(
            f"{it.field} {_value(it.new)} in your file, {_value(it.old)} recorded" for it in each.newer.differences
        )
        by = f" by {each.newer.recorded_by}" if each.newer.recorded_by else ""
        yield line(
            f"row {each.row}, {each.location_id}, {each.service.in_words}: version {each.newer.version}{by}: {values}",
            indent=2,
        )
    yield from _more(len(answer.conflicts))


def _still_owed(answer: FileSubmitted) -> Iterator[Block]:
    if not answer.still_owed:
        return
    yield line()
    yield line(Text("Still owed, and not in the file:", Tone.STRONG))
    for owed in answer.still_owed[:_FIRST]:
        words = f"{owed.location_id}  {owed.name}, {owed.service.in_words}, {owed.month.in_words()}"
        yield line(words, indent=2)
    yield from _more(len(answer.still_owed))


def _more(count: int) -> Iterator[Block]:
    if count > _FIRST:
        yield line(f"and {count - _FIRST:,} more: --json has them all.", indent=2)


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _value(value: int | str | None) -> str:
    return "blank" if value is None else str(value)
