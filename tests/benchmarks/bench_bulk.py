"""`ct submit --file` against a program that only reads the same rows and stores them, and against other programs.

By hand, with the size to measure at (100,000 rows where none is given; `--million` also looks at memory):
`python tests/benchmarks/bench_bulk.py [ROWS] [ROUNDS] [--million]`.

Two rows need tools that the suite does not: `uv pip install frictionless sqlite-utils`. They are left out without.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bulk_data import FRAME, INSIDE, KEYS, make_store, write_csv, write_xlsx
from bulk_floor import store_rows
from ratio import Row, compare, table

from ct_cli.actions.submit_file import submit_file
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.workplace import Workplace
from ct_cli.settings import Settings

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
MOST_MEMORY = 250_000_000
"""Bytes that a million rows may take."""


def rows(rounds: int, *, small: bool, count: int = 100_000) -> list[Row]:
    """What bulk files are held to, at 100,000 rows or, small, at 60; memory apart."""
    return list(each_row(60 if small else count, 1 if small else rounds))


def each_row(count: int, rounds: int) -> Iterator[Row]:
    """The same, each as soon as it is measured."""
    rounds = min(rounds, 5)
    with _folder() as folder:
        make_store(folder / "homes.sqlite3", count)
        yield _empty(folder, count, rounds)
        yield _all_bad(folder, count, rounds)
        yield _workbook(folder, max(60, 3 * count // 10), rounds)
        yield from _others(folder, count, min(rounds, 3))
        yield _history(folder, max(60, count // 5), rounds)


def memory(count: int) -> list[Row]:
    """The most memory that so many rows take, and their time against a tenth of them."""
    with _folder() as folder:
        make_store(folder / "homes.sqlite3", count)
        part, whole = write_csv(folder / "part.csv", count // 10), write_csv(folder / "whole.csv", count)
        peaks: list[float] = []

        def run(file: Path) -> None:
            peaks.append(_peak_of_a_process(file, folder / "run.sqlite3"))

        fresh = _fresh(folder / "homes.sqlite3", folder / "run.sqlite3")
        time = compare(
            f"{count:,} rows", f"{count // 10:,} rows", lambda: run(part), lambda: run(whole), 11.0, rounds=1,
            prepare=fresh,
        )  # fmt: skip
        peak = Row(f"memory, {count:,} rows", "250 MB", (MOST_MEMORY,), (max(peaks),), 1.0, unit="MB")
        return [time, peak]


def _empty(folder: Path, count: int, rounds: int) -> Row:
    file = write_csv(folder / "returns.csv", count)
    return _against_floor(f"{count:,} rows, empty store", file, folder / "homes.sqlite3", 2.5, rounds)


def _history(folder: Path, count: int, rounds: int) -> Row:
    file = write_csv(folder / "few.csv", count)
    store = make_store(folder / "history.sqlite3", count, months=24)
    return _against_floor(f"{count:,} rows, 24 months of history", file, store, 3.0, rounds)


def _against_floor(name: str, file: Path, store: Path, target: float, rounds: int) -> Row:
    floor, ours = file.with_name("floor.sqlite3"), file.with_name("run.sqlite3")
    fresh, none = _fresh(store, ours), _fresh(None, floor)
    return compare(
        name, "DictReader, json.dumps, executemany", lambda: store_rows(file, floor), lambda: _submit(file, ours),
        target, rounds=rounds, prepare=lambda: (fresh(), none()),
    )  # fmt: skip


def _all_bad(folder: Path, count: int, rounds: int) -> Row:
    good, bad = write_csv(folder / "good.csv", count, 0.0), write_csv(folder / "bad.csv", count, 1.0)
    ours = folder / "run.sqlite3"
    return compare(
        f"{count:,} rows, all bad", "all good", lambda: _submit(good, ours), lambda: _submit(bad, ours), 2.0,
        rounds=rounds, prepare=_fresh(folder / "homes.sqlite3", ours),
    )  # fmt: skip


def _workbook(folder: Path, count: int, rounds: int) -> Row:
    text, book = write_csv(folder / "same.csv", count), write_xlsx(folder / "same.xlsx", count)
    ours = folder / "run.sqlite3"
    return compare(
        f"{count:,} rows, XLSX", "the same as CSV", lambda: _submit(text, ours), lambda: _submit(book, ours), 2.0,
        rounds=rounds, prepare=_fresh(folder / "homes.sqlite3", ours),
    )  # fmt: skip


def _others(folder: Path, count: int, rounds: int) -> Iterator[Row]:
    """The whole command against other programs that do one part of its work."""
    file, ours, theirs = folder / "returns.csv", folder / "run.sqlite3", folder / "theirs.sqlite3"
    schema = folder / "schema.json"
    schema.write_text(json.dumps(_schema()), encoding="utf-8")
    commands = {
        "frictionless": ("validate", file, "--schema", schema, "--limit-errors", str(count), "--trusted"),
        "sqlite-utils": ("insert", theirs, "returns", file, "--csv"),
    }
    fresh, none = _fresh(folder / "homes.sqlite3", ours), _fresh(None, theirs)
    for name, arguments in commands.items():
        program = shutil.which(name, path=str(CT.parent))
        if program is None:
            print(f"{name} is not installed here, so it is not compared with", file=sys.stderr)
            continue
        yield compare(
            f"ct submit --file, {count:,} rows", f"{name} {arguments[0]}",
            lambda program=program, arguments=arguments: _run(folder, program, *arguments),
            lambda: _run(folder, CT, "submit", "--file", file, CT_STORE=str(ours)),
            1.0, rounds=rounds, prepare=lambda: (fresh(), none()),
        )  # fmt: skip


def _schema() -> dict[str, object]:
    """The same as frictionless can be told: types, least values, what is mandatory. It knows no rule across items."""
    least = {"required": True, "minimum": 0}
    fields: list[dict[str, object]] = [{"name": name, "type": "string"} for name in FRAME]
    for key in KEYS:
        if key.startswith("visit"):
            fields.append({"name": key, "type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]})
        else:
            fields.append({"name": key, "type": "integer", "constraints": least})
    return {"fields": fields}


def _submit(file: Path, store: Path) -> None:
    settings = Settings(file.with_name("none.toml"), environment={"CT_STORE": str(store), "CT_CACHE": str(file.parent)})
    workplace = Workplace(settings, INSIDE)
    submit_file(workplace, FileOrder(str(file)), Terms(recorded_by="the office"))
    workplace.close()


def _peak_of_a_process(file: Path, store: Path) -> float:
    """Submit a file in a process of its own; the most memory that it held, in bytes."""
    program = "import sys; from bench_bulk import _submit_alone; _submit_alone(*sys.argv[1:])"
    command = (sys.executable, "-c", program, file, store)
    ran = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parent, encoding="utf-8")
    return int(ran.stdout)


def _submit_alone(file: str, store: str) -> None:
    """Submit a file, and print the most memory that this process held.

    Linux's ru_maxrss also has what the process held that started this one, where that made a million rows before.
    """
    import resource

    _submit(Path(file), Path(store))
    status = Path("/proc/self/status")
    if status.exists():
        told = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        print(int(told.split()[1]) * 1024)
    else:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def _run(folder: Path, *command: str | Path, **environment: str) -> None:
    home = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(folder))
    surroundings = {**os.environ, **home, "CT_NOW": INSIDE.isoformat(), "CT_CACHE": str(folder), **environment}
    ran = subprocess.run(command, check=False, env=surroundings, capture_output=True, encoding="utf-8")
    # 1 and 3: some rows are wrong, as they are meant to be; but frictionless ends so too where it read nothing.
    if ran.returncode not in (0, 1, 3) or "resource-error" in ran.stdout:
        raise RuntimeError(f"{command[0]} ended with {ran.returncode}: {ran.stderr[-500:]}")


def _fresh(template: Path | None, store: Path) -> Callable[[], None]:
    """Puts a copy of a store, or none, in the place of what a run left."""

    def put() -> None:
        for name in (store.name, f"{store.name}-wal", f"{store.name}-shm"):
            store.with_name(name).unlink(missing_ok=True)
        if template is not None:
            shutil.copyfile(template, store)

    return put


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


if __name__ == "__main__":
    numbers = [int(given) for given in sys.argv[1:] if given.isdigit()]
    count, times = (*numbers, *(100_000, 5)[len(numbers) :])
    for row in each_row(count, times):
        print(table([row]), flush=True)
    if "--million" in sys.argv:
        print(table(memory(1_000_000)))
