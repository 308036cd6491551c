"""A damaged store is called so: which row it is, what to do, and never what is in it."""

import io
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ct_cli.actions.make_demo import make_demo
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.cli.program import run
from ct_cli.errors import CtError
from ct_cli.register.location import Scope, User
from ct_cli.settings import read_settings
from tests.backends.conftest import location, record, submission
from tests.conftest import Ran
from tests.postgres_server import running as running_postgres
from tests.server.conftest import a_return, serving_here

NOW = "2024-12-10T10:00:00+00:00"
NAMES = ("Marigold", "marigold@example.org", "Quince")
"""Of a user: in no command's words about damage, and in no output but a list of users."""


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a year of returns, users, letters and a key; closed."""
    path = tmp_path / "whole.sqlite3"
    monkeypatch.setenv("CT_STORE", str(path))
    monkeypatch.setenv("CT_NOW", NOW)
    workplace = Workplace(read_settings())
    make_demo(workplace)
    homes = workplace.backend.locations(Scope(include_closed=True))
    workplace.backend.save_users([User(home.id, "marigold@example.org", "Marigold Quince") for home in homes])
    workplace.close()
    assert _quietly("remind", "--channel", "stdout")[0] == 0
    assert _quietly("keys", "create", "desk", "--role", "admin")[0] == 0
    return path


def _quietly(*typed: str) -> tuple[int, str, str]:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        status = int(run(list(typed)))
    told = []
    for stream in (out, err):
        stream.flush()
        told.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
    return status, told[0], told[1]


def _commands(folder: Path, receipt: str) -> Iterator[tuple[str, ...]]:
    yield from (("status",), ("status", "--matrix", "12"), ("status", "--summary"), ("verify",), ("verify", "--json"))
    yield from (("receipt", receipt), ("history", "LOC101"), ("locations", "list"), ("locations", "show", "LOC101"))
    yield from (("users", "list"), ("vacancies",), ("keys", "list"), ("remind", "log"), ("remind", "--dry-run"))
    yield ("evidence", "LOC101", "--out", str(folder / "evidence.html"))
    yield ("template", "--out", str(folder / "template.csv"), "--overwrite")
    yield ("report", "compliance", "--out", str(folder / "compliance.json"))
    yield ("report", "chase", "--out", str(folder / "chase.csv"))
    yield ("nil-return", "LOC101", "--reason", "closing", "--no-input")
    yield ("locations", "edit", "LOC101", "--beds", "9")
    yield ("doctor",)


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bytes_are_told_in_words_that_quote_nothing(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    with SqliteBackend(whole, rehearsing=True) as backend:
        receipt = backend.history("LOC101")[0].receipt_id
    content, spoilt = whole.read_bytes(), tmp_path / "spoilt.sqlite3"
    monkeypatch.setenv("CT_STORE", str(spoilt))
    chance = random.Random(seed)
    commands = list(_commands(tmp_path, receipt))
    told = 0
    for _ in range(50):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 4, 12))):
            damaged[chance.randrange(100, len(damaged))] ^= 1 << chance.randrange(8)
        typed = chance.choice(commands)
        for left in tmp_path.glob("spoilt.sqlite3*"):
            left.unlink()
        spoilt.write_bytes(damaged)
        _, out, err = _quietly(*typed)
        assert "did not expect" not in err and "Traceback" not in err, (typed, err)
        assert not [name for name in NAMES if name in err], (typed, err)
        assert "occupied" not in err, (typed, err)
        if typed[0] == "verify":
            assert not [name for name in NAMES if name in out], out
        told += "damaged" in err + out
    assert told > 0


ALTERATIONS: dict[str, tuple[str, str]] = {
    "text that is none": ("UPDATE entries SET note = CAST(x'4d61ff6c' AS TEXT) WHERE location_id = 'LOC101'", "LOC101"),
    "a name in another column": ("UPDATE entries SET kind = 'Marigold' WHERE location_id = 'LOC101'", "LOC101"),
    "figures cut through": (
        "UPDATE entries SET content = substr(content, 1, 20) WHERE location_id = 'LOC101'", "LOC101"),
    "figures in place of a moment": ("UPDATE entries SET received_at = content WHERE location_id = 'LOC101'", "LOC101"),
    "a user's name that is none": ("UPDATE users SET name = CAST(x'4d61ff6c' AS TEXT)", "a user"),
    "a location's services": ("UPDATE locations SET services = 'Marigold' WHERE id = 'LOC101'", "LOC101"),
    "bytes for a name": ("UPDATE locations SET name = x'4d6172' WHERE id = 'LOC101'", "LOC101"),
}  # fmt: skip
TYPED: dict[str, tuple[str, ...]] = {
    "text that is none": ("history", "LOC101"),
    "a name in another column": ("history", "LOC101"),
    "figures cut through": ("vacancies",),
    "figures in place of a moment": ("history", "LOC101"),
    "a user's name that is none": ("users", "list"),
    "a location's services": ("locations", "list"),
    "bytes for a name": ("locations", "list"),
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_a_damaged_row_is_named_and_not_quoted(whole: Path, ct: Callable[..., Ran], what: str) -> None:
    sql, named = ALTERATIONS[what]
    with closing(sqlite3.connect(whole, isolation_level=None)) as altered:
        assert altered.execute(sql).rowcount > 0
    ran = ct(*TYPED[what], now=NOW)
    assert ran.status == 1 and "is damaged" in ran.err and "ct restore" in ran.err, ran
    assert named in ran.err
    assert not [name for name in (*NAMES, "occupied", "Mal", "Mar") if name in ran.err]


def test_verify_names_every_entry_that_cannot_be_read_and_goes_on_to_the_end(
    whole: Path, ct: Callable[..., Ran]
) -> None:
    with closing(sqlite3.connect(whole, isolation_level=None)) as altered:
        bad = "UPDATE entries SET {} WHERE location_id = ? AND number = ?"
        altered.execute(bad.format("note = CAST(x'ff' AS TEXT)"), ("LOC101", 2))
        altered.execute(bad.format("kind = 'Marigold'"), ("LOC101", 5))
        altered.execute(bad.format("month = 'soon'"), ("LOC103", 1))
        altered.execute(bad.format("content = '{}'"), ("LOC102", 3))
    ran = ct("verify", "--json", now=NOW)
    data = json.loads(ran.out)["data"]
    assert ran.status == 3 and not data["whole"]
    places = [(found["location_id"], found["number"]) for found in data["breaks"]]
    assert places == [("LOC101", 2), ("LOC101", 5), ("LOC102", 3), ("LOC103", 1)]
    assert data["entries"] > 50 and "Marigold" not in ran.out


def test_verify_goes_past_a_part_of_the_file_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "ct.sqlite3"
    with SqliteBackend(path) as backend:
        many = [submission(f"LOC{number:03}") for number in range(400)]
        receipts = [outcome.entry.receipt_id for outcome in record(backend, *many) if outcome.entry]
    with closing(sqlite3.connect(path)) as looked:
        size = looked.execute("PRAGMA page_size").fetchone()[0]
        root = looked.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries'").fetchone()[0]
    with path.open("r+b") as file:  # a leaf of the table: the page that the root's first cell leads to
        file.seek((root - 1) * size)
        page = file.read(size)
        cell = int.from_bytes(page[12:14], "big")
        leaf = int.from_bytes(page[cell : cell + 4], "big")
        file.seek((leaf - 1) * size)
        file.write(b"\xff" * size)
    with SqliteBackend(path) as backend:
        found = list(breaks(backend.walk(), backend.chain_ends(), Tally()))
        there = {line.receipt_id for line in backend.walk()}
    assert any("cannot be read" in it.reason for it in found)
    kept = [receipt for receipt in receipts if receipt in there]
    assert 350 < len(kept) < 400, "all but those on that page are read"
    named = {it.location_id for it in found if it.location_id}
    assert len(named) >= 400 - len(kept), "each chain of which an entry is gone is named"


@pytest.mark.parametrize(
    ("typed", "where"),
    [(("receipt", "RECEIPT"), "out"), (("history", "LOC101"), "out"), (("evidence", "LOC101", "--out", "-",
      "--format", "html"), "out"), (("template", "--out", "t.csv"), "out")],
)  # fmt: skip
def test_what_shows_an_entry_says_where_its_hashes_do_not_hold(
    whole: Path,
    ct: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: tuple[str, ...],
    where: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect(whole, isolation_level=None)) as altered:
        ((receipt,),) = altered.execute(
            "SELECT receipt_id FROM entries WHERE location_id = 'LOC101' ORDER BY month DESC LIMIT 1"
        )
        figures = "json_set(content, '$.occupied', 1)"
        altered.execute(f"UPDATE entries SET content = {figures} WHERE receipt_id = ?", (receipt,))
    ran = ct(*[receipt if word == "RECEIPT" else word for word in typed], now="2025-01-10T10:00:00+00:00")
    assert "ltered" in getattr(ran, where) or "not as it was recorded" in getattr(ran, where), ran
    assert ran.status == (3 if typed[0] in {"receipt", "history"} else 0)
    if typed[0] == "template":
        row = next(line for line in Path("t.csv").read_text("utf-8-sig").splitlines() if line.startswith("LOC101"))
        assert "LOC101" in ran.out and ",1," not in row


@pytest.mark.parametrize("command", [("status",), ("status", "--summary")])
def test_a_store_that_is_whole_is_not_called_damaged(whole: Path, ct: Callable[..., Ran], command: Any) -> None:
    assert ct(*command, now=NOW).status in {0, 4}
    assert ct("verify").status == 0
    with SqliteBackend(whole, rehearsing=True) as backend:
        assert list(backend.unreadable()) == []


def test_a_fault_of_ct_is_not_taken_for_damage(whole: Path) -> None:
    script = (
        "import sys; import ct_cli.actions.show_history as room\n"
        "def fail(workplace, *_): workplace.backend.history('LOC101'); raise ValueError('a fault')\n"
        "room.show_history = fail\n"
        "from ct_cli.cli.failures import tell_unexpected; sys.excepthook = tell_unexpected\n"
        "from ct_cli.cli.program import run; sys.exit(run(['history', 'LOC101']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", env=os.environ, check=False
    )
    assert ran.returncode == 1 and "did not expect (ValueError)" in ran.stderr


def test_on_a_server_a_damaged_row_is_a_definite_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_STORE", str(tmp_path / "served.sqlite3"))
    monkeypatch.setenv("CT_NOW", NOW)
    with serving_here() as running, running.client() as client:
        assert client.post("/v1/returns", json=a_return()).status_code == 201
        with closing(sqlite3.connect(running.store, isolation_level=None)) as altered:
            altered.execute("UPDATE entries SET note = CAST(x'4d6172ff' AS TEXT)")
        answer = client.get("/v1/returns/LOC123/care-home/2024-12/history")
        assert answer.status_code == 500 and answer.json()["code"] == "store-damaged", answer.text
        assert "Retry-After" not in answer.headers and "Mar" not in answer.text
        assert client.get("/v1/locations").status_code == 200


@pytest.mark.parametrize("column", ["kind", "received_at", "content"])
def test_altered_rows_are_named_and_not_quoted_in_postgresql_too(column: str) -> None:
    server = running_postgres()
    conninfo = server.conninfo(server.new_schema())
    with PostgresBackend(conninfo) as backend:
        backend.save_locations([location("LOC123")])
        record(backend, submission(), submission("LOC124"))
    with psycopg.connect(conninfo, autocommit=True) as altered:
        altered.execute(f"UPDATE entries SET {column} = 'Marigold Quince' WHERE location_id = 'LOC123'")
    with PostgresBackend(conninfo) as backend:
        with pytest.raises(CtError) as caught:
            _ = [entry.values for entry in backend.history("LOC123")]
        assert caught.value.code == "store-damaged"
        assert "LOC123" in caught.value.sentence and "Marigold" not in caught.value.sentence
        found = list(breaks(backend.walk(), backend.chain_ends(), Tally()))
        assert [(it.location_id, it.number) for it in found] == [("LOC123", 1)]
        assert "Marigold" not in found[0].reason
        [named] = backend.unreadable()
        assert "LOC123" in named and "Marigold" not in named
