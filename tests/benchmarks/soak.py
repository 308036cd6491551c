"""Load on `ct serve` while workers are killed and PostgreSQL is restarted: is all that it acknowledged there?

By hand: `python tests/benchmarks/soak.py [MINUTES] [REQUESTS A SECOND]`. One minute where none is given; and where no
rate is, the rate of single returns is measured first, at 32 connections, and half of it is kept up.

A client that gets no answer, or a 5xx, sends the same again with the same Idempotency-Key, as ct's own client does;
what fell behind while nothing answered is made up for. Every ten seconds the youngest worker is killed; the eldest
lives, and its memory is looked at. In the middle, PostgreSQL is restarted. In the end every receipt that was given out
must be in the ledger, each return there once, and every chain whole.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil
from served import CT, Line, fill, load, serving, surroundings

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a program, only this folder is looked in

from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.server.examples import RETURN
from tests.postgres_server import RealPostgres

NOW = "2024-12-09T10:00:00+00:00"
CONNECTIONS = 32
LOCATIONS = 20_000
MEASURED = 3_000
"""Returns by which the rate is measured, after as many that are not counted."""
KILL_EVERY = 10.0
EACH = 40
"""Returns after which a connection is made anew, so that a worker that is new comes to have some."""
PATIENCE = 60.0
"""Seconds after which a return is given up."""
KEPT = 0.98
"""The least part of the rate that must be kept up over the whole time."""


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
    answers: list[float] = field(default_factory=list)
    """Seconds that each good answer took."""
    waits: list[float] = field(default_factory=list)
    """Seconds from when each return was due to be sent until it was acknowledged, whatever failed in between."""

    async def run(self) -> None:
        """Send until it is ended, and what was begun to its end."""
        began = time.monotonic()
        await asyncio.gather(*(self._one_sender(sender, began) for sender in range(CONNECTIONS)))

    async def _one_sender(self, sender: int, began: float) -> None:
        """Send every 32nd return, each until it is acknowledged."""
        line, number = Line(self.port, self.key), sender
        while not self.ended.is_set():
            due = began + number / self.rate
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            await self._send(line, number, due)
            number += CONNECTIONS
            if number // CONNECTIONS % EACH == sender % EACH:
                line.hang_up()
        line.hang_up()

    async def _send(self, line: Line, number: int, due: float) -> None:
        body, again = body_of(number), f"Idempotency-Key: soak-{number}\r\n"
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                answer = await asyncio.wait_for(line.ask("POST", "/v1/returns", body, again), 20)
            except (OSError, EOFError, TimeoutError) as error:  # EOFError: the answer was cut off
                self.seen[type(error).__name__] += 1
                line.hang_up()
                await asyncio.sleep(0.1)
                continue
            self.seen[str(answer.status)] += 1
            if answer.status < 300:
                now = time.monotonic()
                self.answers.append(now - began)
                self.waits.append(now - due)
                self.receipts[number] = json.loads(answer.body)["receipt"]["id"]
                return
            if answer.status < 500:
                self.seen[answer.body.decode()[:300]] += 1
                return
            await asyncio.sleep(0.2)
        self.seen["given up"] += 1


def body_of(number: int, first_hours: int = 1_000) -> bytes:
    """The return of a number; of one location no two are alike."""
    values = {**RETURN["values"], "hours_paid": first_hours + number // LOCATIONS}
    return json.dumps({**RETURN, "location_id": f"SOAK{number % LOCATIONS:05}", "values": values}).encode()


def soak(minutes: float, rate: float | None) -> bool:
    """Run it and print what was found; whether all is as it should be."""
    postgres = RealPostgres.make(durable=True)
    try:
        with tempfile.TemporaryDirectory() as home, _serving(postgres, Path(home)) as (port, process, key):
            asked = rate or _measured(port, key) / 2
            print(f"{asked:.0f} a second for {minutes:g} minutes")
            found = Load(port, key, asked)
            memory: list[int] = []
            trouble = threading.Thread(target=_trouble, args=(postgres, process, minutes * 60, found.ended, memory))
            trouble.start()
            asyncio.run(found.run())
            trouble.join()
            return _judge(postgres, Path(home), found, memory, minutes * 60)
    finally:
        postgres.remove()


def _measured(port: int, key: str) -> float:
    """Single returns a second, as bench_server.py measures them: by connections that are kept, each return new."""
    for part in (0, 1):
        bodies = [body_of(number, first_hours=500) for number in range(part * MEASURED, (part + 1) * MEASURED)]
        seconds, _ = asyncio.run(load(port, key, bodies, CONNECTIONS))
    print(f"{MEASURED / seconds:.0f} single returns a second at {CONNECTIONS} connections; half of that is kept up:")
    return MEASURED / seconds


def _trouble(
    postgres: RealPostgres, process: psutil.Process, seconds: float, ended: threading.Event, memory: list[int]
) -> None:
    """Kill workers and restart PostgreSQL, until the time is over; note the eldest worker's memory again and again."""
    began, kill_at, restarted = time.monotonic(), KILL_EVERY, False
    try:
        while (passed := time.monotonic() - began) < seconds:
            workers = sorted(_workers(process), key=lambda worker: worker.create_time())
            if workers:
                with suppress(psutil.Error):
                    memory.append(workers[0].memory_info().rss)
            if passed > kill_at and len(workers) > 1:
                workers[-1].kill()
                kill_at += KILL_EVERY
                print(f"{passed:.0f} s: worker {workers[-1].pid} was killed, {len(workers) - 1} left", file=sys.stderr)
            if passed > seconds / 2 and not restarted:
                restarted = True
                postgres.stop()
                postgres.start()
                print(f"{passed:.0f} s: PostgreSQL was restarted", file=sys.stderr)
            time.sleep(0.5)
    finally:
        ended.set()


