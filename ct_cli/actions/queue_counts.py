"""How many returns are in this computer's queue, for those who do not ask for the queue itself."""

from collections.abc import Mapping

from ct_cli.errors import CtError
from ct_cli.settings import Settings


def queue_counts(settings: Settings) -> Mapping[str, int]:
    """By state, how many returns wait here for a server or were not taken by one; empty where there is no queue, or it
    cannot be read, which `ct doctor` tells."""
    if settings.text("backend") != "http" or not settings.queue_path.exists():
        return {}
    from ct_cli.backends.registry import open_queue

    try:
        with open_queue(settings) as queue:
            return {state.value: count for state, count in queue.counts().items()}
    except CtError:
        return {}
