"""What a server says of itself and of the key that asks."""

from dataclasses import dataclass
from datetime import datetime

from ct_cli.backends.api_paths import ABOUT, API
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.server_answers import value
from ct_cli.backends.server_refusals import VersionsDiffer


@dataclass(frozen=True, slots=True)
class About:
    """A server, and the key that asks."""

    version: str
    """Of its ct."""
    api: str
    """Of its API: a whole number, as text."""
    now: datetime
    """Its present."""
    key_id: str
    key_name: str
    """What the key is for, in its maker's words."""
    role: str
    belongs_to: str
    expires_at: datetime | None


def ask_about(connection: Connection) -> About:
    """What the server says. Raises VersionsDiffer, and what `Connection.exchange` raises."""
    server = connection.address.url
    with connection.exchange("GET", ABOUT) as answer:
        about = value(About, answer.json(), server)
    if not about.api.isdigit() or int(about.api) > int(API):
        raise VersionsDiffer(server=server, theirs=about.api[:20], ours=API)
    return about
