"""Hundreds of kills of every kind of command that records: is all of it there, or nothing, and once?

By hand: `python tests/benchmarks/soak/killed_commands.py [KILLS_OF_EACH_KIND] [--seed N]`.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # run as a program, only this folder is looked in

from tests.stores.killed_commands import KINDS, Trial


def soak(kills: int, seed: int) -> bool:
    """Run it and print what was found; whether nothing was lost, halved or doubled."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        trial = Trial(Path(folder), seed)
        try:
            for kind in KINDS:
                before = trial.kills
                trial.attempt(kind, kills)
                print(f"{kind}: {trial.kills - before} of {kills} killed before their end")
        finally:
            trial.close()
        broken = trial.broken()
        print(f"{len(trial.receipts)} receipts; {len(trial.faults)} faults; {len(broken)} broken or gone")
        for words in (*trial.faults[:10], *broken[:10]):
            print(words)
        return not trial.faults and not broken


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(0 if soak(given.kills, given.seed) else 1)
