"""`ct history` as a page."""

from collections.abc import Iterator
from itertools import groupby

from ct_cli.actions.show_history import EntryShown, HistoryShown
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.returns.the_return import ReturnKind

_KINDS = {ReturnKind.FULL: "return", ReturnKind.NIL: "nil return", ReturnKind.UNCHANGED: "no change"}
_NAMED = 3


def view(answer: HistoryShown) -> Iterator[Block]:
    """A table for each service, in the order of recording."""
    where = f"{answer.location_name} ({answer.location_id})" if answer.location_name else answer.location_id
    if not answer.entries:
        of = f" for its {answer.service.in_words} service" if answer.service else ""
        yield line(f"Nothing is recorded of {where}{of}. `ct submit {answer.location_id}` records a return.")
    for service, entries in groupby(answer.entries, key=lambda entry: entry.service):
        yield line(Text(f"{where}, {service.in_words}", Tone.STRONG))
        yield _table(list(entries))
    if any(entry.altered for entry in answer.entries):
        yield line(
            Text("Entries were altered", Tone.BAD),
            ": they prove nothing. Keep this store as it is, and type: ct verify",
        )


def _table(entries: list[EntryShown]) -> Table:
    columns = (
        Column("Month"),
        Column("Version", numeric=True),
        Column("What"),
        Column("Received"),
        Column("Receipt"),
        Column("Source"),
        Column("Remarks"),
    )
    return Table(columns, [_row(entry) for entry in entries])


def _row(entry: EntryShown) -> tuple[str | Text, ...]:
    month = f"{entry.month} {entry.survey}".rstrip()
    received = f"{entry.received_at:%Y-%m-%d %H:%M}" if entry.source.gives_day else "day not given"
    tone = Tone.PLAIN if entry.stands else Tone.QUIET
    source = f"{entry.source.in_words}, {entry.recorded_by}" if entry.recorded_by else entry.source.in_words
    tone_of = Tone.PLAIN if entry.fulfils and not entry.rehearsal else Tone.WARNING
    remarks = Text("; ".join(_remarks(entry)), Tone.BAD if entry.altered else tone_of)
    return (month, str(entry.version), Text(_what(entry), tone), received, entry.receipt_id, source, remarks)


def _what(entry: EntryShown) -> str:
    reason = f" ({entry.reason.value.replace('-', ' ')})" if entry.reason else ""
    return _KINDS[entry.kind] + reason


def _remarks(entry: EntryShown) -> Iterator[str]:
    if entry.altered:
        yield f"ALTERED: {entry.altered}"
    if entry.rehearsal:
        yield "rehearsal: counts for nothing"
    if entry.survey:
        yield "voluntary survey"
    elif not entry.fulfils:
        yield "outside the window: fulfils nothing"
    if entry.corrects:
        yield f"corrects {entry.corrects[:8]}{_changed(entry.changed)}"
    if not entry.stands and not entry.rehearsal:
        yield "since corrected"


def _changed(keys: tuple[str, ...]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return f" ({', '.join(keys[:_NAMED])}{more})"
