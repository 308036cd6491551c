"""The grid of `ct status --matrix`: a letter a month, told apart without colour and in any console's characters."""

from collections.abc import Iterator, Sequence

from ct_cli.actions.status_matrix import MatrixCell, MatrixRow
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


def matrix(rows: Sequence[MatrixRow]) -> Iterator[Block]:
    """The grid and its legend. The name comes last, so that the grid stays whole at 80 columns."""
    if not rows:
        yield line("Nothing to show here.")
        return
    months = [cell.month for cell in rows[0].cells]
    columns = [Column("Location"), Column("Service"), *map(Column, _titles(months)), Column("Risk"), Column("Name")]
    yield Table(tuple(columns), [_row(row) for row in rows])
    yield line()
    waiting = any(cell.counts is False for row in rows for cell in row.cells)
    yield line(Text(_LEGEND + (_WAITING if waiting else ""), Tone.QUIET))
    yield line(Text(f"{months[0].in_words()} to {months[-1].in_words()}", Tone.QUIET))


def _titles(months: Sequence[Month]) -> list[str]:
    """Jan24 Feb Mar …: the year with the first month and each January."""
    return [
        f"{month.day(1):%b}{month.year % 100:02}" if place == 0 or month.number == 1 else f"{month.day(1):%b}"
        for place, month in enumerate(months)
    ]


def _row(row: MatrixRow) -> list[str | Text]:
    risk = "" if row.risk is RiskLevel.NONE else LEVELS[row.risk]
    tone = Tone.BAD if row.risk is RiskLevel.NOTICE else Tone.WARNING
    return [row.location_id, row.service.in_words, *map(_cell, row.cells), Text(risk, tone), row.location_name]


def _cell(cell: MatrixCell) -> Text:
    if cell.status is ObligationStatus.FULFILLED and cell.kind is not None:
        return Text(_MADE[cell.kind], Tone.GOOD)
    if cell.counts is False:
        return Text("?", Tone.WARNING)
    return Text(*_NOT_MADE[cell.status])
