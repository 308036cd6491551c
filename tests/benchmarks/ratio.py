"""How a figure is come by: ours against a named floor, in the same run, turn and turn about.

A number of milliseconds says more of the machine than of ct, so nothing is held to one. The floor and ours are run
one after the other (A B A B …), so that a machine that slows down slows both, and their medians are compared.
A row says what it found; it never fails a suite, because a busy machine is not a slow program.
"""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Run = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One measured ratio. Times are wall-clock seconds of one run; memory is in bytes."""

    name: str
    floor_name: str
    floor: tuple[float, ...]
    ours: tuple[float, ...]
    target_ratio: float
    unit: str = "ms"
    """What figures are shown in: ms or MB."""

    @property
    def ratio(self) -> float:
        """The median of ours over the median of the floor."""
        return statistics.median(self.ours) / statistics.median(self.floor)

    @property
    def met(self) -> bool:
        """Whether the ratio is at most the target."""
        return self.ratio <= self.target_ratio


def compare(
    name: str,
    floor_name: str,
    run_floor: Run,
    run_ours: Run,
    target_ratio: float,
    *,
    rounds: int = 15,
    prepare: Run | None = None,
) -> Row:
    """Run the floor and ours by turns, `rounds` times each after one of each that is not counted.

    `prepare` runs before each, and its time is not counted.
    """
    prepare = prepare or _nothing
    floor: list[float] = []
    ours: list[float] = []
    for _ in range(rounds + 1):
        floor.append(_timed(run_floor, prepare))
        ours.append(_timed(run_ours, prepare))
    return Row(name, floor_name, tuple(floor[1:]), tuple(ours[1:]), target_ratio)


def _nothing() -> None:
    """What runs before a run that needs nothing."""


def _timed(run: Run, prepare: Run) -> float:
    prepare()
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def table(rows: Iterable[Row]) -> str:
    """The rows as a table: medians, the least and most of the rounds (the noise), the ratio and its target."""
    titles = ("what", "took (least to most)", "floor", "took (least to most)", "ratio", "target", "")
    lines = [titles, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    verdict = "met" if row.met else "not met"
    return (
        row.name,
        _span(row.ours, row.unit),
        row.floor_name,
        _span(row.floor, row.unit),
        f"{row.ratio:.2f}",
        f"{row.target_ratio:.2f}",
        verdict,
    )


def _span(found: tuple[float, ...], unit: str) -> str:
    scale = {"ms": 1e3, "MB": 1e-6}[unit]
    least, middle, most = (each * scale for each in (min(found), statistics.median(found), max(found)))
    return f"{middle:.1f} {unit} ({least:.1f} to {most:.1f})"
