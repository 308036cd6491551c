"""Measures everything and prints one table: `python tests/benchmarks/run.py [ROUNDS]`.

Each `bench_*.py` beside this file has `rows(rounds, *, small)`, which gives the rows it measured; with `small`, on as
little data as shows that the benchmark itself works.
"""

import importlib
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ratio import Row, table

HERE = Path(__file__).parent
BENCHMARKS = sorted(path.stem for path in HERE.glob("bench_*.py"))


def measure(name: str, rounds: int, *, small: bool) -> list[Row]:
    """The rows of one benchmark file."""
    measured: list[Row] = importlib.import_module(name).rows(rounds, small=small)
    return measured


def main(rounds: int) -> list[Row]:
    """Measure each benchmark in turn, and print the table; its rows.

    Each in a process of its own, as commands are: in one that had held a nation, an import took half as long again.
    """
    found: list[Row] = []
    new = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=new, max_tasks_per_child=1) as alone:
        for name in BENCHMARKS:
            found += alone.submit(measure, name, rounds, small=False).result()
    print(f"{rounds} rounds each, floor and ours by turns; Python {sys.version.split()[0]} on {sys.platform}")
    print(table(found))
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
