"""Stores that ct made at commit 124018f open, verify and answer ever after.

`made_by_124018f/` holds an embedded store, a queue of returns that waited for a server, the SQL of a shared store, and
`answers.json`: what 124018f itself answered of them. They hold returns, a correction, a late update, a nil return, an
unchanged one, a rehearsal, confirmed queries, sightings, users (one away, one who opted out), reminders that were sent,
keys (one revoked), a kept answer, and two returns that wait. They are never made again.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Ran
from tests.postgres_server import running

MADE = Path(__file__).with_name("made_by_124018f")
ANSWERS = json.loads((MADE / "answers.json").read_text(encoding="utf-8"))
NOW = "2026-11-12T10:00:00+00:00"

Ask = Callable[..., Any]


@pytest.fixture
def ask(ct: Callable[..., Ran]) -> Ask:
    """What a command answers, as data."""

    def asked(*arguments: str) -> Any:
        ran = ct(*arguments, "--json", now=NOW)
        assert ran.status == 0, ran.err
        return json.loads(ran.out)["data"]

    return asked


@pytest.fixture(params=["sqlite", "postgres"])
def told(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What 124018f answered of the store that the settings name from here on."""
    if request.param == "sqlite":
        shutil.copy(MADE / "store.sqlite3", tmp_path)
        monkeypatch.setenv("CT_STORE", str(tmp_path / "store.sqlite3"))
    else:
        schema = running().new_schema()
        with psycopg.connect(running().conninfo(schema), autocommit=True) as connection:
            connection.execute((MADE / "postgres.sql").read_text(encoding="utf-8"))  # type: ignore[call-overload]
        monkeypatch.setenv("CT_BACKEND", "postgres")
        monkeypatch.setenv("CT_DATABASE", running().conninfo(schema))
    return ANSWERS[request.param]


def missing(old: Any, new: Any, at: str = "") -> Iterator[str]:
    """What was answered once and is not any more, or is otherwise. More than that may be answered."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            yield from missing(value, new[key], f"{at}.{key}") if key in new else [f"{at}.{key}"]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from missing(one, other, f"{at}[{number}]")
    elif old != new:
        yield f"{at}: {old!r} is now {new!r}"


def test_the_ledger_verifies_and_every_receipt_answers_as_it_did(told: Any, ask: Ask) -> None:
    verified = ask("verify")
    assert verified["whole"] and verified["entries"] == len(told["receipts"])
    for receipt in told["receipts"]:
        shown = ask("receipt", receipt["receipt_id"])
        shown["values"] = {value["key"]: value["value"] for value in shown["values"]}
        assert list(missing(receipt, shown)) == []


def test_the_register_and_what_was_sent_are_still_there(told: Any, ask: Ask) -> None:
    now = {
        "locations list": [it["location"] for it in ask("locations", "list")["locations"]],
        "users list": [user for it in ask("users", "list")["locations"] for user in it["users"]],
        "keys list": ask("keys", "list")["keys"],
        "keys trail": [it for place in ("LOC201", "LOC202") for it in ask("keys", "trail", place)["deeds"]],
        "remind log": ask("remind", "log")["letters"],
        "vacancies": ask("vacancies")["vacancies"],
    }
    assert list(missing({name: told[name] for name in now}, now)) == []


def test_the_next_return_of_each_location_follows(told: Any, ct: Callable[..., Ran], ask: Ask) -> None:
    nil = ("nil-return", "LOC203", "--service", "home-care", "--reason", "not-delivered-here")
    for typed in (("submit", "LOC202", "--unchanged"), nil):
        ran = ct(*typed, "--no-input", now="2026-12-09T10:00:00+00:00")
        assert ran.status == 0, ran.err
    assert ask("verify")["entries"] == len(told["receipts"]) + 2


def test_the_returns_that_waited_still_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    shutil.copy(MADE / "queue.sqlite3", tmp_path)
    monkeypatch.setenv("CT_QUEUE", str(tmp_path / "queue.sqlite3"))
    for name, value in (("BACKEND", "http"), ("SERVER_URL", "http://127.0.0.1:8765"), ("SERVER_KEY", "none")):
        monkeypatch.setitem(os.environ, f"CT_{name}", value)
    assert list(missing(ANSWERS["sqlite"]["queue list"], ask("queue", "list")["returns"])) == []
