"""Which store the settings name. Each is loaded only when it is used."""

from ct_cli.backends.contract import Backend
from ct_cli.settings import Settings


def open_backend(settings: Settings, *, rehearsing: bool = False) -> Backend:
    """The store that the settings name, open. Raises StoreUnusable.

    Where `rehearsing` is false, a store shows no rehearsal as the latest return or as a fulfilment.
    """
    from ct_cli.backends.sqlite import SqliteBackend

    return SqliteBackend(settings.store_path, rehearsing=rehearsing)
