"""`ct submit LOC` as a page: what became of the return, its receipt, and what is left to do."""

from collections.abc import Iterator
from datetime import datetime

from ct_cli.actions.taking.submitted import Change, Fate, PageToEnter, Receipt, ReturnResult, ReturnsSubmitted
from ct_cli.backends.contract import Source
from ct_cli.clock import LONDON
from ct_cli.output.as_text import day, moment_in_words
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.newer_return import side_by_side
from ct_cli.output.views.problems import problem_lines, rehearsal_line
from ct_cli.returns.problem import Severity
from ct_cli.returns.the_return import REPLACES_FIGURES

SOURCES = {
    Source.RECORDED_HERE: "recorded here",
    Source.RECEIVED_BY_API: "received by the API",
    Source.CAPACITY_TRACKER: "seen in Capacity Tracker",
    Source.CAPACITY_TRACKER_REPORT: "in Capacity Tracker's monthly report",
}
_HEADINGS = {
    Fate.ACCEPTED: ("Recorded", "Would be recorded", Tone.GOOD),
    Fate.CORRECTED: ("Corrected", "Would be corrected", Tone.GOOD),
    Fate.ALREADY_RECORDED: ("Already recorded", "Already recorded", Tone.GOOD),
    Fate.NEEDS_CONFIRMING: ("To be confirmed, and not recorded yet", "Would need confirming", Tone.WARNING),
    Fate.OUTSIDE_WINDOW: (
        "Not recorded, because the window is not open",
        "Would not be recorded, because the window is not open",
        Tone.BAD,
    ),
    Fate.REFUSED: ("Refused", "Would be refused", Tone.BAD),
    Fate.HELD_BACK: ("Held back", "Would be held back", Tone.WARNING),
    Fate.CONFLICT: (
        "Not recorded, because somebody changed it first",
        "Would not be recorded, because somebody changed it first",
        Tone.BAD,
    ),
    Fate.QUEUED: ("NOT YET SENT, it waits on this computer", "Would wait here", Tone.BAD),
}

_WOULD_REPLACE = "What it would replace:"


def view(answer: ReturnsSubmitted) -> Iterator[Block]:
    """Each return with its receipt or its problems, then what to do in Capacity Tracker."""
    if answer.dry_run:
        yield line(Text("Dry run: nothing is written.", Tone.STRONG))
    for result in answer.results:
        yield from _result(result, answer)
    if answer.rehearsal:
        recorded = any(result.fate.recorded for result in answer.results) and not answer.dry_run
        yield rehearsal_line(recorded=recorded)
    yield from _to_enter(answer.to_enter)


def what_is_replaced(answer: ReturnsSubmitted) -> Iterator[Block]:
    """The figures that each return would leave out, where it would leave out any that are recorded."""
    for result in answer.results:
        found = [problem for problem in result.problems if problem.code == REPLACES_FIGURES]
        if found:
            yield line(Text(_what(result), Tone.STRONG))
            yield from problem_lines(found)
            yield from _changes(result.changes, _WOULD_REPLACE)


def heading(result: ReturnResult, *, dry_run: bool) -> Text:
    """What became of a return, in words."""
    real, dry, tone = _HEADINGS[result.fate]
    return Text(dry if dry_run else real, tone)


def _result(result: ReturnResult, answer: ReturnsSubmitted) -> Iterator[Block]:
    yield line(heading(result, dry_run=answer.dry_run), f": {_what(result)}")
    if result.fate.recorded:
        yield from _standing(result, answer)
    if result.fate is Fate.QUEUED and result.closes_at:
        yield line(f"Window    closes at the end of {day(result.closes_at)}", indent=2)
        yield line("It counts only once the server has it. To send it, type: ct queue send", indent=2)
    if result.newer is not None:
        yield from side_by_side(result.newer, there="In the register")
    yield from problem_lines(result.problems)
    yield from _how_to_give(result)
    if result.fate is Fate.NEEDS_CONFIRMING:
        yield from _how_to_confirm(result)
    yield from _changes(result.changes, "What changed:" if result.fate.recorded else _WOULD_REPLACE)


