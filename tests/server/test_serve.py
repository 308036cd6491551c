"""`ct serve` and `ct keys` as they are typed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

NOW = "2024-12-09T10:00:00+00:00"


@pytest.fixture
def registered(ct: Any, home: Path) -> None:
    ct(
        "locations",
        "add",
        "LOC123",
        "--name",
        "Rose House",
        "--service",
        "care-home",
        "--provider",
        "Rose Care",
        now=NOW,
    )


def test_a_key_is_shown_once_and_kept_as_its_digest_only(ct: Any, registered: None) -> None:
    made = ct("keys", "create", "upload", "--role", "provider", "--for", "rose care")
    key = made.out.split()[0]
    assert made.status == 0 and key.startswith("ct_") and "reaches 1 location now" in made.out
    listed = ct("keys", "list")
    assert key.split("_")[1] in listed.out and key not in listed.out
    [store] = Path(os.environ["HOME"]).rglob("ct.sqlite3")
    assert all(key.encode() not in path.read_bytes() for path in store.parent.glob("ct.sqlite3*"))


def test_a_key_for_nobody_known_says_so(ct: Any, registered: None) -> None:
    made = ct("keys", "create", "upload", "--role", "provider", "--for", "Rose Car")
    assert "No location of this register belongs to Rose Car" in made.out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("create", "x", "--role", "provider"), "needs --for PROVIDER"),
        (("create", "x", "--role", "local_authority"), "needs --for COUNCIL"),
        (("create", "x", "--role", "admin", "--for", "Kent"), "leave --for out"),
        (("create", "x", "--role", "boss"), "it is provider, local_authority or admin"),
        (("create", "x", "--role", "admin", "--days", "0"), "1 to 3650 days"),
        (("revoke", "00000000"), "There is no key 00000000"),
    ],
)
def test_what_cannot_be_is_refused_in_words(ct: Any, typed: tuple[str, ...], told: str) -> None:
    ran = ct("keys", *typed)
    assert ran.status in {2, 3} and told in ran.err


def test_a_key_is_revoked_once(ct: Any, registered: None) -> None:
    key = json.loads(ct("keys", "create", "x", "--role", "admin", "--json").out)["data"]
    assert ct("keys", "revoke", key["id"].upper()).status == 0
    assert "it was revoked before" in ct("keys", "revoke", key["id"]).err
    assert "revoked on 2024-12-09" in ct("keys", "list").out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--port", "0"), "a whole number from 1 to 65535"),
        (("--workers", "two"), "a whole number from 1 to 64"),
        (("--allow-network", "UK"), "'UK' is not a network"),
        (("--tls-cert", "missing.pem", "--tls-key", "missing.pem"), "cannot be read"),
    ],
)
def test_a_server_that_cannot_be_started_says_why(ct: Any, typed: tuple[str, ...], told: str) -> None:
    ran = ct("serve", *typed)
    assert ran.status == 2 and told in ran.err


def test_a_port_that_is_taken_is_named(ct: Any, home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = ct("serve", "--port", str(taken.getsockname()[1]))
    assert ran.status == 2 and "Nothing can listen at" in ran.err and "ct serves" not in ran.err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send to another process")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_serves_and_stops_when_told(ct: Any, registered: None, workers: str) -> None:
    key = json.loads(ct("keys", "create", "x", "--role", "admin", "--json").out)["data"]["key"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program = Path(sys.executable).with_name("ct")
    with subprocess.Popen(
        [program, "serve", "--port", port, "--workers", workers], stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                _wait_for(client)
                about = client.get("/v1/about", headers={"Authorization": f"Bearer {key}"})
                assert about.json()["role"] == "admin"
                # Where answers wait for acknowledgements, all but the first few take 40 ms or more.
                assert sorted(client.get("/healthz").elapsed.total_seconds() for _ in range(20))[6] < 0.03
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) in {0, -signal.SIGTERM}
        assert running.stderr is not None
        told, *logged = running.stderr.read().splitlines()
    assert told.startswith(f"ct serves at http://127.0.0.1:{port}")
    assert {json.loads(line)["event"] for line in logged} == {"request"}
    used = json.loads(ct("keys", "list", "--json").out)["data"]["keys"]
    assert used[0]["last_used_at"] is not None


def _wait_for(client: httpx.Client) -> None:
    for _ in range(300):
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")
