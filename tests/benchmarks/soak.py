"""Load on `ct serve` while workers are killed and PostgreSQL is restarted: is all that it acknowledged there?

By hand: `python tests/benchmarks/soak.py [MINUTES] [REQUESTS A SECOND]`, one minute and 50 where none is given. A
client that gets no answer, or a 5xx, sends the same again with the same Idempotency-Key, as ct's own client does.
Every ten seconds the youngest worker is killed; the eldest lives, and its memory is looked at. In the middle,
PostgreSQL is restarted. In the end every receipt that was given out must be in the ledger, each return there once,
and every chain whole.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, only this folder is looked in

from ct_cli.backends.postgres import PostgresBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.server.examples import RETURN
from tests.postgres_server import RealPostgres

CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
NOW = "2024-12-09T10:00:00+00:00"
SENDERS = 8
LOCATIONS = 2_000
KILL_EVERY = 10.0
EACH = 5
"""Answers after which somebody connects anew."""
PATIENCE = 60.0
"""Seconds after which a sender gives a return up."""


@dataclass
class Load:
    """Senders that keep to a rate, and what they were answered."""

    port: int
    key: str
    rate: float
    ended: threading.Event = field(default_factory=threading.Event)
    receipts: dict[int, str] = field(default_factory=dict)
    """By the number of the return."""
    seen: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def run(self, sender: int) -> None:
        """Send every SENDERS-th return, each until it is acknowledged."""
        began, number = time.monotonic(), sender
        connection: list[http.client.HTTPConnection] = []
        while not self.ended.is_set():
            time.sleep(max(0.0, began + number / self.rate - time.monotonic()))
            self._send(number, connection)
            number += SENDERS

    def _send(self, number: int, connection: list[http.client.HTTPConnection]) -> None:
        body = json.dumps({**RETURN, "location_id": f"SOAK{number % LOCATIONS:05}", "values": values(number)})
        headers = {
            "Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
            "Idempotency-Key": f"soak-{number}",
        }  # fmt: skip
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                if not connection:
                    connection.append(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20))
                connection[0].request("POST", "/v1/returns", body, headers)
                answer = connection[0].getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.seen[type(error).__name__] += 1
                connection.clear()
                time.sleep(0.1)
                continue
            self.seen[str(answer.status)] += 1
            if answer.status < 300:
                self.times.append(time.perf_counter() - began)
                self.receipts[number] = json.loads(said)["receipt"]["id"]
                if len(self.receipts) % EACH == 0:
                    connection.pop().close()  # so that every worker comes to have some, also one that is new
                return
            if answer.status < 500:
                self.seen[said.decode()[:300]] += 1
                return
            time.sleep(0.2)
        self.seen["given up"] += 1


def values(number: int) -> dict[str, object]:
    """What the return of a number says; of one location no two are alike."""
    return {**RETURN["values"], "hours_paid": 1_000 + number // LOCATIONS}


def soak(minutes: float, rate: float) -> bool:
    """Run it and print what was found; whether all is as it should be."""
    server = RealPostgres.make(durable=True)
    try:
        with tempfile.TemporaryDirectory() as home, _serving(server, Path(home)) as (port, process, key):
            load = Load(port, key, rate)
            senders = [threading.Thread(target=load.run, args=(number,), daemon=True) for number in range(SENDERS)]
            for sender in senders:
                sender.start()
            try:
                memory = list(_trouble(server, process, minutes * 60))
            finally:
                load.ended.set()
            for sender in senders:
                sender.join()
            return _judge(server, Path(home), load, memory)
    finally:
        server.remove()


def _trouble(server: RealPostgres, process: psutil.Process, seconds: float) -> Iterator[int]:
    """Kill workers and restart PostgreSQL; the eldest worker's memory, again and again."""
    began, kill_at, restarted = time.monotonic(), KILL_EVERY, False
    while (passed := time.monotonic() - began) < seconds:
        workers = sorted(_workers(process), key=lambda worker: worker.create_time())
        if workers:
            yield workers[0].memory_info().rss
        if passed > kill_at and len(workers) > 1:
            workers[-1].kill()
            kill_at += KILL_EVERY
            print(f"{passed:.0f} s: worker {workers[-1].pid} was killed, {len(workers) - 1} left", file=sys.stderr)
        if passed > seconds / 2 and not restarted:
            restarted = True
            server.stop()
            server.start()
            print(f"{passed:.0f} s: PostgreSQL was restarted", file=sys.stderr)
        time.sleep(0.5)


