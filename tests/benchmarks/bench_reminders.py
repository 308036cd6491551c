"""`ct remind` for the country: 31,000 locations, 12,000 people to tell, a local mail server in a process of its own.

The floor is a bare smtplib loop, which sends the very same messages on one connection. Deciding whom to tell is held to
a tenth of that floor, memory to 200 MB. Alone, and at another size: `python tests/benchmarks/bench_reminders.py [ROUNDS
[LOCATIONS PEOPLE]]`.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from ratio import Row, table

from ct_cli.actions.plan_reminders import plan_reminders
from ct_cli.actions.reminding.plan import Arrangements, narrowed, what_is_due
from ct_cli.actions.reminding.writer import make_writer
from ct_cli.actions.send_reminders import send_reminders
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Source, Submission
from ct_cli.backends.outbox import Letter
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from ct_cli.reminders.channel_name import ChannelName
from ct_cli.reminders.mime import Sender, as_email
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.settings import Settings
from ct_cli.windows.month import Month

MOST_MEMORY = 200e6
"""Bytes that a run may take."""
NOW = "2024-12-09T09:05:00+00:00"
SENDER = Sender("office@example.org", "Capacity Tracker reminders", "office@example.org", "<mailto:office@example.org>")
SERVER = """
import asyncio
from aiosmtpd.smtp import SMTP

class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), hostname="localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def rows(rounds: int, *, small: bool) -> list[Row]:
    """Sending against the loop, deciding against a tenth of it, memory (2 rounds at most: each takes a minute)."""
    return measured(min(rounds, 2), *((60, 24) if small else (31_000, 12_000)))


def measured(rounds: int, locations: int, people: int) -> list[Row]:
    """The rows for so many locations and people."""
    os.environ["CT_NOW"] = NOW
    try:
        with tempfile.TemporaryDirectory() as folder, mail_server() as port:
            store = Path(folder) / "nation.sqlite3"
            fill(store, locations, people)
            peak = peak_of_a_process(store, port, people)
            whole = f"{locations:,} locations, {people:,} people"
            memory = Row(f"memory, {whole}", "200 MB", (MOST_MEMORY,), (peak,), 1.0, unit="MB")
            return [*_times(store, port, whole, rounds), memory]
    finally:
        del os.environ["CT_NOW"]


def _times(store: Path, port: int, whole: str, rounds: int) -> list[Row]:
    """Floor, sending and deciding by turns, after one of each that is not counted."""
    settings = settings_for(store, port)
    messages = written(settings)
    taken: list[tuple[float, ...]] = []
    for _ in range(rounds + 1):
        runs = (
            lambda: bare_loop(port, messages),
            lambda: run_once(settings, len(messages)),
            lambda: plan(settings, len(messages)),
        )
        times = []
        for run in runs:
            empty_outbox(store)
            began = time.perf_counter()
            run()
            times.append(time.perf_counter() - began)
        taken.append(tuple(times))
    floor, sending, deciding = zip(*taken[1:], strict=True)
    loop = "a bare smtplib loop, the same messages"
    return [
        Row(f"ct remind, {whole}", loop, floor, sending, 1.5),
        Row("deciding whom to tell", loop, floor, deciding, 0.1),
    ]


def settings_for(store: Path, port: int) -> Settings:
    """Those of an office that sends by the mail server."""
    document = {"smtp": {"host": "127.0.0.1", "port": port, "security": "none"}, "reminders": {"from": SENDER.address}}
    return Settings(store.with_name("none.toml"), {}, {"CT_STORE": str(store), "CT_CACHE": str(store.parent)}, document)


def bare_loop(port: int, messages: list[tuple[str, bytes]]) -> None:
    """One connection, sendmail by sendmail."""
    import smtplib

    with smtplib.SMTP("127.0.0.1", port) as connection:
        for recipient, content in messages:
            connection.sendmail(SENDER.address, recipient, content)


def empty_outbox(store: Path) -> None:
    """So that everybody is to be told."""
    with SqliteBackend(store) as backend:
        backend._connection.execute("DELETE FROM outbox")


def run_once(settings: Settings, people: int) -> None:
    """A whole run, with an outbox that is empty."""
    workplace = Workplace(settings)
    sent = send_reminders(workplace, lambda _: None, channel=ChannelName.SMTP)
    workplace.close()
    assert sent.sent == people, sent


def plan(settings: Settings, people: int) -> None:
    """A dry run, with an outbox that is empty."""
    workplace = Workplace(settings)
    assert len(plan_reminders(workplace).would_send) == people
    workplace.close()


def peak_of_a_process(store: Path, port: int, people: int) -> float:
    """The most memory that a whole run takes in a process of its own, in bytes."""
    program = (
        "import resource, sys; from pathlib import Path; import bench_reminders as b;"
        "b.run_once(b.settings_for(Path(sys.argv[1]), int(sys.argv[2])), int(sys.argv[3]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    command = (sys.executable, "-c", program, store, str(port), str(people))
    ran = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parent, encoding="utf-8")
    return int(ran.stdout) * (1 if sys.platform == "darwin" else 1024)


def written(settings: Settings) -> list[tuple[str, bytes]]:
    """The very messages that `ct remind` sends."""
    workplace = Workplace(settings)
    due, writer = what_is_due(workplace, Arrangements.of(workplace)), make_writer(workplace)
    found = []
    for reminder in due.decide((), ())[0].reminders:
        letter = Letter(due.rungs[0].month, reminder.recipient, "opening", 0, reminder.about, workplace.now)
        message = writer.write(narrowed(reminder, letter), letter)
        found.append((reminder.recipient, as_email(message, SENDER, workplace.now)))
    workplace.close()
    return found


@contextmanager
def mail_server() -> Iterator[int]:
    """aiosmtpd in a process of its own; its port."""
    child = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.kill()
        child.communicate()


def fill(store: Path, locations: int, people: int) -> None:
    """Locations with a user each, three months of returns, and the present one to be made."""
    months = [Month(2024, 11) + -back for back in range(3)]
    with SqliteBackend(store) as backend:
        names = [f"1-{100_000_000 + place}" for place in range(locations)]
        backend.save_locations(
            Location(name, f"Rose House {place}", (Service.CARE_HOME,), f"Provider {place // 10}", f"P{place // 10}",
                     f"Council {place // 400}", "South West", registered_on=date(2023, 12, 1))
            for place, name in enumerate(names)
        )  # fmt: skip
        backend.save_users(User(name, f"user{place % people}@example.org", "Sam") for place, name in enumerate(names))
        for start in range(0, locations, 500):
            backend.record([_made(name, month) for name in names[start : start + 500] for month in months])


def _made(name: str, month: Month) -> Submission:
    said = CheckedReturn(
        name, Service.CARE_HOME, month, ReturnKind.FULL, "care-home-2024-04-26", {"occupied": hash(name) % 40}
    )
    received = datetime(month.year, month.number, 9, 10, tzinfo=UTC)
    return Submission(said, received, True, False, Source.RECORDED_HERE, "the office")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    print(table(measured(given[0] if given else 3, *(given[1:] or (31_000, 12_000)))))
