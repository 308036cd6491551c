"""`ct serve`, `ct submit --file`, `ct status` and `ct remind` at once on one embedded store: every receipt is kept."""

import os
import time
from pathlib import Path

import pytest

from tests.stores.together import Register, commands


@pytest.mark.skipif(os.name == "nt", reason="killing a server with its workers is POSIX's")
@pytest.mark.parametrize("kill", [False, True])
def test_every_receipt_that_was_given_out_is_found_afterwards(tmp_path: Path, *, kill: bool) -> None:
    register = Register(tmp_path)
    register.fill()
    began, number = time.monotonic(), 0
    with register.serving(kill_every=1.5 if kill else None):
        while number < 3 or (time.monotonic() - began < 6 and number < 8):
            commands(register, [number], kill=kill)
            number += 1
    assert register.kills > 0 or not kill
    assert len(register.receipts) > 20
    assert register.lost() == []
    assert register.failures == []
    status, out = register.run("verify")
    assert status == 0, out
    one = sorted(register.receipts)[0]
    assert one in register.run("receipt", one)[1]
