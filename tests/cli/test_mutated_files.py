"""Files with a few bytes changed: whatever a reader makes of them, ct says it in words and records nothing by mistake.

`tests/benchmarks/soak/longer.py` tries many more.
"""

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ct_cli.returns.annotating.grids import Grid, write_grids
from tests.cli.conftest import GOOD, INSIDE
from tests.conftest import Ran

pytestmark = pytest.mark.usefixtures("homes")
HEADER = ["location_id", "service", "month", *GOOD]
ROWS = [[location, "care-home", "2024-12", *GOOD.values()] for location in ("LOC123", "LOC124")]
TRIALS = 20


def originals(folder: Path) -> Iterator[Path]:
    """A file of each kind that ct reads, as it should be."""
    for name in ("r.csv", "r.xlsx", "r.ods"):
        write_grids(folder / name, [Grid("Returns", HEADER, ROWS)])
        yield folder / name
    rows = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
    (folder / "r.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "r.ndjson").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    yield folder / "r.json"
    yield folder / "r.ndjson"


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with some bytes changed, left out or said twice; of a workbook, those of one of its files."""
    if content[:2] != b"PK" or chance.random() < 0.3:
        return scrambled(content, chance)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as copy:
        chosen = chance.choice(source.namelist())
        for name in source.namelist():
            part = source.read(name)
            copy.writestr(name, scrambled(part, chance) if name == chosen else part)
    return made.getvalue()


def scrambled(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) or 1)
        piece = changed[at : at + chance.randint(1, 8)]
        changed[at : at + len(piece)] = chance.choice([b"", piece * 2, chance.randbytes(len(piece)), b"\0", b"9" * 30])
    return bytes(changed)


def test_a_file_with_some_bytes_changed_is_taken_or_refused_in_words(ct: Callable[..., Ran], tmp_path: Path) -> None:
    chance = random.Random(20241210)
    statuses = set()
    for original in originals(tmp_path):
        content = original.read_bytes()
        for trial in range(TRIALS):
            path = tmp_path / f"m{trial}{original.suffix}"
            path.write_bytes(mutated(content, chance))
            ran = ct("submit", "--file", str(path), "--dry-run", "--json", now=INSIDE)
            assert ran.status in {0, 2, 3, 4, 7}, (path.name, ran.status, ran.err)
            assert json.loads(ran.out)["schema"] == "ct/1"
            statuses.add(ran.status)
    assert statuses >= {0, 3}, "some are still right, and some are not"
    assert json.loads(ct("history", "LOC123", "--json", now=INSIDE).out)["data"]["entries"] == []
