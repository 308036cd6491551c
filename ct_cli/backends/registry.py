"""Which store the settings name. Each is loaded only when it is used."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ct_cli import clock
from ct_cli.backends.contract import Backend
from ct_cli.backends.outbox import Outbox
from ct_cli.errors import StoreUnusable, UsageError
from ct_cli.settings import Settings
from ct_cli.shell import shell_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ct_cli.backends.http_api import HttpBackend
    from ct_cli.backends.return_queue import ReturnQueue
    from ct_cli.backends.sending import Sending
    from ct_cli.backends.server_answers import Told
    from ct_cli.backends.sqlite import SqliteBackend
    from ct_cli.stores.known_store import KnownStore
    from ct_cli.stores.server_clock import ServerClock


class DatabaseNotSet(UsageError):
    """The backend is postgres, and no database is set. Type: ct config set database postgresql://USER@HOST/NAME (the
    password may stand in ~/.pgpass)."""

    code = "database-not-set"


def open_backend(settings: Settings, *, rehearsing: bool = False, server_clock: "ServerClock | None" = None) -> Backend:
    """The store that the settings name, open. Raises StoreUnusable; of a server, NoServer, AddressRefused.

    Where `rehearsing` is false, a store shows no rehearsal as the latest return or as a fulfilment. `server_clock`
    takes notice of a server's.
    """
    if settings.text("backend") == "http":
        return open_server(settings, server_clock)
    if settings.text("backend") == "postgres":
        from ct_cli.backends.postgres import PostgresBackend

        database = settings.text("database")
        if database is None:
            raise DatabaseNotSet()
        return PostgresBackend(database, settings.text("read_database"), rehearsing=rehearsing)
    from ct_cli.backends.sqlite import SqliteBackend

    known = known_store(settings)
    return _telling_of_upgrade(SqliteBackend(settings.store_path, rehearsing=rehearsing, known=known))


def known_store(settings: Settings) -> "KnownStore":
    """Where it is noted how the embedded store of the settings stands."""
    from ct_cli.stores.known_store import KnownStore

    return KnownStore(settings.path.parent, settings.store_path)


def open_outbox(settings: Settings, backend: Backend) -> Outbox:
    """Where reminders are kept: in the store or, where that keeps none, in a file of this machine's own.

    Through a server's API there is no outbox, so there one machine should send the reminders. Closed with the store:
    it is opened once, however often it is asked for. Raises StoreUnusable.
    """
    if isinstance(backend, Outbox):
        return backend
    from ct_cli.backends.sqlite import SqliteBackend

    return backend.kept_beside(lambda: _telling_of_upgrade(SqliteBackend(settings.store_path)), SqliteBackend)


def _telling_of_upgrade(store: "SqliteBackend") -> "SqliteBackend":
    """Say on standard error what was done to a store of an earlier ct when it was opened, and how to go back; and what
    it lacks that it had before."""
    if store.backed_up is not None:
        _say_upgraded("The store", store.place, store.backed_up, "store")
    if store.lacks and store.lacks not in _TOLD:
        _TOLD.add(store.lacks)
        sys.stderr.write(f"{store.lacks}\n")
        sys.stderr.flush()
    return store


_TOLD: set[str] = set()
"""What this process has said of its stores: a server opens several connections to one."""


def _say_upgraded(what: str, place: str, backup: Path, setting: str) -> None:
    sys.stderr.write(
        f"{what} {place} was upgraded for this version of ct. It was backed up first, to {backup}\nTo go back, install"
        f" the earlier ct and type: ct config set {setting} {shell_word(str(backup))}\n"
    )
    sys.stderr.flush()


def has_own_outbox(backend: Backend) -> bool:
    """Whether the outbox is in the store; else this machine keeps one by itself, which no other machine sees."""
    return isinstance(backend, Outbox)


def open_queue(settings: Settings) -> "ReturnQueue":
    """The returns that wait here for a server; made if there is none. Raises StoreUnusable."""
    from ct_cli.backends.return_queue import ReturnQueue

    queue = ReturnQueue(settings.queue_path)
    if queue.backed_up is not None:
        _say_upgraded("The queue", str(settings.queue_path), queue.backed_up, "queue")
    return queue


def for_taking_in(settings: Settings, backend: Backend) -> Backend:
    """The store as it is to be used where returns are taken in: a server's may be out of reach, and they wait then."""
    if settings.text("backend") != "http":
        return backend
    from ct_cli.backends.http_api import HttpBackend
    from ct_cli.backends.offline import OfflineToo

    return OfflineToo(backend, open_queue(settings)) if isinstance(backend, HttpBackend) else backend


def send_what_waits(backend: Backend, settings: Settings) -> "Sending | None":
    """Send the returns that wait here for the server that the settings name; None where none do.

    Raises KeyMissing, KeyUnreadable, KeyRefused, NotAllowedThere, StoreUnusable.
    """
    if settings.text("backend") != "http" or not settings.queue_path.exists():
        return None
    from ct_cli.backends.http_api import HttpBackend
    from ct_cli.backends.sending import send_waiting

    with open_queue(settings) as queue:
        if not isinstance(backend, HttpBackend) or not queue.waits(backend.server):
            return None
        return send_waiting(backend, queue)


def open_server(settings: Settings, server_clock: "ServerClock | None" = None) -> "HttpBackend":
    """The register on the server that the settings name. Nothing is asked of it yet.

    Raises NoServer, AddressRefused.
    """
    from ct_cli.backends.http_api import HttpBackend
    from ct_cli.backends.http_connection import Connection
    from ct_cli.backends.server_address import address_of
    from ct_cli.backends.server_key import find_key

    address = address_of(settings)
    seconds = max(1, settings.number("server.timeout"))

    def remember(locations: "Sequence[Told]", entries: "Sequence[Told]") -> None:
        # It is of use only where the server is away some day: no answer is kept back because it cannot be kept.
        with contextlib.suppress(StoreUnusable), open_queue(settings) as queue:
            queue.remember(address.url, locations, entries, clock.now())

    connection = Connection(address, lambda: find_key(settings, address.url), seconds)
    if server_clock is not None:
        connection.clock = server_clock
    return HttpBackend(connection, remember)
