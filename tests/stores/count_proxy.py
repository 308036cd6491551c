"""A proxy before PostgreSQL that says of each statement that it changed a row, as Citus does.

Citus counts the rows that it sent to a worker (`INSERT … SELECT … ON CONFLICT`), whatever became of them there. No
Citus is needed to find a guard that trusts such a count: here each statement is carried out as it is, and only the
count in PostgreSQL's own answer (CommandComplete) is another.
"""

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator

import psycopg

from tests.backends.proxy import Proxy, Way
from tests.postgres_server import running

_NONE_CHANGED = re.compile(rb"^(INSERT 0|UPDATE|DELETE) 0\0$")


class CountProxy(Proxy):
    """Forwards to PostgreSQL, without TLS; where no row was changed, says that one was."""

    def conninfo(self, schema: str, **given: str) -> str:
        """A connection string to a schema of this process's server, by way of this proxy, which has to read it."""
        address = running().conninfo(schema, sslmode="disable", gssencmode="disable", **given)
        return address.replace(f":{self.to}/", f":{self.port}/")

    def next_way(self) -> Way:
        return _untrue_counts


def _untrue_counts(client: socket.socket, server: socket.socket) -> None:
    there = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
    there.start()
    answers = server.makefile("rb")
    try:
        # Each message is a letter, four bytes of length, and the rest.
        while len(head := answers.read(5)) == 5:
            body = answers.read(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"C" and (told := _NONE_CHANGED.match(body)):
                body = told[1] + b" 1\0"
            client.sendall(head + body)
    except OSError:
        pass  # one of them has hung up, which the other is told below
    for end in (client, server):
        with contextlib.suppress(OSError):  # it has gone already
            end.shutdown(socket.SHUT_RDWR)
    there.join()


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    try:
        while part := client.recv(65_536):
            server.sendall(part)
        server.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # as above


@contextlib.contextmanager
def chains_held(schema: str, writers: int) -> Iterator[None]:
    """Do something while a transaction of a stranger holds every chain of a store, and so many writers come to wait
    for it: each has read where the chains end, so that all but one find themselves overtaken."""
    server = running()
    waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO chains%'"
    with psycopg.connect(server.conninfo(schema)) as stranger:
        stranger.execute("UPDATE chains SET number = number")
        yield
        server.wait_for(f"SELECT count(*) = {writers} {waiting}")
        stranger.rollback()
