"""What is uploaded is never left behind, never more than there is room for, and never more than is taken."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from ct_cli.backends.access import Role
from tests.server.conftest import Running, a_return

NOW = "2024-12-09T10:00:00+00:00"
NDJSON = {"Content-Type": "application/x-ndjson"}
NOTHING = b'{"location_id": ""}\n'
CT = Path(sys.executable).with_name("ct")

posix = pytest.mark.skipif(os.name == "nt", reason="its signals, or its file systems, are POSIX's")


@pytest.fixture
def key(ct: Any) -> str:
    ct("locations", "add", "LOC123", "--name", "Rose House", "--service", "care-home", "--beds", "40", now=NOW)
    found: str = json.loads(ct("keys", "create", "x", "--role", "admin", "--json").out)["data"]["key"]
    return found


@contextmanager
def served(command: list[str], **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server in a process of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen([*command, str(port)], env={**os.environ, **environment}, stderr=subprocess.PIPE) as process:
        try:
            for _ in range(600):
                with suppress(httpx.TransportError):
                    if httpx.get(url + "/readyz", trust_env=False).status_code == 200:
                        break
                time.sleep(0.05)
            yield process, url
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


@posix
def test_a_server_that_is_killed_leaves_no_returns_in_the_temporary_folder(key: str, tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    for name in ("ct-upload-left", "ct-rows-left", "another"):
        (folder / name).write_text("left by a power cut")
    body = json.dumps(a_return()).encode() * 6_000
    with served([str(CT), "serve", "--port"], TMPDIR=str(folder)) as (process, url):
        assert [path.name for path in folder.iterdir()] == ["another"]
        for path in ("/v1/returns/batch", "/v1/ledger/record", "/v1/ledger/locations"):
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
                connection.sendall(
                    f"POST {path} HTTP/1.1\r\nHost: ct\r\nContent-Type: application/x-ndjson\r\n"
                    f"Authorization: Bearer {key}\r\nContent-Length: {len(body) + 1}\r\n\r\n".encode()
                    + body
                )
                time.sleep(0.2)
                assert [path.name for path in folder.iterdir()] == ["another"]
        process.kill()
        process.wait(30)
    assert [path.name for path in folder.iterdir()] == ["another"]


@pytest.fixture
def small_disks(key: str, tmp_path: Path) -> Iterator[tuple[str, Callable[[str], Path]]]:
    """A server whose temporary folder and whose store are on small disks: its address, and where they are seen from
    outside."""
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    for name in ("uploads", "store"):
        (tmp_path / name).mkdir()
    [store] = Path(os.environ["HOME"]).rglob("ct.sqlite3")
    script = (
        f"mount -t tmpfs -o size=4m none {tmp_path}/uploads && mount -t tmpfs -o size=1m none {tmp_path}/store &&"
        f" cp {store}* {tmp_path}/store/ && exec {CT} serve --rate 0 --port $0"
    )
    own = {"TMPDIR": f"{tmp_path}/uploads", "CT_STORE": f"{tmp_path}/store/ct.sqlite3", "CT_NOW": NOW}
    with served(["unshare", "-rm", "sh", "-c", script], **own) as (process, url):
        yield url, lambda name: Path(f"/proc/{process.pid}/root{tmp_path}/{name}")


def fill(folder: Path) -> Path:
    """Leave no room on a disk."""
    with (folder / "fill").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4_096)
    return folder / "fill"


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system as only Linux lets a user do")
def test_full_disks_are_said_with_when_to_come_again_and_all_goes_on_once_there_is_room(
    key: str, small_disks: tuple[str, Callable[[str], Path]]
) -> None:
    url, seen = small_disks
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30) as client:
        full = fill(seen("uploads"))
        large = "\n".join([json.dumps(a_return())] * 6_000).encode()
        for path in ("/v1/returns/batch", "/v1/ledger/record"):
            answer = client.post(path, content=large, headers=NDJSON)
            assert (answer.status_code, answer.json()["code"]) == (507, "no-room-for-uploads")
            assert int(answer.headers["Retry-After"]) > 0
        assert client.post("/v1/returns", json=a_return()).status_code == 201
        full.unlink()
        assert client.post("/v1/returns/batch", content=large, headers=NDJSON).status_code == 200

        full = fill(seen("store"))
        for number in range(1_000):
            answer = client.post("/v1/returns", json=a_return(values={"hours_paid": number}))
            if answer.status_code != 201:
                break
        assert (answer.status_code, answer.json()["code"]) == (507, "store-full")
        assert int(answer.headers["Retry-After"]) > 0 and "disk is full" in answer.json()["detail"]
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (507, "store-full")
        assert client.get("/v1/locations").status_code == 200
        full.unlink()
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/returns", json=a_return(values={"hours_paid": 5_000})).status_code == 201


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("application/x-ndjson", (b"{}\n" * 20_000,) * 800),
        ("application/x-ndjson", (b"\n" * 60_000,) * 800),
        ("application/x-ndjson", (b'{"values": [' + b"[],[]," * 9_000,) * 800),
        ("application/json", (b"[", *(b"{}," * 20_000,) * 800)),
    ],
    ids=["empty objects", "blank lines", "a line without end", "an array of empty objects"],
)
def test_lines_without_number_are_refused_as_they_come_in(
    running: Running, kind: str, parts: tuple[bytes, ...]
) -> None:
    paths = ["/v1/returns/batch"] + ["/v1/ledger/record", "/v1/ledger/locations"] * kind.endswith("ndjson")
    with running.client(Role.ADMIN) as client:
        for path in paths:
            sent = 0

            def lazily() -> Iterator[bytes]:
                nonlocal sent
                for part in parts:
                    sent += len(part)
                    yield part

            with suppress(httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):  # hung up on while it sends
                answer = client.post(path, content=lazily(), headers={"Content-Type": kind})
                assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
            assert sent < 30 << 20, path


def test_a_batch_of_as_many_nothings_as_are_taken_is_refused_row_by_row(serving: Callable[..., Any]) -> None:
    with serving(batch_rows=3_000) as running, running.client(Role.ADMIN) as client:
        taken = client.post("/v1/returns/batch", content=NOTHING * 3_000, headers=NDJSON)
        assert json.loads(taken.text.splitlines()[-1])["summary"] == {"total": 3_000, "counts": {"refused": 3_000}}
        for body, kind in (
            (NOTHING * 3_001, NDJSON),
            (b"[" + b"{}," * 3_000 + NOTHING + b"]", {"Content-Type": "application/json"}),
        ):
            answer = client.post("/v1/returns/batch", content=body, headers=kind)
            assert answer.status_code == 413 and "3,000 returns" in answer.json()["detail"]
