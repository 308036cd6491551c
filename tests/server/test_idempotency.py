"""One Idempotency-Key, one write: at every route, in both stores, before two processes, and after one of them died."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from ct_cli.actions import receive_batch
from ct_cli.backends.access import AccessBackend
from ct_cli.backends.contract import Entry
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.backends.wire import plain
from ct_cli.clock import parse_moment
from ct_cli.register.location import Location, User
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from ct_cli.server.options import Limits, ServerOptions
from tests.backends.serving import SECRET, add_key, quay
from tests.postgres_server import running as real_postgres
from tests.server.conftest import NOW, a_return
from tests.server.test_roles import submission

NDJSON, JSON = "application/x-ndjson", "application/json"
PROGRAM = Path(sys.executable).with_name("ct")
ROWS = 6_200
IDS = [f"1-{number:09}" for number in range(ROWS)]
Opens = Callable[[], AccessBackend]


@dataclass(frozen=True)
class Kind:
    """A store that several processes share."""

    opens: Opens
    settings: Mapping[str, str]


def in_a_file(folder: Path) -> Kind:
    path = folder / "ct.sqlite3"
    return Kind(lambda: SqliteBackend(path, rehearsing=True), {"CT_STORE": str(path)})


def in_a_database(_: Path) -> Kind:
    server = real_postgres()
    conninfo = server.conninfo(server.new_schema())
    return Kind(lambda: PostgresBackend(conninfo, rehearsing=True), {"CT_BACKEND": "postgres", "CT_DATABASE": conninfo})


KINDS = {"sqlite": in_a_file, "postgres": in_a_database}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kind:
    """A store with a register of thousands, and one key."""
    made = KINDS[request.param](tmp_path_factory.mktemp("shared"))
    add_key(made.opens)
    since = date(2024, 10, 1)
    with made.opens() as store:
        store.save_locations(
            [Location(id, "Home", (Service.CARE_HOME,), "Rose Care", beds=40, registered_on=since) for id in IDS]
        )
    return made


@contextlib.contextmanager
def process(kind: Kind, folder: Path, now: str = NOW) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CT_")},
        **kind.settings, "CT_NOW": now, "HOME": str(folder), "CT_CONFIG": str(folder / "config.toml"),
        "CT_CACHE": str(folder / "cache"),
    }  # fmt: skip
    command = [PROGRAM, "serve", "--port", port, "--rate", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, encoding="utf-8") as running:
        try:
            url = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 30
            with client(url) as asks:
                while running.poll() is None and time.monotonic() < until:
                    with contextlib.suppress(httpx.TransportError):
                        if asks.get("/readyz").status_code == 200:
                            break
                    time.sleep(0.05)
            yield running, url
        finally:
            running.kill()


def client(url: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)


@pytest.fixture(scope="module")
def pair(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two servers, each a process, before one store."""
    folder = tmp_path_factory.mktemp("home")
    with process(kind, folder) as (_, one), process(kind, folder) as (_, other):
        yield one, other


def lines(*given: Any) -> bytes:
    return "\n".join(json.dumps(it) for it in given).encode()


def home(at: int, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = plain(Location(IDS[at], "Home", (Service.CARE_HOME,), "Rose Care", beds=40))
    return {**made, **given}


def _sighting(at: int) -> dict[str, Any]:
    made: dict[str, Any] = plain(
        Sighting(IDS[at], Service.CARE_HOME, SightingKind.EXPORT, parse_moment("2024-12-08T09:00:00+00:00"))
    )
    return made


Route = tuple[str, str, str, bytes, dict[str, str], str, int]
"""Method, path, type, body, headers; the action of the audit trail, and how many lines it has of it."""

ROUTES: dict[str, Route] = {
    "a return": ("POST", "/v1/returns", JSON, lines(a_return(IDS[0])), {}, "accepted", 1),
    "a first return by its address": (
        "PUT", f"/v1/returns/{IDS[1]}/care-home/2024-12", JSON, lines(a_return(IDS[1])), {"If-None-Match": "*"},
        "accepted", 1,
    ),
    "a refused return": (
        "POST", "/v1/returns", JSON, lines(a_return(IDS[2], values={"occupied": 99})), {}, "accepted", 0,
    ),
    "a batch": (
        "POST", "/v1/returns/batch", NDJSON, lines(*(a_return(id) for id in IDS[10:20])), {}, "accepted", 10,
    ),
    "a batch of several transactions": (
        "POST", "/v1/returns/batch", NDJSON, lines(*(a_return(id) for id in IDS[100:1_300])), {}, "accepted", 1_200,
    ),
    "another ct's returns": (
        "POST", "/v1/ledger/record", NDJSON, b"\n".join(submission(id) for id in IDS[20:30]), {}, "accepted", 10,
    ),
    "a location": ("PUT", f"/v1/locations/{IDS[30]}", JSON, lines(home(30, beds=41)), {}, "location-saved", 1),
    "locations": ("POST", "/v1/ledger/locations", NDJSON, lines(home(31), home(32)), {}, "location-saved", 2),
    "sightings": ("POST", "/v1/ledger/sightings", NDJSON, lines(_sighting(33)), {}, "sighting-saved", 1),
    "users": (
        "PUT", "/v1/users", JSON, lines({"items": [{"location_id": IDS[34], "email": "ash@example.org"}]}), {},
        "user-saved", 1,
    ),
    "a removal": (
        "POST", "/v1/users/removal", JSON, lines({"email": "sam@example.org", "location_id": IDS[35]}), {},
        "user-removed", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROUTES)
def test_four_equal_requests_at_once_are_one_write_and_one_answer(kind: Kind, pair: tuple[str, str], name: str) -> None:
    method, path, type, body, headers, action, count = ROUTES[name]
    with kind.opens() as store:
        store.save_users([User(IDS[35], "sam@example.org")])
        before = [it.id for it in store.audit_trail() if it.action == action]
    together = threading.Barrier(4)

    def send(url: str) -> httpx.Response:
        with client(url) as asks:
            asks.get("/healthz")
            together.wait(20)
            key = {"Idempotency-Key": f"once {name}", "Content-Type": type}
            while True:
                answer = asks.request(method, path, content=body, headers={**headers, **key})
                if "Retry-After" not in answer.headers:  # on a slow machine, the first may take longer than 10 s
                    return answer

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, [*pair, *pair]))
    assert {(it.status_code, it.text) for it in answers} == {(answers[0].status_code, answers[0].text)}
    assert answers[0].status_code == (422 if name == "a refused return" else answers[0].status_code)
    assert answers[0].status_code < 300 or name == "a refused return"
    if name == "a removal":
        assert answers[0].json() == {"removed": 1}
    with kind.opens() as store:
        written = [it for it in store.audit_trail() if it.action == action and it.id not in set(before)]
        assert len(written) == count
    with client(pair[0]) as asks:
        key = {"Idempotency-Key": f"once {name}", "Content-Type": type}
        other = asks.request(method, path, content=body + b"\n", headers={**headers, **key})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


