"""Writes the settings file, and those beside it: whole or not at all, and readable by their owner alone.

tomli-w writes what a file says, not how it said it: comments and the order of blank lines are lost. So where a
file holds comments, the earlier one is kept beside it, and whoever changes a setting is told.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ct_cli.errors import SettingsUnreadable, UsageError
from ct_cli.files import locked, replace_file

_TURN = 30
"""Seconds to wait for others who change the same file: each has it for a moment."""


class SettingsUnwritable(UsageError):
    """The settings file {path} cannot be written: {reason}. Mend that, or name another with CT_CONFIG."""

    code = "settings-unwritable"


@contextlib.contextmanager
def changing(path: Path) -> Iterator[None]:
    """Hold a file while it is read, changed and written: two programs that change it at once take turns, and neither
    writes over what the other has set. Reading it alone needs no turn. Raises SettingsUnwritable."""
    target = Path(os.path.realpath(path))  # Behind a symbolic link, the file that it names is changed.
    with contextlib.ExitStack() as held:
        try:
            mine = held.enter_context(locked(target.with_name(f".{target.name}.lock"), _TURN))
        except OSError as error:
            raise SettingsUnwritable(path=path, reason=(error.strerror or str(error)).lower()) from None
        if not mine:
            raise SettingsUnwritable(path=path, reason="another ct has been changing it for half a minute")
        yield


def with_value(document: Mapping[str, Any], keys: tuple[str, ...], value: object) -> dict[str, Any]:
    """The document with a value at a place, made of the names that lead to it."""
    first, *rest = keys
    if not rest:
        return {**document, first: value}
    below = document.get(first)
    return {**document, first: with_value(below if isinstance(below, dict) else {}, tuple(rest), value)}


def without(document: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The document without what is at a place, nor any table that this leaves empty."""
    first, *rest = keys
    others = {name: node for name, node in document.items() if name != first}
    below = document.get(first)
    if not rest or not isinstance(below, dict):
        return others
    left = without(below, tuple(rest))
    return {**document, first: left} if left else others


def write_document(path: Path, document: Mapping[str, Any]) -> Path | None:
    """Put the document in the file's place, while `changing` holds it; the earlier file, where it was kept for its
    comments. Raises SettingsUnwritable.
    """
    target = Path(os.path.realpath(path))  # Behind a symbolic link, the file that it names is replaced, not the link.
    kept = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _has_comments(target):
            kept = target.with_name(target.name + ".before")
            replace_file(kept, target.read_bytes(), private=True)
        replace_file(target, as_toml(document), private=True)
    except OSError as error:
        raise SettingsUnwritable(path=path, reason=(error.strerror or str(error)).lower()) from None
    return kept


def as_toml(document: Mapping[str, Any]) -> bytes:
    """A document as the text of a settings file."""
    import tomli_w

    return tomli_w.dumps(document).encode("utf-8")


def write_privately(path: Path, content: bytes) -> None:
    """Put a file beside the settings, for its owner alone, while `changing` holds it. Raises SettingsUnwritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, content, private=True)
    except OSError as error:
        raise SettingsUnwritable(path=path, reason=(error.strerror or str(error)).lower()) from None


def _has_comments(path: Path) -> bool:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return False
    except UnicodeDecodeError:
        raise SettingsUnreadable(path=path, reason="it is not UTF-8 text") from None
    # A # inside a value counts as well: a copy too many does no harm.
    return "#" in text
