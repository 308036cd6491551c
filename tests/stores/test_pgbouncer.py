"""Behind pgbouncer in transaction mode each transaction has another connection to the server, and what one prepared or
set on it is there for the next."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import OutcomeKind
from ct_cli.backends.postgres import PostgresBackend
from ct_cli.register.location import Scope, User
from tests.backends.conftest import DECEMBER, location, record, submission
from tests.postgres_server import running

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed here")


@pytest.fixture
def address() -> Iterator[str]:
    """A new database, by way of pgbouncer, which has two connections to it."""
    assert PGBOUNCER is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = f"pooled_{port}"
    running().execute(f"CREATE DATABASE {database}")
    made = TemporaryDirectory()
    folder = Path(made.name)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={running().port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        "pool_mode = transaction\ndefault_pool_size = 2\n"
    )
    folder.chmod(0o755)  # It refuses to run as root, and may then read what anybody may.
    user = {"user": "nobody"} if os.name != "nt" and os.geteuid() == 0 else {}
    pooling = subprocess.Popen([PGBOUNCER, "-q", settings], stderr=subprocess.DEVNULL, **user)
    conninfo = f"postgresql://postgres@127.0.0.1:{port}/{database}"
    try:
        until = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(conninfo).close()
                break
            except psycopg.OperationalError:
                assert time.monotonic() < until and pooling.poll() is None
                time.sleep(0.05)
        yield conninfo
    finally:
        pooling.terminate()
        pooling.wait(20)
        running().execute(f"DROP DATABASE {database} WITH (FORCE)")
        made.cleanup()


def test_many_programs_share_a_store_behind_a_pool(address: str) -> None:
    places = [f"LOC{number:03}" for number in range(30)]

    def work(writer: int) -> list[OutcomeKind]:
        # Each with connections of its own, as a program of its own has.
        with PostgresBackend(f"{address}?application_name=w{writer}") as store:
            outcomes = []
            for number in range(8):
                store.save_users([User("LOC001", f"{writer}@example.org", f"Sam {number}")])
                outcomes += record(store, submission(month=DECEMBER + writer, note=f"{writer} {number}"))
                store.latest(Scope())
                with store.at_one_moment():
                    assert list(breaks(store.walk(), store.chain_ends(), Tally())) == []
            outcomes += record(store, *(submission(place, DECEMBER + writer) for place in places))
            return [outcome.kind for outcome in outcomes]

    with PostgresBackend(address) as store, ThreadPoolExecutor(4) as threads:
        store.save_locations([location(place) for place in ("LOC123", *places)])
        kinds = [kind for done in threads.map(work, range(4)) for kind in done]
        tally = Tally()
        assert list(breaks(store.walk(), store.chain_ends(), tally)) == []
        assert tally.entries == len(kinds) == 4 * 38
        assert len(store.users(Scope())) == 4
