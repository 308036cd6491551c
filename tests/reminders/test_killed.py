"""Killed at any instant and run again: nothing is sent twice, nothing is forgotten. The server's mailbox is the judge.

REMIND_KILLS says how many kills; the suite makes do with 25.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ct_cli.backends.outbox import Letter, LetterState
from ct_cli.backends.sqlite import SqliteBackend
from tests.conftest import Ran
from tests.reminders.conftest import OPENING, Server, World, by_mail, wait_for

KILLS = int(os.environ.get("REMIND_KILLS", "25"))
CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")


def start() -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "CT_NOW": OPENING}
    return subprocess.Popen([CT, "remind", "--channel", "smtp"], env=environment, stdout=subprocess.DEVNULL)


def letters(world: World) -> list[Letter]:
    with SqliteBackend(world.store) as backend:
        return list(backend.letters())


def test_killed_at_any_instant_and_run_again_nothing_is_sent_twice_and_nothing_forgotten(
    world: World, mail: Server, ct: Callable[..., Ran]
) -> None:
    chance = random.Random(KILLS)
    everybody = [f"user{number}@example.org" for number in range(KILLS * 12)]
    world.fill({f"LOC{number:04}": [email] for number, email in enumerate(everybody)})
    world.set(by_mail(mail))
    mail.mailbox.slow = 0.001
    for _ in range(KILLS):
        before = len(mail.mailbox.taken)
        child = start()
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0, 0.8))  # while it starts, decides or queues
        else:
            wait_for(lambda more=before, run=child: len(mail.mailbox.taken) > more or run.poll() is not None)
            time.sleep(chance.uniform(0, 0.04))
        child.kill()
        child.communicate()
    ct("remind", "--channel", "smtp", now=OPENING)
    time.sleep(0.1)  # what a killed run gave over last
    got = Counter(mail.mailbox.recipients)
    told = {letter.recipient: letter.state for letter in letters(world)}
    assert [who for who, times in got.items() if times > 1] == []
    assert set(told) == set(everybody)
    assert set(told.values()) <= {LetterState.SENT, LetterState.UNKNOWN}
    assert {who for who, state in told.items() if state is LetterState.SENT} <= set(got)
    unknown = [who for who, state in told.items() if state is LetterState.UNKNOWN]
    assert len(unknown) <= KILLS
    assert set(everybody) - set(got) <= set(unknown), "what was not sent is shown"

    retried = ct("remind", "--channel", "smtp", "--retry-unknown", "-v", now=OPENING)
    assert retried.status == 0, retried.out
    assert set(mail.mailbox.recipients) == set(everybody)
    assert all(letter.state is LetterState.SENT for letter in letters(world))
    print(f"{KILLS} kills, {len(everybody)} messages, {len(unknown)} held as unknown")


def test_two_runs_at_once_send_once(world: World, mail: Server, ct: Callable[..., Ran]) -> None:
    everybody = [f"user{number}@example.org" for number in range(60)]
    world.fill({f"LOC{number:04}": [email] for number, email in enumerate(everybody)})
    world.set(by_mail(mail))
    children = [start() for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    ct("remind", "--channel", "smtp", now=OPENING)
    assert sorted(mail.mailbox.recipients) == sorted(everybody)
