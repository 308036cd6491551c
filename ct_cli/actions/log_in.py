"""Keeps this computer's key to a server, once the server has said that it is one."""

from dataclasses import dataclass, replace
from datetime import datetime

from ct_cli.actions.answer import Answer
from ct_cli.actions.show_settings import unchecked_settings
from ct_cli.backends.about import About, ask_about
from ct_cli.backends.http_connection import Connection
from ct_cli.backends.server_address import ServerAddress, address_of
from ct_cli.backends.server_key import KeyOrigin, NoKeyring, keep_key, origin_of, parse_key
from ct_cli.settings import Settings, read_document
from ct_cli.settings_file import changing, with_value, write_document


@dataclass(frozen=True)
class LoggedIn(Answer):
    """Where the key is kept, and what it may do."""

    server: str
    key_id: str
    name: str
    """What the key is for, in its maker's words."""
    role: str
    belongs_to: str
    expires_at: datetime | None
    kept_in: KeyOrigin
    uses_server: bool
    """Whether ct uses a server: the setting backend is http."""
    overridden_by: KeyOrigin | None
    """What gives another key, which wins over the one that is kept; None where nothing does."""
    no_keyring_because: str | None = None
    """Why it is in the file although the keyring was asked for; None where it is where it was asked to be."""


def server_meant(url: str | None) -> ServerAddress:
    """The server to log in to: the one that is named, or the settings'. Raises NoServer, AddressRefused."""
    settings = unchecked_settings()
    if url is None:
        return address_of(settings)
    return ServerAddress.parse(url, plain_allowed=settings.yes("server.plain_http"))


def log_in(address: ServerAddress, given: str, *, in_keyring: bool) -> LoggedIn:
    """Keep a key for a server that knows it, and make it the server of the settings.

    Where the keyring cannot keep it, the file does. Raises NotAKey, KeyRefused, VersionsDiffer, ServerUnreachable and
    its kinds, SettingsUnwritable.
    """
    settings = unchecked_settings()
    key = parse_key(given)
    connection = Connection(address, lambda: key, max(1, settings.number("server.timeout")))
    try:
        about = ask_about(connection)
    finally:
        connection.close()
    settings = _with_server(settings, address.url)
    try:
        keep_key(settings, address.url, key, in_keyring=in_keyring)
    except NoKeyring as error:
        keep_key(settings, address.url, key, in_keyring=False)
        return replace(_answer(settings, address.url, about), no_keyring_because=str(error.facts["reason"]))
    return _answer(settings, address.url, about)


def _with_server(settings: Settings, url: str) -> Settings:
    """The settings with this server in them, and in their file."""
    with changing(settings.path):
        before = read_document(settings.path)
        document = with_value(before, ("server", "url"), url)
        if document != before:
            write_document(settings.path, document)
    return replace(settings, document=document)


def _answer(settings: Settings, server: str, about: About) -> LoggedIn:
    wins = origin_of(settings, server)
    alone = replace(settings, environment={}, document={})
    kept_in = origin_of(alone, server)
    assert kept_in is not None  # it was kept a moment ago
    return LoggedIn(
        server,
        about.key_id,
        about.key_name,
        about.role,
        about.belongs_to,
        about.expires_at,
        kept_in,
        settings.text("backend") == "http",
        None if wins is kept_in else wins,
    )
