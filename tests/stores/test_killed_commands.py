"""A command that is killed while it records leaves all of it or nothing, and run again it is done once."""

import os
from pathlib import Path

import pytest

from tests.stores.killed_commands import KINDS, Trial

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork")


def test_what_was_killed_is_whole_or_not_there_and_done_once_when_it_is_run_again(tmp_path: Path) -> None:
    trial = Trial(tmp_path, seed=7)
    try:
        for kind in KINDS:
            trial.attempt(kind, kills=2)
    finally:
        trial.close()
    assert trial.faults == []
    assert trial.broken() == []
    assert trial.receipts
