"""Received is when the whole request was here: the clock passes the window's edge while requests are under way."""

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from ct_cli.actions import receive_batch
from ct_cli.backends.access import Role
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from tests.server.conftest import OWN, Running, a_return
from tests.server.test_batch import NDJSON
from tests.server.test_record import sent

CLOSE = datetime(2024, 12, 17, tzinfo=UTC)
"""December's window ends with Monday the 16th."""
LAST = CLOSE - timedelta(microseconds=1)
IDS = [f"1-{number:09}" for number in range(12)]


@pytest.fixture
def running(serving: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server whose clock stands at the window's last microsecond."""
    monkeypatch.setenv("CT_NOW", LAST.isoformat())
    with serving() as found:
        since = date(2024, 10, 1)
        homes = [Location(id, "Home", (Service.CARE_HOME,), "Rose Care", registered_on=since) for id in IDS]
        with found.opened() as store:
            store.save_locations(homes)
        yield found


@contextmanager
def nothing_recorded(store: Path) -> Iterator[None]:
    """Within it another program writes to the store, and everything that is to be recorded waits."""
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


class Request:
    """One that is sent over a socket of its own: all but the end of its body first."""

    def __init__(self, running: Running, path: str, body: bytes, kind: str = "application/json") -> None:
        url = httpx.URL(running.url)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {running.keys[Role.PROVIDER]}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self._socket = socket.create_connection((url.host, url.port or 80), timeout=15)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(head.encode() + body[:-1])
        self._end = body[-1:]

    def finish(self) -> "Request":
        """Send the rest."""
        self._socket.sendall(self._end)
        return self

    def answer(self) -> bytes:
        """All of the answer's body, its chunks put together."""
        with self._socket:
            whole = b"".join(iter(lambda: self._socket.recv(65_536), b""))
        head, _, body = whole.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" not in head.lower():
            return body
        parts = []
        while body:
            size, _, body = body.partition(b"\r\n")
            parts.append(body[: int(size, 16)])
            body = body[int(size, 16) + 2 :]
        return b"".join(parts)


def heard(client: httpx.Client) -> None:
    """Wait until the server has read what was sent before: it answers others since."""
    for _ in range(5):
        assert client.get("/healthz").status_code == 200


def received(store: SqliteBackend, location_id: str) -> list[tuple[datetime, bool]]:
    return [(entry.received_at, entry.fulfils) for entry in store.history(location_id)]


def test_a_return_that_waits_its_turn_was_received_when_it_was_here(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running.client() as client, running.opened() as store:
        with nothing_recorded(running.store):
            first = Request(running, "/v1/returns", json.dumps(a_return()).encode()).finish()
            heard(client)
            second = Request(running, "/v1/returns", json.dumps(a_return(IDS[0])).encode()).finish()
            late = Request(running, "/v1/returns", json.dumps(a_return(IDS[1])).encode())
            heard(client)
            monkeypatch.setenv("CT_NOW", CLOSE.isoformat())
            late.finish()
            heard(client)
        answers = [json.loads(it.answer()) for it in (first, second, late)]
        assert [it.get("fulfils") for it in answers[:2]] == [True, True], answers
        assert answers[2]["errors"][0]["code"] == "window-not-open"
        assert received(store, OWN) == received(store, IDS[0]) == [(LAST, True)]
        assert received(store, IDS[1]) == []


def test_a_batch_has_one_moment_however_long_its_parts_take(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive_batch, "CHUNK", 2)
    body = "\n".join(json.dumps(a_return(id)) for id in IDS).encode()
    with running.client() as client, running.opened() as store:
        with nothing_recorded(running.store):
            batch = Request(running, "/v1/returns/batch", body, NDJSON).finish()
            heard(client)
            monkeypatch.setenv("CT_NOW", CLOSE.isoformat())
        rows = [json.loads(line) for line in batch.answer().splitlines()][:-1]
        assert [row["fate"] for row in rows] == ["accepted"] * len(IDS)
        assert {it for id in IDS for it in received(store, id)} == {(LAST, True)}


def test_what_another_ct_sends_was_received_when_it_was_here(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """More requests than there are turns: the last are judged when the clock has passed the edge."""
    with running.client() as client, running.opened() as store:
        with nothing_recorded(running.store):
            asked = [Request(running, "/v1/ledger/record", sent(id), NDJSON).finish() for id in IDS]
            heard(client)
            monkeypatch.setenv("CT_NOW", CLOSE.isoformat())
            late = Request(running, "/v1/ledger/record", sent(OWN), NDJSON).finish()
            heard(client)
        told = [json.loads(it.answer().splitlines()[0])["kind"] for it in asked]
        assert told == ["accepted"] * len(IDS)
        assert json.loads(late.answer().splitlines()[0])["kind"] == "refused"
        assert {it for id in IDS for it in received(store, id)} == {(LAST, True)}


def test_returns_that_are_posted_over_the_close_are_inside_or_outside_and_none_counts_that_came_after(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """97 of them by eight clients, the clock passing the close on the way."""
    total, at_once = 97, 8
    homes = [f"2-{number:09}" for number in range(total)]
    with running.opened() as store:
        since = date(2024, 10, 1)
        store.save_locations(
            [Location(id, "Home", (Service.CARE_HOME,), "Rose Care", registered_on=since) for id in homes]
        )
    answered = count(1)

    def post(location_id: str) -> tuple[str, int, Any]:
        sent_after_the_close = os.environ["CT_NOW"] == CLOSE.isoformat()
        answer = client.post("/v1/returns", json=a_return(location_id))
        if next(answered) == total // 2:
            monkeypatch.setenv("CT_NOW", CLOSE.isoformat())
        assert answer.status_code == (201 if answer.is_success else 409), answer.text
        assert not (sent_after_the_close and answer.is_success)
        return location_id, answer.status_code, answer.json()

    with running.client() as client, ThreadPoolExecutor(at_once) as clients:
        told = list(clients.map(post, homes))
    taken = {location_id: answer for location_id, status, answer in told if status == 201}
    assert total // 2 <= len(taken) < total
    assert {answer["code"] for _, status, answer in told if status == 409} == {"outside-window"}
    with running.opened() as store:
        kept = {location_id: store.history(location_id) for location_id in homes}
    assert {location_id for location_id, entries in kept.items() if entries} == taken.keys()
    for location_id, answer in taken.items():
        [entry] = kept[location_id]
        assert entry.fulfils and entry.received_at == LAST and entry.receipt_id == answer["receipt"]["id"]
