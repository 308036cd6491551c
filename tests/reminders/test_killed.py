"""Killed at any instant and run again: nothing is sent twice, nothing is forgotten. The server's mailbox is the judge.

REMIND_KILLS says how many kills; the suite makes do with 25.
"""

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

from ct_cli.backends.outbox import Letter, LetterState
from ct_cli.backends.sqlite import SqliteBackend
from tests.conftest import Ran
from tests.reminders.conftest import OPENING, Server, World, by_mail, wait_for

KILLS = int(os.environ.get("REMIND_KILLS", "25"))
CT = Path(sys.executable).with_name("ct.exe" if os.name == "nt" else "ct")
COMMAND = ["remind", "--channel", "smtp"]
NURSERY = f"""
import contextlib, io, os, signal, sys
import ct_cli.reminders.smtp
from ct_cli.cli.program import run

with contextlib.redirect_stdout(io.StringIO()):
    assert run(["remind", "--preview"]) == 0
child, over = 0, True
for word in map(str.strip, sys.stdin):
    if word == "start":
        child, over = os.fork(), False
        if not child:
            sys.stdin = open(os.devnull)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(run({COMMAND!r}))
    elif word == "kill" and not over:
        os.kill(child, signal.SIGKILL)
        over = os.waitpid(child, 0)[0] == child
    elif not over:
        over = os.waitpid(child, os.WNOHANG)[0] == child
    print(over, flush=True)
"""
"""Has loaded ct and done nothing with it, and forks into each run: to load it anew would take ten times as long as all
that a run does before it is killed, and a kill while it loads shows nothing."""


class Runner(Protocol):
    """Runs `ct remind` in processes of their own, one at a time."""

    def start(self) -> None: ...

    def over(self) -> bool:
        """Whether the run ended, by itself or not."""

    def kill(self) -> None:
        """As kill -9 does."""

    def close(self) -> None: ...


class ForkRunner:
    """By a nursery."""

    def __init__(self) -> None:
        environment = {**os.environ, "CT_NOW": OPENING}
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", NURSERY], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.over(), "it is up"

    def start(self) -> None:
        self._say("start")

    def over(self) -> bool:
        return self._say("look")

    def kill(self) -> None:
        assert self._say("kill")

    def close(self) -> None:
        self._nursery.communicate(timeout=20)

    def _say(self, word: str) -> bool:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{word}\n")
        self._nursery.stdin.flush()
        return {"True\n": True, "False\n": False}[self._nursery.stdout.readline()]


class CommandRunner:
    """By the command itself, where there is no fork."""

    _child: "subprocess.Popen[bytes]"

    def start(self) -> None:
        self._child = start()

    def over(self) -> bool:
        return self._child.poll() is not None

    def kill(self) -> None:
        self._child.kill()
        self._child.communicate()

    def close(self) -> None: ...


def start() -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "CT_NOW": OPENING}
    return subprocess.Popen([CT, *COMMAND], env=environment, stdout=subprocess.DEVNULL)


def letters(world: World) -> list[Letter]:
    with SqliteBackend(world.store) as backend:
        return list(backend.letters())


def test_killed_at_any_instant_and_run_again_nothing_is_sent_twice_and_nothing_forgotten(
    world: World, mail: Server, ct: Callable[..., Ran]
) -> None:
    chance = random.Random(KILLS)
    everybody = [f"user{number}@example.org" for number in range(KILLS * 12)]
    gone = {f"gone-{number}@example.org": everybody[number] for number in range(0, len(everybody), 15)}
    """Addresses that refuse, and who is to be told in their place."""
    world.fill(
        {
            f"LOC{number:04}": [email, *(it for it in gone if gone[it] == email)]
            for number, email in enumerate(everybody)
        },
        months=1,
    )
    world.set(by_mail(mail))
    mail.mailbox.slow = 0.001
    at_work = 0
    with closing(ForkRunner() if hasattr(os, "fork") else CommandRunner()) as runner:
        for _ in range(KILLS):
            before = len(mail.mailbox.taken)
            runner.start()
            if chance.random() < 0.2:
                time.sleep(chance.uniform(0, 0.2))  # while it opens the store, decides or queues
            else:
                wait_for(lambda more=before: len(mail.mailbox.taken) > more or runner.over())
                time.sleep(chance.uniform(0, 0.04))
            at_work += not runner.over()
            runner.kill()
    assert at_work > KILLS / 2, "most were killed while they were at it"
    ct("remind", "--channel", "smtp", now=OPENING)
    time.sleep(0.1)  # what a killed run gave over last
    got = Counter(map(message_of, mail.mailbox.taken))
    told = {(it.recipient, it.instead_of): it.state for it in letters(world)}
    wanted = {(who, ()) for who in everybody} | {(after, (who,)) for who, after in gone.items()}
    not_yet = {(after, (who,)) for who, after in gone.items() if told[who, ()] is LetterState.UNKNOWN}
    assert [which for which, times in got.items() if times > 1] == []
    assert set(told) == wanted - not_yet | {(who, ()) for who in gone}
    assert {told.pop((who, ())) for who in gone} <= {LetterState.FAILED, LetterState.UNKNOWN}
    assert set(told.values()) <= {LetterState.SENT, LetterState.UNKNOWN}
    assert {which for which, state in told.items() if state is LetterState.SENT} <= set(got)
    unknown = [which for which, state in told.items() if state is LetterState.UNKNOWN]
    assert len(unknown) <= KILLS
    assert wanted - not_yet - set(got) <= set(unknown), "what was not sent is shown"

    retried = ct("remind", "--channel", "smtp", "--retry-unknown", "-v", now=OPENING)
    assert retried.status in {0, 4}, retried.out
    assert set(map(message_of, mail.mailbox.taken)) == wanted
    assert {it.state for it in letters(world)} == {LetterState.SENT, LetterState.FAILED}
    print(f"{KILLS} kills, {len(wanted)} messages, {len(unknown)} held as unknown")


def message_of(taken: tuple[str, bytes]) -> tuple[str, tuple[str, ...]]:
    """To whom it went, and in whose place."""
    recipient, content = taken
    return recipient, tuple(
        found.decode() for found in re.findall(rb"(gone-\d+@example\.org) could not be told", content)[:1]
    )


def test_two_runs_at_once_send_once(world: World, mail: Server, ct: Callable[..., Ran]) -> None:
    everybody = [f"user{number}@example.org" for number in range(60)]
    world.fill({f"LOC{number:04}": [email] for number, email in enumerate(everybody)}, months=1)
    world.set(by_mail(mail))
    children = [start() for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    ct("remind", "--channel", "smtp", now=OPENING)
    assert sorted(mail.mailbox.recipients) == sorted(everybody)
