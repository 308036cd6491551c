"""Lets go of this computer's key to a server."""

from dataclasses import dataclass

from ct_cli.actions.answer import Answer
from ct_cli.actions.log_in import server_meant
from ct_cli.actions.show_settings import unchecked_settings
from ct_cli.backends.server_key import KeyOrigin, forget_key, origin_of


@dataclass(frozen=True)
class LoggedOut(Answer):
    """Whether a key was kept here, and whether another is still found."""

    server: str
    had_one: bool
    still_from: KeyOrigin | None
    """Where another key still comes from."""


def log_out(url: str | None) -> LoggedOut:
    """Take the kept key away. The key itself stays good: `ct keys revoke` on the server ends it.

    Raises NoServer, AddressRefused, KeyUnreadable, NoKeyring, SettingsUnwritable.
    """
    settings = unchecked_settings()
    server = server_meant(url).url
    return LoggedOut(server, forget_key(settings, server), origin_of(settings, server))
