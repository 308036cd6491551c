"""Real programs on one embedded store: `ct serve` that takes returns, and commands beside it, killed now and then.

Used by the suite for some seconds and by `tests/benchmarks/soak/one_store.py` for minutes.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx

from ct_cli.actions.api_keys import make_key
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import Role
from ct_cli.register.location import Location, User
from ct_cli.returns.identity import Service
from ct_cli.server.examples import RETURN
from ct_cli.settings import Settings

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
NOW = "2024-12-09T10:00:00+00:00"
HOMES = 40
"""Locations; the first half gets its returns over HTTP, the other from files."""


@dataclass
class Register:
    """A register in a folder of its own, and the receipts that were given out for it."""

    folder: Path
    seed: int = 0
    port: int = 0
    key: str = ""
    receipts: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    """What a program that was not killed said when it did not do what it was told."""
    kills: int = 0

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / "ct.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        """What every program here runs with."""
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(("CT_", "XDG_"))}
        own = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(self.folder))
        own |= {"CT_STORE": str(self.store), "CT_NOW": NOW, "CT_CONFIG": str(self.folder / "config.toml")}
        return {**theirs, "CT_CACHE": str(self.folder / "cache"), **own}

    def fill(self) -> None:
        """Make the store, with its locations and an admin's key."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        workplace = Workplace(Settings(self.folder / "none.toml", environment=self.environment))
        homes = [home(number) for number in range(HOMES)]
        workplace.backend.save_locations(
            Location(each, f"Home {each}", (Service.CARE_HOME,), beds=40, registered_on=date(2020, 1, 1))
            for each in homes
        )
        workplace.backend.save_users([User(each, "sam@example.org", "Sam") for each in homes])
        self.key = make_key(workplace, "together", Role.ADMIN, "").key
        workplace.close()

    def run(self, *arguments: str, killed_after: float | None = None) -> tuple[int, str]:
        """Run a command, perhaps killing it; its exit status, and what it had printed."""
        with subprocess.Popen(
            [CT, *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, encoding="utf-8",
        ) as process:  # fmt: skip
            if killed_after is not None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(killed_after)
                if process.poll() is None:
                    process.kill()
                    self.kills += 1
                    killed_after = -1
            out, words = process.communicate(timeout=120)
        if killed_after != -1 and process.returncode not in {0, 4}:
            self.failures.append(f"ct {' '.join(arguments)}: {process.returncode} {words[-400:]}")
        return process.returncode, out

    def submit_file(self, number: int, killed_after: float | None = None) -> None:
        """`ct submit --file` of corrections to three locations; what it printed is owed ever after."""
        chosen = random.Random(number).sample(range(HOMES // 2, HOMES), 3)
        values = {**RETURN["values"], "hours_paid": 500_000 + number}
        rows = [",".join(map(str, [home(it), "2024-12", *values.values()])) for it in chosen]
        file = self.folder / f"returns-{number}.csv"
        file.write_text("\n".join([",".join(["location_id", "month", *values]), *rows]), encoding="utf-8")
        status, out = self.run("submit", "--file", str(file), "--json", killed_after=killed_after)
        if status == 0:
            told = json.loads(out)["data"]["rows"]
            found = [row["receipt"] for row in told if row.get("receipt")]
            if len(found) != len(chosen):
                self.failures.append(f"submit --file told {found} of {chosen}")
            self.receipts.update(found)

    @contextmanager
    def serving(self, workers: int = 1, kill_every: float | None = None) -> Iterator[None]:
        """`ct serve`, and a client that sends it one return after another; the server killed so often, if at all."""
        ended = threading.Event()
        server = self._start_server(workers)
        sender = threading.Thread(target=self._send, args=(ended,))
        sender.start()
        killer = threading.Thread(target=self._kill, args=(ended, kill_every or 0.0, workers, [server]))
        killer.start()
        try:
            yield
        finally:
            ended.set()
            sender.join()
            killer.join()

    def _start_server(self, workers: int) -> "subprocess.Popen[bytes]":
        # A session of its own, so that killing it takes its workers with it.
        process = subprocess.Popen(
            [CT, "serve", "--port", str(self.port), "--workers", str(workers), "--rate", "0"],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False, timeout=10).status_code == 200:
                    return process
            time.sleep(0.05)
        _end(process, signal.SIGKILL)
        raise TimeoutError("the server does not answer")

    def _kill(
        self, ended: threading.Event, every: float, workers: int, running: "list[subprocess.Popen[bytes]]"
    ) -> None:
        chance = random.Random(self.seed)
        while not ended.wait(chance.uniform(0.5, 1.5) * every if every else None):
            _end(running[0], signal.SIGKILL)
            self.kills += 1
            running[0] = self._start_server(workers)
        _end(running[0], signal.SIGTERM)

    def _send(self, ended: threading.Event) -> None:
        """Corrections to one location after another. Each is of other figures, so each has a receipt of its own."""
        number = 0
        with httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {self.key}"},
            timeout=60, trust_env=False,
        ) as client:  # fmt: skip
            while not ended.is_set():
                number += 1
                values = {**RETURN["values"], "hours_paid": 1_000 + number}
                given = {**RETURN, "location_id": home(number % (HOMES // 2)), "values": values}
                try:
                    answer = client.post("/v1/returns", json=given)
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if answer.status_code >= 300:
                    self.failures.append(f"POST: {answer.status_code} {answer.text[:300]}")
                else:
                    self.receipts.add(answer.json()["receipt"]["id"])
                time.sleep(0.01)

    def lost(self) -> list[str]:
        """The receipts that were given out and that the store no longer has, as a program that opens it now sees."""
        script = (
            "import json, sys; from pathlib import Path; from ct_cli.backends.sqlite import SqliteBackend as S\n"
            "with S(Path(sys.argv[1])) as store:\n"
            "    print(json.dumps([it for it in json.load(sys.stdin) if store.entry(it) is None]))"
        )
        ran = subprocess.run(
            [sys.executable, "-c", script, str(self.store)], input=json.dumps(sorted(self.receipts)), check=True,
            capture_output=True, encoding="utf-8",
        )  # fmt: skip
        found: list[str] = json.loads(ran.stdout)
        return found


def home(number: int) -> str:
    """The id of a location."""
    return f"LOC{number:03}"


def commands(register: Register, rounds: Sequence[int], *, kill: bool) -> None:
    """The commands of a working day, one after another, each killed at a random moment every other time."""
    for number in rounds:
        chance = random.Random(register.seed * 1_000 + number)
        after = chance.uniform(0.1, 0.6) if kill and number % 2 else None
        register.submit_file(number, killed_after=after)
        others = (("status",), ("remind", "--channel", "stdout"), ("verify",))
        register.run(*others[number % 3], killed_after=after)


def _end(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, how)
        else:
            process.kill()
    process.wait(30)
