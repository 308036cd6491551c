"""A disk that is full, at several levels: what was acknowledged is there, the rest is refused in words, and with room
again everything goes on."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import GOOD, INSIDE, homes, sets
from tests.conftest import Ran

Ct = Callable[..., Ran]
register = homes
LEVELS = (0, 16, 128)
"""KB that are left. `tests/benchmarks/soak/longer.py` tries nine."""


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file system of 4 MB with the store, the settings and the cache on it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root mounts a small file system, on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    monkeypatch.setenv("CT_STORE", str(folder / "ct.sqlite3"))
    monkeypatch.setenv("CT_CONFIG", str(folder / "config.toml"))
    monkeypatch.setenv("CT_CACHE", str(folder / "cache"))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """A file that takes all the room but so many KB."""
    filler, piece = disk / "filler", b"\0" * 4096
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(piece) == len(piece):
                pass
        except OSError:  # full
            pass
        file.truncate(max(0, file.tell() - left * 1024))
    return filler


def commands(folder: Path, number: int) -> list[tuple[str, ...]]:
    """What is tried at a level, each with figures of its own."""
    rows = io.StringIO(newline="")
    writer = csv.writer(rows)
    writer.writerow(["location_id", "service", "month", *GOOD])
    for location in ("LOC123", "LOC124"):
        writer.writerow([location, "care-home", "2024-12", *{**GOOD, "care_workers_employed": 20 + number}.values()])
    (folder / "r.csv").write_text(rows.getvalue(), encoding="utf-8")
    (folder / "l.csv").write_text(f"location_id,name,services\nNEW{number},New House,care-home\n", encoding="utf-8")
    export = {"totalItems": 1, "items": [{"cqcId": "LOC123", "isCareHome": True, "vacanciesLastUpdated": INSIDE}]}
    (folder / "page.json").write_text(json.dumps(export), encoding="utf-8")
    return [
        ("submit", "LOC123", *sets(occupied=str(20 + number)), "--month", "2024-12"),
        ("submit", "LOC124", "--service", "care-home", "--unchanged"),
        ("submit", "--file", str(folder / "r.csv")),
        ("submit", "--file", str(folder / "r.csv"), "--atomic", "--report", str(folder / "disk" / "back.csv")),
        ("nil-return", "LOC124", "--service", "home-care", "--reason", "not-delivered-here", "--note", f"no {number}"),
        ("locations", "add", f"ADD{number}", "--name", "Added", "--service", "care-home"),
        ("locations", "edit", "LOC123", "--name", f"Rose House {number}"),
        ("locations", "import", str(folder / "l.csv"), "--apply"),
        ("import", "capacity-tracker", str(folder / "page.json")),
        ("users", "add", f"u{number}@example.org", "--location", "LOC123"),
        ("keys", "create", f"key-{number}", "--role", "read-only"),
        ("config", "set", f"bank_holidays.2027-06-{number + 10}", "A Day"),
        ("evidence", "LOC123", "--out", str(folder / "disk" / "e.html")),
        ("report", "compliance", "--out", str(folder / "disk" / "c.xlsx")),
        ("template", "--out", str(folder / "disk" / "t.xlsx"), "--overwrite"),
        ("status",),
        ("window",),
    ]


def receipts(out: str) -> set[str]:
    """Each receipt that an answer tells of as recorded."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.update(value[key] for key in ("receipt",) if isinstance(value.get(key), str))
            if isinstance(value.get("receipt"), dict):
                found.add(value["receipt"]["id"])
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    look(json.loads(out)["data"])
    return found


def test_what_was_acknowledged_on_a_full_disk_is_there(
    ct: Ct, disk: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("register")
    acknowledged: set[str] = set()
    refused = 0
    for number, left in enumerate(LEVELS):
        filler = fill(disk, left)
        for command in commands(tmp_path, number):
            ran = ct(*command, "--json", now=INSIDE)
            assert ran.status != 1 or "did not expect" not in ran.err, (left, command, ran.err)
            assert "Traceback" not in ran.err, (left, command, ran.err)
            refused += ran.status != 0
            if ran.out:
                acknowledged |= receipts(ran.out)
        filler.unlink()
        leftovers = [path.name for path in disk.iterdir() if path.name.endswith(".part")]
        assert leftovers == [], left
        for command in commands(tmp_path, number):
            ran = ct(*command, "--json", now=INSIDE)
            assert ran.status in {0, 2, 3, 4}, (left, command, ran.err)
            if ran.out:
                acknowledged |= receipts(ran.out)
    assert refused, "the disk was never full"
    assert acknowledged
    assert [receipt for receipt in acknowledged if ct("receipt", receipt, now=INSIDE).status != 0] == []
    assert ct("verify", now=INSIDE).status == 0
