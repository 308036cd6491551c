"""Several programs on one embedded store for minutes: is every receipt that was given out still there?

By hand: `python tests/benchmarks/soak/one_store.py [MINUTES] [--kill] [--workers N] [--seed N]`. `ct serve` takes one
return after another, and beside it `ct submit --file`, `ct status`, `ct remind` and `ct verify` run by turns, two at a
time. With --kill, the server is killed every few seconds and every other command at some moment.
"""

import argparse
import sys
import tempfile
import threading
import time
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # run as a program, only this folder is looked in

from tests.stores.together import Register, commands


def soak(minutes: float, workers: int, seed: int, *, kill: bool) -> bool:
    """Run it and print what was found; whether every receipt was."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        register = Register(Path(folder), seed)
        register.fill()
        until, numbers = time.monotonic() + 60 * minutes, count()

        def work() -> None:
            while time.monotonic() < until:
                commands(register, [next(numbers)], kill=kill)

        with register.serving(workers, kill_every=3.0 if kill else None):
            hands = [threading.Thread(target=work) for _ in range(2)]
            for hand in hands:
                hand.start()
            for hand in hands:
                hand.join()
        lost = register.lost()
        status, _ = register.run("verify")
        print(f"{len(register.receipts)} receipts, {len(lost)} lost; {next(numbers)} rounds of commands, "
              f"{register.kills} kills; ct verify ended with {status}")  # fmt: skip
        for words in register.failures[:10]:
            print(words)
        return not lost and not register.failures and status == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", type=float, nargs="?", default=2.0)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(0 if soak(given.minutes, given.workers, given.seed, kill=given.kill) else 1)
