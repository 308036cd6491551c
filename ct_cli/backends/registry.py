"""Which store the settings name. Each is loaded only when it is used."""

from ct_cli.backends.contract import Backend
from ct_cli.backends.outbox import Outbox
from ct_cli.errors import UsageError
from ct_cli.settings import Settings


class DatabaseNotSet(UsageError):
    """The backend is postgres, and no database is set. Type: ct config set database postgresql://USER@HOST/NAME (the
    password may stand in ~/.pgpass)."""

    code = "database-not-set"


def open_backend(settings: Settings, *, rehearsing: bool = False) -> Backend:
    """The store that the settings name, open. Raises StoreUnusable.

    Where `rehearsing` is false, a store shows no rehearsal as the latest return or as a fulfilment.
    """
    if settings.text("backend") == "postgres":
        from ct_cli.backends.postgres import PostgresBackend

        database = settings.text("database")
        if database is None:
            raise DatabaseNotSet()
        return PostgresBackend(database, settings.text("read_database"), rehearsing=rehearsing)
    from ct_cli.backends.sqlite import SqliteBackend

    return SqliteBackend(settings.store_path, rehearsing=rehearsing)


def open_outbox(settings: Settings, backend: Backend) -> Outbox:
    """Where reminders are kept: in the store or, where that keeps none, in a file of this machine's own.

    Through a server's API there is no outbox, so there one machine should send the reminders. Closed with the store,
    or with the program. Raises StoreUnusable.
    """
    if isinstance(backend, Outbox):
        return backend
    from ct_cli.backends.sqlite import SqliteBackend

    return SqliteBackend(settings.store_path)
