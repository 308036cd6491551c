"""Commands that record, killed at any moment and run again: used by the suite for a handful of kills of each kind, and
by `tests/benchmarks/soak/killed_commands.py` for hundreds.

What starts a program is not what is tried here, and takes most of its time: one process loads ct once and forks for
each command.
"""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, Scope
from ct_cli.returns.identity import Service
from ct_cli.server.examples import RETURN

NOW = "2024-12-09T10:00:00+00:00"
ROWS = 40
"""Of each file."""
FORKS = """
import json, os, sys
from ct_cli.cli.program import run
import ct_cli.actions.import_capacity_tracker, ct_cli.actions.import_locations, ct_cli.actions.make_nil_return
import ct_cli.actions.submit_file, ct_cli.actions.submit_return, ct_cli.backends.sqlite

for line in sys.stdin:
    arguments, out = json.loads(line)
    pid = os.fork()
    if not pid:
        for number, path in ((0, os.devnull), (1, out), (2, out + ".err")):
            os.dup2(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")
        os._exit(run(arguments))
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""
KINDS = ("a return", "a nil return", "a file", "a file, all or none", "a list of locations", "an export")


@dataclass
class Trial:
    """A register in a folder, and the commands that are killed while they record in it."""

    folder: Path
    seed: int
    receipts: set[str] = field(default_factory=set)
    """Those that were printed."""
    kills: int = 0
    """Commands that did not live to their end."""
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(("CT_", "XDG_"))}
        own = {"HOME": str(self.folder), "CT_STORE": str(self.store), "CT_NOW": NOW}
        own |= {"CT_CONFIG": str(self.folder / "config.toml"), "CT_CACHE": str(self.folder / "cache")}
        self._forks = subprocess.Popen(
            [sys.executable, "-c", FORKS], env={**theirs, **own}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, bufsize=1,
        )  # fmt: skip
        self._random = random.Random(self.seed)

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / "ct.sqlite3"

    def close(self) -> None:
        """End the process that forks."""
        self._forks.communicate(timeout=20)

    def attempt(self, kind: str, kills: int) -> None:
        """Do something of a kind, killed so many times, each time a thing of its own, and then to its end."""
        _, lasts = self._run(self._typed(kind, 0))
        self._check(kind, 0, whole=True)
        for number in range(1, kills + 1):
            typed = self._typed(kind, number)
            killed, _ = self._run(typed, self._random.uniform(0, 1.1 * lasts))
            self.kills += killed
            self._check(kind, number, whole=not killed)
            _, lasts = self._run(typed)
            self._check(kind, number, whole=True)

    def broken(self) -> list[Any]:
        """What is wrong with the chains, and which receipts are gone."""
        with SqliteBackend(self.store, rehearsing=True) as store:
            found: list[Any] = list(breaks(store.walk(), store.chain_ends(), Tally()))
            return found + sorted(receipt for receipt in self.receipts if store.entry(receipt) is None)

    # Inside.

    def _run(self, typed: Sequence[str], kill_after: float | None = None) -> tuple[bool, float]:
        """Whether a command was killed, and how long it took."""
        out = self.folder / f"out-{self._random.getrandbits(40):x}"
        assert self._forks.stdin is not None and self._forks.stdout is not None
        self._forks.stdin.write(json.dumps([typed, str(out)]) + "\n")
        pid, began = int(self._forks.stdout.readline()), time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        status = int(self._forks.stdout.readline())
        took = time.monotonic() - began
        killed = os.WIFSIGNALED(status)
        if not killed and os.waitstatus_to_exitcode(status) != 0:
            self.faults.append(f"{typed[:3]}: {out.read_text()}{out.with_name(out.name + '.err').read_text()}"[:2_000])
        with suppress(json.JSONDecodeError, FileNotFoundError):  # killed before all of it was printed
            self._note(json.loads(out.read_text()))
        return killed, took

    def _note(self, answer: Any) -> None:
        """Every receipt in an answer."""
        if isinstance(answer, dict):
            receipt = answer.get("receipt")
            if receipt:
                self.receipts.add(receipt["id"] if isinstance(receipt, dict) else receipt)
        for each in answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ():
            self._note(each)

    def _ids(self, kind: str, number: int) -> list[str]:
        first = (KINDS.index(kind) * 1_000 + number) * 100
        return [f"1-{first + at:09}" for at in range(1 if kind.endswith("return") else ROWS)]

    def _typed(self, kind: str, number: int) -> list[str]:
        ids = self._ids(kind, number)
        if kind != "a list of locations":
            with SqliteBackend(self.store) as store:
                since = date(2020, 1, 1)
                store.save_locations(
                    [Location(id, "Home", (Service.CARE_HOME,), beds=40, registered_on=since) for id in ids]
                )
        values = {key: str(value) for key, value in RETURN["values"].items()}
        match kind:
            case "a return":
                return [
                    "submit",
                    *ids,
                    *[f"--set={key}={value}" for key, value in values.items()],
                    "--json",
                    "--no-input",
                ]
            case "a nil return":
                return ["nil-return", *ids, "--reason", "no-service-users", "--json", "--no-input"]
            case "a file" | "a file, all or none":
                rows = [{"location_id": id, "service": "care-home", "month": "2024-12", **values} for id in ids]
                also = ["--atomic"] if kind != "a file" else []
                return ["submit", "--file", self._csv(kind, number, rows), *also, "--json"]
            case "a list of locations":
                rows = [{"location_id": id, "name": "Home", "services": "care-home"} for id in ids]
                return ["locations", "import", self._csv(kind, number, rows), "--apply", "--json"]
            case _:
                items = [
                    {"cqcId": id, "isCareHome": True, "vacanciesLastUpdated": "2024-12-09T09:00:00Z"} for id in ids
                ]
                path = self.folder / f"export-{number}.json"
                path.write_text(json.dumps({"totalItems": len(items), "items": items}), encoding="utf-8")
                return ["import", "capacity-tracker", str(path), "--json"]

    def _csv(self, kind: str, number: int, rows: Sequence[dict[str, str]]) -> str:
        path = self.folder / f"{KINDS.index(kind)}-{number}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return str(path)

    def _check(self, kind: str, number: int, *, whole: bool) -> None:
        """All of it is there once; or none of it, where it was killed."""
        ids = frozenset(self._ids(kind, number))
        with SqliteBackend(self.store, rehearsing=True) as store:
            if kind == "a list of locations":
                found = [it.id for it in store.locations(Scope(location_ids=ids))]
            else:
                found = [it.location_id for id in sorted(ids) for it in store.history(id)]
        if not (sorted(found) == sorted(ids) or (not whole and not found)):
            self.faults.append(f"{kind} {number}: {len(found)} of {len(ids)} are there, {len(set(found))} differ")
