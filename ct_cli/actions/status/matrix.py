"""The grid of `ct status --matrix`: a row for each service at a location, a cell for each month."""

from collections.abc import Iterable
from dataclasses import dataclass

from ct_cli.backends.contract import ChainKey, Fulfilment
from ct_cli.compliance.obligation import Counting, ObligationStatus
from ct_cli.compliance.risk import RiskLevel
from ct_cli.compliance.standing import Standing
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One month of one row."""

    month: Month
    status: ObligationStatus
    kind: ReturnKind | None
    """How it was made; None where no return is known."""
    counts: bool | None
    """Whether the return that is known meets the obligation; None where none is known."""
    one_of_several: bool = False
    """Whether Capacity Tracker's monthly report has it as done for the location, without saying for which service."""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One service at one location over the months, oldest first."""

    location_id: str
    location_name: str
    service: Service
    risk: RiskLevel
    cells: tuple[MatrixCell, ...]


def matrix_rows(
    rows: Iterable[tuple[Standing, RiskLevel]], known: Iterable[Fulfilment], counting: Counting
) -> tuple[MatrixRow, ...]:
    """The grid. Each standing is over the months to show, and comes with the risk at present."""
    best: dict[ChainKey, dict[Month, MatrixCell]] = {}
    for it in known:
        cells = best.setdefault((it.location_id, it.service), {})
        counts = counting.counts(it)
        if counts or it.month not in cells:
            cells[it.month] = MatrixCell(it.month, ObligationStatus.FULFILLED, it.kind, counts)
    return tuple(
        _row(standing, risk, best.get((standing.location.id, standing.service), {})) for standing, risk in rows
    )


def _row(standing: Standing, risk: RiskLevel, found: dict[Month, MatrixCell]) -> MatrixRow:
    cells = []
    for month in standing.span.months:
        cell = found.get(month)
        if cell is None or not cell.counts:
            unsaid = bool(standing.unsaid & standing.span.bit(month))
            kind, counts = (cell.kind, False) if cell else (None, None)
            cell = MatrixCell(month, standing.status(month), kind, counts, unsaid)
        cells.append(cell)
    location = standing.location
    return MatrixRow(location.id, location.name, standing.service, risk, tuple(cells))
