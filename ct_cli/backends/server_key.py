"""The key to a server: found in the environment, from a command, or where `ct login` kept it. Never shown.

A key is kept under the server's address, so that a changed address is never sent another server's key.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from ct_cli.backends.server_refusals import KeyMissing, KeyUnreadable
from ct_cli.errors import UsageError
from ct_cli.settings import Settings
from ct_cli.settings_file import changing, write_privately

VARIABLE: Final = "CT_SERVER_KEY"
_SERVICE = "ct"
"""Under which name a system's keyring keeps it."""
_COMMAND_SECONDS = 60
_IN_KEYRING = "keyring"


class KeyOrigin(StrEnum):
    """Where a key comes from, strongest first."""

    ENVIRONMENT = "environment"
    COMMAND = "command"
    KEYRING = "keyring"
    FILE = "file"


class NotAKey(UsageError):
    """That is not a key: one is a single line of visible ASCII characters, as `ct keys create` prints it."""

    code = "not-a-key"


class NoKeyring(UsageError):
    """This computer's keyring cannot be used: {reason}. Unlock it or install it, then type the same again; or let a
    password manager keep the key, and name its command in the setting server.key_command."""

    code = "no-keyring"


def parse_key(given: str) -> str:
    """A key as it was typed, without the space around it. Raises NotAKey, which does not repeat it."""
    key = given.strip()
    if not key or len(key) > 500 or not key.isascii() or not key.isprintable() or " " in key:
        raise NotAKey
    return key


def find_key(settings: Settings, server: str) -> str:
    """The key for a server. Raises KeyMissing, KeyUnreadable."""
    match origin_of(settings, server):
        case KeyOrigin.ENVIRONMENT:
            return _usable(settings.environment[VARIABLE], server, f"{VARIABLE} holds none", "Set it anew.")
        case KeyOrigin.COMMAND:
            return _from_command(settings.text("server.key_command") or "", server)
        case KeyOrigin.KEYRING:
            kept = _from_keyring(server)
            return _usable(kept or "", server, "the keyring has none any more", "Type `ct login` again.")
        case KeyOrigin.FILE:
            kept = str(_kept(settings)[server])
            return _usable(kept, server, f"{keys_path(settings)} holds none", "Type `ct login` again.")
    raise KeyMissing(server=server)


def origin_of(settings: Settings, server: str) -> KeyOrigin | None:
    """Where the key for a server comes from; None where there is none. Raises KeyUnreadable."""
    if settings.environment.get(VARIABLE):
        return KeyOrigin.ENVIRONMENT
    if settings.text("server.key_command"):
        return KeyOrigin.COMMAND
    kept = _kept(settings).get(server)
    if kept is None:
        return None
    return KeyOrigin.KEYRING if isinstance(kept, dict) else KeyOrigin.FILE


def keep_key(settings: Settings, server: str, key: str, *, in_keyring: bool) -> None:
    """Keep a key for a server: in the system's keyring, or in a file that its owner alone may read.

    Raises NoKeyring, SettingsUnwritable.
    """
    if in_keyring:
        _to_keyring(server, key)
    path = keys_path(settings)
    with changing(path):
        write_privately(path, _as_text({**_kept(settings), server: {"in": _IN_KEYRING} if in_keyring else key}))


def forget_key(settings: Settings, server: str) -> bool:
    """Let go of the key that was kept for a server; whether there was one. Raises KeyUnreadable, SettingsUnwritable."""
    if server not in _kept(settings):
        return False
    path = keys_path(settings)
    with changing(path):
        kept = dict(_kept(settings))
        if server not in kept:
            return False
        if isinstance(kept.pop(server), dict):
            _to_keyring(server, None)
        write_privately(path, _as_text(kept))
    return True


def keys_path(settings: Settings) -> Path:
    """The file of kept keys, beside the settings."""
    return settings.path.with_name("server-keys.json")


def _as_text(kept: Mapping[str, Any]) -> bytes:
    return (json.dumps(kept, indent=1, sort_keys=True) + "\n").encode()


def _kept(settings: Settings) -> Mapping[str, Any]:
    path = keys_path(settings)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        kept = None
    if not isinstance(kept, dict):
        remedy = "Take that file away, then type `ct login`."
        raise KeyUnreadable(server="the server", reason=f"{path} is not as ct writes it", remedy=remedy)
    return kept


def _from_command(command: str, server: str) -> str:
    """What a command prints first. What it prints besides is not shown, for it may hold the key."""
    remedy = "Run it by hand, then set server.key_command so that it prints the key alone."
    words = command if os.name == "nt" else shlex.split(command)
    try:
        ran = subprocess.run(
            words, check=False, stdout=subprocess.PIPE, encoding="utf-8", errors="replace", timeout=_COMMAND_SECONDS
        )
    except (OSError, ValueError):
        raise KeyUnreadable(server=server, reason="server.key_command cannot be run", remedy=remedy) from None
    except subprocess.TimeoutExpired:
        reason = f"server.key_command took longer than {_COMMAND_SECONDS} seconds"
        raise KeyUnreadable(server=server, reason=reason, remedy=remedy) from None
    if ran.returncode:
        reason = f"server.key_command ended with status {ran.returncode}"
        raise KeyUnreadable(server=server, reason=reason, remedy=remedy)
    first = next(iter(ran.stdout.splitlines()), "")
    return _usable(first, server, "the first line that server.key_command prints is not a key", remedy)


def _usable(given: str, server: str, reason: str, remedy: str) -> str:
    try:
        return parse_key(given)
    except NotAKey:
        raise KeyUnreadable(server=server, reason=reason, remedy=remedy) from None


def _from_keyring(server: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        kept: str | None = keyring.get_password(_SERVICE, server)
    except KeyringError:
        remedy = "Unlock it, or type `ct login` to keep the key in a file."
        raise KeyUnreadable(server=server, reason="the system's keyring does not give it", remedy=remedy) from None
    return kept


def _to_keyring(server: str, key: str | None) -> None:
    try:
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError
    except ImportError:
        raise NoKeyring(reason="its program is not installed (pip install 'ct-cli[keyring]')") from None
    try:
        if key is None:
            keyring.delete_password(_SERVICE, server)
            return
        keyring.set_password(_SERVICE, server, key)
        kept = keyring.get_password(_SERVICE, server)
    except PasswordDeleteError:
        return  # It is gone already.
    except KeyringError:
        raise NoKeyring(reason="it is locked, or there is none") from None
    if kept != key:  # One that was disabled takes everything and keeps nothing.
        raise NoKeyring(reason="it does not keep what it is given")
