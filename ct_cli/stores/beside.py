"""What a backup keeps beside the store (settings, collections, wording, waiting returns), and putting it back."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ct_cli.backends.server_address import without_secrets
from ct_cli.errors import UnknownSetting, UsageError
from ct_cli.files import replace_file
from ct_cli.settings import Settings, find_setting, leaves
from ct_cli.settings_file import with_value, without, write_document, write_privately

OWN_FOLDERS: Mapping[str, str] = {"collections": "collections", "reminders.templates": "templates"}
"""Settings that name a folder of the user's own files, and what the folder is called in a backup."""
SETTINGS, QUEUE = "config.toml", "queue.sqlite3"
_PLACES = ("store", "queue", "cache")
"""Settings that name places on the computer that the backup was made on."""


class NotPutBack(UsageError):
    """The store was restored, but {path} could not be written: {reason}. `ct restore FILE --files DIR` writes it, and
    the rest of what lies beside the store, to a folder."""

    code = "not-put-back"


@dataclass(frozen=True, slots=True)
class PutBack:
    """What became of what lay beside the store."""

    settings: Path | None = None
    """The settings file, where there was none and that of the backup was written."""
    settings_left: bool = False
    """Whether there was one, and it stays as it is."""
    folders: tuple[Path, ...] = ()
    """Folders of the user's own files that were made."""
    queue: Path | None = None
    """The queue, where there was none and that of the backup was put back."""
    queue_left: bool = False
    """Whether there was one, and it stays: it knows better what was sent since."""


def put_back_beside(settings: Settings, extras: Mapping[str, bytes]) -> PutBack:
    """Put back what is not there any more; what is there stays as it is. Raises NotPutBack, SettingsUnwritable."""
    made_settings, folders, queue = None, [], None
    settings_left = settings.path.exists()
    queue_left = settings.queue_path.exists()
    try:
        if SETTINGS in extras and not settings_left:
            # As when it was made, so that no backup that came from elsewhere brings a command along.
            document, _ = without_secret_settings(_read(settings.path, extras[SETTINGS]))
            for key in _PLACES:
                document = without(document, (key,))
            for key, name in OWN_FOLDERS.items():
                folder = settings.path.parent / name
                document = without(document, tuple(key.split(".")))
                if not folder.exists() and write_own_files(extras, name, folder):
                    document = with_value(document, tuple(key.split(".")), str(folder))
                    folders.append(folder)
            write_document(settings.path, document)
            made_settings = settings.path
        if QUEUE in extras and not queue_left:
            queue = settings.queue_path
            replace_file(queue, extras[QUEUE], private=True)
    except OSError as error:
        path = error.filename or settings.path
        raise NotPutBack(path=path, reason=(error.strerror or str(error)).lower()) from error
    return PutBack(made_settings, settings_left and SETTINGS in extras, tuple(folders), queue, queue_left)


def _read(path: Path, content: bytes) -> dict[str, Any]:
    try:
        document = tomllib.loads(content.decode("utf-8"))
        for key in leaves(document):
            find_setting(key)
    except (ValueError, UnknownSetting):
        raise NotPutBack(path=path, reason="the settings in the backup are not as this ct writes them") from None
    return document


def without_secret_settings(document: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Settings as they may lie in a backup, and the keys of those that were left out or shortened."""
    kept, left_out = dict(document), []
    for key in leaves(document):
        if find_setting(key).secret or key.endswith("_command"):
            kept = without(kept, tuple(key.split(".")))
            left_out.append(key)
    return _without_names_in_addresses(kept), tuple(left_out)


def _without_names_in_addresses(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _without_names_in_addresses(below) for name, below in node.items()}
    if isinstance(node, list):
        return [_without_names_in_addresses(below) for below in node]
    return without_secrets(node) if isinstance(node, str) and re.match(r"\w+://[^/?#]*@", node) else node


def write_beside(extras: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    """Write all that a backup keeps beside the store to a new folder; the files. Raises SettingsUnwritable."""
    written = []
    for name in (SETTINGS, QUEUE):
        if name in extras:
            write_privately(folder / name, extras[name])
            written.append(folder / name)
    for name in OWN_FOLDERS.values():
        written += write_own_files(extras, name, folder / name)
    return tuple(written)


def write_own_files(extras: Mapping[str, bytes], name: str, folder: Path) -> list[Path]:
    """Write the files of one of the user's own folders. Raises SettingsUnwritable."""
    written = []
    for key, content in extras.items():
        above, _, file = key.partition("/")
        if above == name and file and Path(file).name == file:  # never anywhere but in that folder
            write_privately(folder / file, content)
            written.append(folder / file)
    return written
