"""`ct remind` for the country: 31,000 locations, 12,000 people to tell, a local mail server in a process of its own.

The floor is a bare smtplib loop, which sends the very same messages on one connection. Deciding whom to tell is held to
a tenth of that floor.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from ratio import Row, compare

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
    """Sending against the loop, and deciding against a tenth of it (2 rounds at most: each takes a minute)."""
    locations, people = (60, 24) if small else (31_000, 12_000)
    os.environ["CT_NOW"] = NOW
    try:
        with tempfile.TemporaryDirectory() as folder, mail_server() as port:
            return _rows(Path(folder), port, locations, people, min(rounds, 2))
    finally:
        del os.environ["CT_NOW"]


def _rows(folder: Path, port: int, locations: int, people: int, rounds: int) -> list[Row]:
    store = folder / "nation.sqlite3"
    fill(store, locations, people)
    document = {
        "smtp": {"host": "127.0.0.1", "port": port, "security": "none"},
        "reminders": {"from": "office@example.org"},
    }
    settings = Settings(folder / "none.toml", {}, {"CT_STORE": str(store), "CT_CACHE": str(folder)}, document)
    messages = written(settings)
    assert len(messages) == people
    sending = compare(
        f"ct remind, {locations} locations, {people} people",
        "a bare smtplib loop, the same messages",
        lambda: bare_loop(port, messages),
        lambda: run_once(settings, store, people),
        1.5,
        rounds=rounds,
    )
    deciding = compare(
        "deciding whom to tell",
        "the same loop",
        lambda: bare_loop(port, messages),
        lambda: plan(settings),
        0.1,
        rounds=rounds,
    )
    return [sending, deciding]


def bare_loop(port: int, messages: list[tuple[str, bytes]]) -> None:
    """One connection, sendmail by sendmail."""
    import smtplib

    with smtplib.SMTP("127.0.0.1", port) as connection:
        for recipient, content in messages:
            connection.sendmail(SENDER.address, recipient, content)


def run_once(settings: Settings, store: Path, people: int) -> None:
    """A whole run, with an outbox that is empty."""
    with SqliteBackend(store) as backend:
        backend._connection.execute("DELETE FROM outbox")
    workplace = Workplace(settings)
    sent = send_reminders(workplace, lambda _: None, channel=ChannelName.SMTP)
    workplace.close()
    assert sent.sent == people, sent


def plan(settings: Settings) -> None:
    """A dry run."""
    workplace = Workplace(settings)
    plan_reminders(workplace)
    workplace.close()


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


def memory() -> str:
    """The most memory that a whole run took, in this process alone: run this file by hand."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return re.search(r"VmHWM:\s*(.*)", status)[1]  # type: ignore[index]


if __name__ == "__main__":
    os.environ["CT_NOW"] = NOW
    with tempfile.TemporaryDirectory() as folder, mail_server() as port:
        store = Path(folder) / "nation.sqlite3"
        subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; from pathlib import Path;"
             f" import bench_reminders as b; b.fill(Path({str(store)!r}), 31_000, 12_000)"],
            check=True,
        )  # fmt: skip
        given = {"smtp": {"host": "127.0.0.1", "port": port, "security": "none"}, "reminders": {"from": SENDER.address}}
        began = time.perf_counter()
        run_once(
            Settings(Path(folder) / "none", {}, {"CT_STORE": str(store), "CT_CACHE": folder}, given), store, 12_000
        )
        print(f"a run took {time.perf_counter() - began:.1f} s and at most {memory()}")