def _workers(process: psutil.Process) -> list[psutil.Process]:
    """Those that serve: multiprocessing has a helper of its own beside them, and those just killed linger."""
    serving = []
    for child in process.children():
        with suppress(psutil.Error):
            if child.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(child.cmdline()):
                serving.append(child)
    return serving


def _judge(server: RealPostgres, home: Path, load: Load, memory: list[int]) -> bool:
    there = Counter(receipt for (receipt,) in server.execute("SELECT receipt_id FROM entries"))
    missing = set(load.receipts.values()) - set(there)
    doubled = server.execute(
        "SELECT location_id, month, content, count(*) FROM entries GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    verified = subprocess.run(
        [CT, "verify"], check=False, env=_surroundings(server, home), capture_output=True, text=True
    ).returncode
    quarter, times = len(memory) // 4, sorted(load.times)
    early, late = max(memory[quarter : 2 * quarter]) / 1e6, max(memory[-quarter:]) / 1e6
    median, p99 = times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000
    print(f"{len(load.receipts):,} acknowledged, {sum(there.values()):,} in the ledger, answers {dict(load.seen)}")
    print(
        f"acknowledged and not there: {len(missing)}; recorded twice: {len(doubled)}; ct verify ended with {verified}"
    )
    print(f"the eldest worker's memory: {early:.1f} MB in the second quarter, {late:.1f} MB in the last")
    print(f"times: median {median:.1f} ms, p99 {p99:.1f} ms")
    return not missing and not doubled and verified == 0 and late < 1.1 * early and not load.seen["given up"]


@contextmanager
def _serving(server: RealPostgres, home: Path) -> Iterator[tuple[int, psutil.Process, str]]:
    surroundings = _surroundings(server, home)
    with PostgresBackend(server.conninfo()) as store:
        store.save_locations(
            Location(f"SOAK{place:05}", "Rose House", (Service.CARE_HOME,), beds=40, registered_on=date(2020, 1, 1))
            for place in range(LOCATIONS)
        )
    made = subprocess.run(
        [CT, "keys", "create", "soak", "--role", "admin", "--json"], check=True, env=surroundings, capture_output=True
    )
    key = json.loads(made.stdout)["data"]["key"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [CT, "serve", "--port", str(port), "--workers", "2", "--rate", "0"]
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(command, env=surroundings, stdout=log, stderr=log) as serving,
    ):
        try:
            _wait_for(port, home / "log")
            yield port, psutil.Process(serving.pid), key
        finally:
            serving.terminate()


def _wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass  # it is starting: asked again below
        if time.monotonic() > until:
            raise TimeoutError("ct serve never became ready: " + log.read_text(encoding="utf-8")[-1_000:])
        time.sleep(0.2)


def _surroundings(server: RealPostgres, home: Path) -> dict[str, str]:
    own = {"HOME": str(home), "CT_BACKEND": "postgres", "CT_DATABASE": server.conninfo(), "CT_NOW": NOW}
    return {**{name: value for name, value in os.environ.items() if not name.startswith(("CT_", "XDG_"))}, **own}


if __name__ == "__main__":
    minutes, rate = (*map(float, sys.argv[1:]), *(1.0, 50.0)[len(sys.argv) - 1 :])
    sys.exit(0 if soak(minutes, rate) else 1)