def _workers(process: psutil.Process) -> list[psutil.Process]:
    """Those that serve: multiprocessing has a helper of its own beside them, and those just killed linger."""
    found = []
    for child in process.children():
        with suppress(psutil.Error):
            if child.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(child.cmdline()):
                found.append(child)
    return found


def _judge(postgres: RealPostgres, home: Path, found: Load, memory: Sequence[int], seconds: float) -> bool:
    there = Counter(receipt for (receipt,) in postgres.execute("SELECT receipt_id FROM entries"))
    missing = set(found.receipts.values()) - set(there)
    doubled = postgres.execute(
        "SELECT location_id, month, content, count(*) FROM entries GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    verified = subprocess.run(
        [CT, "verify"], check=False, env=surroundings(_settings(postgres, home)), capture_output=True
    ).returncode
    early, late = memory[len(memory) // 4 : len(memory) // 2], memory[-(len(memory) // 4) :]
    begin, end = max(early, default=0) / 1e6, max(late, default=0) / 1e6
    kept = len(found.receipts) / seconds / found.rate
    print(f"acknowledged {len(found.receipts):,}: {len(found.receipts) / seconds:.0f} a second, {kept:.1%} of the rate")
    print(f"found {len(found.receipts) - len(missing):,} of them, missing {len(missing)}; in the ledger "
          f"{sum(there.values()):,}; twice {len(doubled)}; ct verify ended with {verified}")  # fmt: skip
    print(f"memory of the eldest worker: {begin:.1f} MB in the second quarter, {end:.1f} MB in the last")
    print(f"an answer: {_spread(found.answers)}; from due to acknowledged, repeats and all: {_spread(found.waits)}")
    print(f"answers: {dict(found.seen)}")
    whole = not missing and not doubled and verified == 0 and not found.seen["given up"]
    return whole and kept >= KEPT and end < 1.1 * begin


def _spread(taken: Sequence[float]) -> str:
    ordered = sorted(taken)
    return f"median {ordered[len(ordered) // 2] * 1e3:.1f} ms, p99 {ordered[len(ordered) * 99 // 100] * 1e3:.1f} ms"


@contextmanager
def _serving(postgres: RealPostgres, home: Path) -> Iterator[tuple[int, psutil.Process, str]]:
    settings = _settings(postgres, home)
    key = fill(home, settings, (
        Location(f"SOAK{place:05}", "Rose House", (Service.CARE_HOME,), beds=40, registered_on=date(2020, 1, 1))
        for place in range(LOCATIONS)
    ))  # fmt: skip
    with serving([CT, "serve", "--port", "PORT", "--workers", "2", "--rate", "0"], settings, home / "log") as port:
        [process] = [it for it in psutil.Process().children() if str(port) in it.cmdline()]
        yield port, process, key


def _settings(postgres: RealPostgres, home: Path) -> dict[str, str]:
    return {"HOME": str(home), "CT_BACKEND": "postgres", "CT_DATABASE": postgres.conninfo(), "CT_NOW": NOW}


if __name__ == "__main__":
    given = [float(it) for it in sys.argv[1:]]
    sys.exit(0 if soak(given[0] if given else 1.0, given[1] if len(given) > 1 else None) else 1)
