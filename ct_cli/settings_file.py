"""Writes the settings file: whole or not at all, and readable by its owner alone.

tomli-w writes what a file says, not how it said it: comments and the order of blank lines are lost. So where a
file holds comments, the earlier one is kept beside it, and whoever changes a setting is told.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ct_cli.errors import SettingsUnreadable, UsageError
from ct_cli.whole_file import replacing


class SettingsUnwritable(UsageError):
    """The settings file {path} cannot be written: {reason}. Mend that, or name another with CT_CONFIG."""

    code = "settings-unwritable"


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
    """Put the document in the file's place; the earlier file, where it was kept for its comments.

    Raises SettingsUnwritable.
    """
    target = path.resolve()  # Behind a symbolic link, the file that it names is replaced, not the link.
    kept = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _has_comments(target):
            kept = target.with_name(target.name + ".before")
            _put_in_place(kept, target.read_bytes())
        _put_in_place(target, as_toml(document))
    except OSError as error:
        raise SettingsUnwritable(path=path, reason=(error.strerror or str(error)).lower()) from None
    return kept


def as_toml(document: Mapping[str, Any]) -> bytes:
    """A document as the text of a settings file."""
    import tomli_w

    return tomli_w.dumps(document).encode("utf-8")


def write_privately(path: Path, content: bytes) -> None:
    """Put a file beside the settings, for their owner alone. Raises SettingsUnwritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _put_in_place(path, content)
    except OSError as error:
        raise SettingsUnwritable(path=path, reason=(error.strerror or str(error)).lower()) from None


def _put_in_place(target: Path, content: bytes) -> None:
    with replacing(target) as part:
        part.write_bytes(content)


def _has_comments(path: Path) -> bool:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return False
    except UnicodeDecodeError:
        raise SettingsUnreadable(path=path, reason="it is not UTF-8 text") from None
    # A # inside a value counts as well: a copy too many does no harm.
    return "#" in text