# A batch whose process died.


@contextlib.contextmanager
def served_here(kind: Kind, seconds: float) -> Iterator[str]:
    """The same store behind a server in this process, whose clock tests can move."""
    address = quay().moor(kind.opens, ServerOptions(limits=Limits(requests_a_second=0, same_request_seconds=seconds)))
    try:
        yield address
    finally:
        quay().leave(address)


def test_a_batch_that_was_killed_goes_on_after_what_is_recorded_once_ten_minutes_have_passed(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = IDS[1_600:5_200]
    wanted = set(ids)
    with process(kind, tmp_path) as (running, url), client(url) as asks:
        body = lines(*(a_return(id) for id in ids))
        headers = {"Idempotency-Key": "killed", "Content-Type": NDJSON}
        with (
            contextlib.suppress(httpx.TransportError),
            asks.stream("POST", "/v1/returns/batch", content=body, headers=headers) as answer,
        ):
            assert answer.status_code == 200
            next(answer.iter_raw())
            running.send_signal(signal.SIGKILL)
            running.wait(20)

    def entries() -> list[Entry]:
        with kind.opens() as store:
            return [it for it in store.walk() if isinstance(it, Entry) and it.location_id in wanted]

    first = entries()
    assert 0 < len(first) < len(ids) and len(first) % 1_000 == 0

    def again() -> httpx.Response:
        with client(address) as asks:
            return asks.post("/v1/returns/batch", content=body, headers=headers)

    with served_here(kind, seconds=0.2) as address:
        for now in (NOW, "2024-12-09T10:09:59+00:00"):
            monkeypatch.setenv("CT_NOW", now)
            refused = again()
            assert (refused.status_code, refused.json()["code"]) == (409, "same-request-under-way")
            assert int(refused.headers["Retry-After"]) >= 1
        assert entries() == first
        monkeypatch.setenv("CT_NOW", "2024-12-09T10:10:00+00:00")
        *rows, summary = map(json.loads, again().text.splitlines())
        assert again().text.splitlines()[-1] == json.dumps(summary, separators=(",", ":"))
    assert summary == {"summary": {"total": len(ids), "counts": {"accepted": len(ids)}}}
    assert [(it.location_id, it.receipt_id) for it in entries()] == [
        (row["location_id"], row["receipt_id"]) for row in rows
    ]
    assert entries()[: len(first)] == first
    with kind.opens() as store:
        receipts = [it.receipt_id for it in store.audit_trail() if it.receipt_id]
    assert len(receipts) == len(set(receipts))


def test_a_batch_whose_client_hung_up_goes_on_at_once_when_it_is_sent_again(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_NOW", NOW)
    monkeypatch.setattr(receive_batch, "CHUNK", 100)
    ids = IDS[5_200:]
    body = lines(*(a_return(id) for id in ids))
    headers = {"Idempotency-Key": "hung up", "Content-Type": NDJSON}
    with served_here(kind, seconds=60) as address:
        with (
            client(address) as asks,
            asks.stream("POST", "/v1/returns/batch", content=body, headers=headers) as answer,
        ):
            next(answer.iter_raw())
        with client(address) as asks:
            *rows, summary = map(
                json.loads, asks.post("/v1/returns/batch", content=body, headers=headers).text.splitlines()
            )
    assert summary == {"summary": {"total": len(ids), "counts": {"accepted": len(ids)}}}
    assert [row["location_id"] for row in rows] == ids
    with kind.opens() as store:
        trail = [it.receipt_id for it in store.audit_trail() if it.location_id in set(ids) and it.receipt_id]
    assert sorted(trail) == sorted(row["receipt_id"] for row in rows)
