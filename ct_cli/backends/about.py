"""What a server says of itself and of the key that asks."""

import re
from dataclasses import dataclass
from datetime import datetime

from ct_cli import __version__
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


def which_to_upgrade(theirs: str) -> str:
    """What to upgrade where a server's ct and this one are not of the same version; empty where they are, or where a
    version is none that can be compared."""
    there, here = _numbers(theirs), _numbers(__version__)
    if not there or not here or there == here:
        return ""
    if there < here:
        return f"The server runs ct {theirs[:20]}, which is older than {__version__} here: upgrade the server first."
    return f"The server runs ct {theirs[:20]}, which is newer than {__version__} here: upgrade ct on this computer."


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d{1,6}(\.\d{1,6})*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
