"""Sixteen programs that record into one embedded store at once: each receipt is there, each chain is whole."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.settings import read_settings
from tests.cli.conftest import GOOD, INSIDE
from tests.conftest import Ran

PROGRAMS, ROUNDS = 16, 2
RECORDS = """
import contextlib, io, json, os, sys
from ct_cli.cli.program import run

def record(number, rounds, good, told):
    for turn in range(rounds):
        for location in (f"OWN{number}", "SHARED1"):
            given = {**good, "agency_nurses": str(number), "care_workers_employed": str(20 + turn)}
            values = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
            with contextlib.redirect_stdout(io.StringIO()) as out:
                run(["submit", location, *values, "--json"])
            results = json.loads(out.getvalue())["data"]["results"]
            fates = [(each["fate"], each["receipt"] and each["receipt"]["id"]) for each in results]
            print(json.dumps([location, fates]), file=told, flush=True)

rounds, good, folder, *numbers = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3], *sys.argv[4:]
children = []
if len(numbers) > 1:
    with contextlib.redirect_stdout(io.StringIO()):
        values = [word for key, value in good.items() for word in ("--set", f"{key}={value}")]
        run(["submit", "OWN0", *values, "--dry-run"])
for number in numbers:
    child = os.fork() if len(numbers) > 1 else 0
    if child == 0:
        with open(os.path.join(folder, number), "w", encoding="utf-8") as told:
            record(int(number), rounds, good, told)
        os._exit(0)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""
"""Loaded once, and forked into as many programs where the system can: to load ct takes longer than all they do."""


def test_sixteen_programs_record_at_once_and_no_receipt_is_lost(ct: Callable[..., Ran], tmp_path: Path) -> None:
    workplace = Workplace(read_settings())
    ids = ["SHARED1", *(f"OWN{number}" for number in range(PROGRAMS))]
    workplace.backend.save_locations(Location(each, each, (Service.CARE_HOME,), beds=40) for each in ids)
    workplace.close()
    told_in = tmp_path / "told"
    told_in.mkdir()
    numbers = list(map(str, range(PROGRAMS)))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RECORDS, str(ROUNDS), json.dumps(GOOD), str(told_in), *some],
            env={**os.environ, "CT_NOW": INSIDE},
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for some in ([numbers] if hasattr(os, "fork") else [[number] for number in numbers])
    ]
    words = [each.communicate(timeout=100)[1] for each in started]
    assert [each.returncode for each in started] == [0] * len(started), words
    told = [json.loads(line) for file in told_in.iterdir() for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(told) == PROGRAMS * ROUNDS * 2
    receipts: dict[str, set[str]] = {}
    for location, fates in told:
        for fate, receipt in fates:
            assert fate in {"accepted", "corrected", "already-recorded", "needs-confirming", "conflict"}, fate
            assert (receipt is not None) == (fate in {"accepted", "corrected", "already-recorded"})
            if receipt:
                receipts.setdefault(location, set()).add(receipt)
    assert set(receipts) == set(ids)
    for location in ids:
        entries = json.loads(ct("history", location, "--json", now=INSIDE).out)["data"]["entries"]
        assert receipts[location] == {each["receipt_id"] for each in entries}
        assert [each["version"] for each in entries] == list(range(1, len(entries) + 1))
    assert ct("verify", now=INSIDE).status == 0