def _what(result: ReturnResult) -> str:
    service = result.service.in_words if result.service else ""
    month = result.month.in_words() if result.month else ""
    name = f"{result.name} ({result.location_id})" if result.name else result.location_id
    return ", ".join(part for part in (name, service, month) if part)


def _how_to_give(result: ReturnResult) -> Iterator[Block]:
    blank = [each.field for each in result.problems if each.code == "mandatory-missing" and each.field]
    if blank:
        given = " ".join(f"--set {field}=…" for field in blank)
        yield line(f"Give them as: {given}", indent=2)
        alone = f"ct submit {result.location_id}"
        yield line(f"Or type `{alone}` alone: at a terminal it asks for each, with the last values to keep.", indent=2)


def _how_to_confirm(result: ReturnResult) -> Iterator[Block]:
    codes = dict.fromkeys(each.code for each in result.problems if each.severity is Severity.QUERY)
    options = " ".join(f"--confirm {code}" for code in codes)
    note = ' --note "why it is right"' if codes.keys() - {REPLACES_FIGURES} else ""
    yield line(f"If it is right as it is, run the same again with: {options}{note}", indent=2)


def _standing(result: ReturnResult, answer: ReturnsSubmitted) -> Iterator[Block]:
    if result.receipt:
        yield from _receipt(result.receipt)
    if result.version and result.version > 1:
        yield line(f"Version   {result.version}; the earlier stays in `ct history {result.location_id}`.", indent=2)
    if result.opens_at and result.closes_at:
        yield line(f"Window    {day(result.opens_at)} to the end of {day(result.closes_at)}", indent=2)
    yield line(*_meaning(result, answer), indent=2)


def _receipt(receipt: Receipt) -> Iterator[Block]:
    yield line("Receipt   ", Text(receipt.id, Tone.STRONG), indent=2)
    yield line(f"Received  {_moment(receipt.received_at)}", indent=2)
    yield line(f"Content   {receipt.content_hash} (SHA-256)", indent=2)
    yield line(f"Source    {SOURCES[receipt.source]}", indent=2)


def _meaning(result: ReturnResult, answer: ReturnsSubmitted) -> tuple[str | Text, ...]:
    if result.survey:
        return (f"It answers the voluntary survey {result.survey}, and fulfils nothing that is owed.",)
    if not result.fulfils:
        when = "It would be" if answer.dry_run else "Recorded"
        return (Text(f"{when} outside the window: it is an update and fulfils nothing.", Tone.WARNING),)
    if answer.filed_here:
        return (Text(f"It {'is' if answer.dry_run else 'was received'} inside the window.", Tone.GOOD),)
    when = "Once recorded" if answer.dry_run else "Recorded"
    return (Text(f"{when}, not yet seen in Capacity Tracker.", Tone.WARNING),)


def _changes(changes: tuple[Change, ...], title: str) -> Iterator[Block]:
    if changes:
        yield line(title, indent=2)
        rows = [(change.field, _value(change.old), _value(change.new)) for change in changes]
        yield Table(
            (Column("  Field"), Column("Before", numeric=True), Column("Now", numeric=True)),
            [(f"  {field}", old, new) for field, old, new in rows],
        )


def _to_enter(pages: tuple[PageToEnter, ...]) -> Iterator[Block]:
    if not pages:
        return
    yield line()
    yield line(Text("Now enter this in Capacity Tracker (ct does not file it for you):", Tone.STRONG))
    for page in pages:
        yield line(Text(page.group, Tone.STRONG), indent=2)
        yield Table(
            (Column("    Item"), Column("Enter", numeric=True)),
            [(f"    {label}", str(value)) for label, value in page.values],
        )
    yield line("Save each page there, also where nothing changed: only what is saved counts.", indent=2)


def _value(value: int | str | None) -> str:
    return "blank" if value is None else str(value)


def _moment(moment: datetime) -> str:
    return moment_in_words(moment.astimezone(LONDON))
