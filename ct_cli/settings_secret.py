"""Secrets: a password or a key out of its setting or variable, a file, or what a command prints (a password store).

For a secret `smtp.password` there are three settings: `smtp.password`, `smtp.password_file`, `smtp.password_command`.
A secret never stands in a message, a log or an exception.
"""

import shlex
import subprocess
import sys
from pathlib import Path

from ct_cli.errors import UsageError
from ct_cli.settings import Settings

COMMAND_SECONDS = 30
"""How long a command may take to give its secret: long enough for a person to unlock a password store."""


class SecretUnreadable(UsageError):
    """The secret {key} cannot be had from {place}: {reason}. `ct config list` shows where it is looked for."""

    code = "secret-unreadable"


def read_secret(settings: Settings, key: str) -> str | None:
    """The secret of a key: its own setting before its file before its command; None where none is set.

    Raises SecretUnreadable.
    """
    given = settings.text(key)
    if given:
        return given
    file = settings.file(key + "_file")
    if file is not None:
        return _from_file(key, file)
    command = settings.text(key + "_command")
    return _from_command(key, command) if command else None


def _from_file(key: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise SecretUnreadable(key=key, place=f"the file {path}", reason=_words(error)) from None
    except UnicodeDecodeError:
        raise SecretUnreadable(key=key, place=f"the file {path}", reason="it is not UTF-8 text") from None
    if not text:
        raise SecretUnreadable(key=key, place=f"the file {path}", reason="it is empty")
    return text.splitlines()[0]


def _from_command(key: str, command: str) -> str:
    # Only the program is named: what follows it may itself be secret.
    place = f"the command {command.split(maxsplit=1)[0]}"
    line = command if sys.platform == "win32" else shlex.split(command)
    try:
        ran = subprocess.run(line, check=False, capture_output=True, encoding="utf-8", timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        reason = f"it did not end within {COMMAND_SECONDS} seconds"
        raise SecretUnreadable(key=key, place=place, reason=reason) from None
    except OSError as error:
        raise SecretUnreadable(key=key, place=place, reason=_words(error)) from None
    if ran.returncode:
        raise SecretUnreadable(key=key, place=place, reason=f"it ended with status {ran.returncode}")
    if not ran.stdout.strip():
        raise SecretUnreadable(key=key, place=place, reason="it printed nothing")
    return ran.stdout.strip().splitlines()[0]


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
