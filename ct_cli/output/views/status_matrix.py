"""The grid of `ct status --matrix`: a letter a month, told apart without colour and in any console's characters."""

from collections.abc import Iterator, Sequence

from ct_cli.actions.status.matrix import MatrixCell, MatrixRow
from ct_cli.compliance.obligation import ObligationStatus
from ct_cli.compliance.risk import RiskLevel
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.output.views.status_words import LEVELS
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month

_MADE = {ReturnKind.FULL: "R", ReturnKind.NIL: "N", ReturnKind.UNCHANGED: "="}
_NOT_MADE = {
    ObligationStatus.FULFILLED: ("R", Tone.GOOD),
    ObligationStatus.MISSED: ("X", Tone.BAD),
    ObligationStatus.OPEN: ("o", Tone.WARNING),
    ObligationStatus.UPCOMING: (".", Tone.QUIET),
    ObligationStatus.NOT_REQUIRED: ("-", Tone.QUIET),
}
_LEGEND = "R return   N nil return   = no change   X missed   o open   . upcoming   - not required"
_WAITING = "   ? known, does not count yet"
_UNSAID = "Also ?: done at the location by Capacity Tracker's monthly report, which does not say for which service."


def matrix(rows: Sequence[MatrixRow]) -> Iterator[Block]:
    """The grid and its legend. Names come after it, so that it stays whole at 80 columns."""
    if not rows:
        yield line("Nothing to show here.")
        return
    months = [cell.month for cell in rows[0].cells]
    columns = [Column("Location"), Column("Service"), *map(Column, _titles(months)), Column("Name")]
    risky = any(row.risk is not RiskLevel.NONE for row in rows)
    if risky:
        columns.append(Column("Risk"))
    yield Table(tuple(columns), [_row(row, risky=risky) for row in rows])
    yield line()
    waiting = any(cell.counts is False for row in rows for cell in row.cells)
    yield line(Text(_LEGEND + (_WAITING if waiting else ""), Tone.QUIET))
    if any(cell.one_of_several for row in rows for cell in row.cells):
        yield line(Text(_UNSAID, Tone.QUIET))
    yield line(Text(f"Months: {months[0].in_words()} to {months[-1].in_words()}", Tone.QUIET))


def _titles(months: Sequence[Month]) -> list[str]:
    """J F M …: a letter each, as three would cut the ids at 80 columns. A line below names the first and last."""
    return [f"{month.day(1):%b}"[0] for month in months]


def _row(row: MatrixRow, *, risky: bool) -> list[str | Text]:
    risk = "" if row.risk is RiskLevel.NONE else LEVELS[row.risk]
    tone = Tone.BAD if row.risk is RiskLevel.NOTICE else Tone.WARNING
    return [
        row.location_id,
        row.service.in_words,
        *map(_cell, row.cells),
        row.location_name,
        *([Text(risk, tone)] if risky else []),
    ]


def _cell(cell: MatrixCell) -> Text:
    if cell.status is ObligationStatus.FULFILLED and cell.kind is not None:
        return Text(_MADE[cell.kind], Tone.GOOD)
    if cell.counts is False or cell.one_of_several:
        return Text("?", Tone.WARNING)
    return Text(*_NOT_MADE[cell.status])
