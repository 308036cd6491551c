"""Sets or unsets one setting in the user's settings file."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ct_cli.actions.answer import Answer
from ct_cli.actions.show_settings import unchecked_settings
from ct_cli.errors import SettingRefused, UnknownSetting
from ct_cli.settings import Settings, find_setting, parse_value, settings_path
from ct_cli.settings_file import changing, with_value, without, write_document
from ct_cli.settings_known import Kind, Setting


@dataclass(frozen=True)
class SettingChanged(Answer):
    """What the file says now."""

    key: str
    value: Any
    """None where it was unset, or is a secret."""
    changed: bool
    """False where the file said so already."""
    secret: bool
    path: Path
    kept: Path | None
    """The earlier file, kept where it held comments: they are not in the new one."""
    overridden_by: str | None
    """The variable that is set as well, and wins."""


def set_setting(key: str, given: str) -> SettingChanged:
    """Put a value in the file, once it is seen to be one. Takes no workplace: a misspelt key may be what is mended.

    Raises UnknownSetting, SettingRefused, SettingsUnreadable, SettingsUnwritable.
    """
    setting = find_setting(key)
    value = _entry(setting, key, given) if setting.kind is Kind.TABLE else parse_value(setting, given, "as typed")
    if setting.kind is Kind.PATH and not given.startswith("~"):
        value = str(Path(given).absolute())  # The file is read from other folders than this one.
    _check(setting, key, value, unchecked_settings())  # What is wrong leaves no folder behind.
    with changing(settings_path()):
        settings = unchecked_settings()
        document = _check(setting, key, value, settings)
        written = _write(settings, setting, key, document, None if setting.secret else value)
    if setting.key == "store":  # whoever names a store says that it is to be used as it is
        from ct_cli.stores.known_store import KnownStore

        KnownStore(settings.path.parent, Path(str(value)).expanduser()).forget()
    return written


def unset_setting(key: str) -> SettingChanged:
    """Take a key out of the file, also one that ct does not know. Raises UnknownSetting where it is neither."""
    settings = unchecked_settings()
    setting = None
    try:
        setting = find_setting(key)
        places = _places(setting, key)
    except UnknownSetting:
        places = tuple(key.split("."))
        if without(settings.document, places) == settings.document:
            raise
    if without(settings.document, places) == settings.document:
        return _write(settings, setting, key, dict(settings.document), None)
    with changing(settings.path):
        settings = unchecked_settings()
        return _write(settings, setting, key, without(settings.document, places), None)


def _check(setting: Setting, key: str, value: object, settings: Settings) -> dict[str, Any]:
    """The document with the value in it, once it is seen to be one that ct can use."""
    document = with_value(settings.document, _places(setting, key), value)
    _check_table(setting, Settings(settings.path, {}, {}, document))
    return document


def _write(
    settings: Settings, setting: Setting | None, key: str, document: dict[str, Any], value: object
) -> SettingChanged:
    changed = document != settings.document
    kept = write_document(settings.path, document) if changed else None
    wins = (
        setting.environment
        if setting and setting.kind is not Kind.TABLE and os.environ.get(setting.environment)
        else None
    )
    return SettingChanged(key, value, changed, bool(setting and setting.secret), settings.path, kept, wins)


def _places(setting: Setting, key: str) -> tuple[str, ...]:
    """A name inside a table is one, dots and all: support.links.example.org is `example.org` in support.links."""
    inside = key.removeprefix(setting.key).removeprefix(".")
    return (*setting.key.split("."), *((inside,) if inside else ()))


def _entry(setting: Setting, key: str, given: str) -> str:
    if key == setting.key:
        reason = f"it is a table: name the entry too, as in `ct config set {setting.key}.NAME VALUE`"
        raise SettingRefused(key=key, given=given, origin="as typed", reason=reason)
    return given.strip()


def _check_table(setting: Setting, settings: Settings) -> None:
    settings.value(setting.key)
    if setting.key == "bank_holidays":
        from ct_cli.windows.bank_holidays import read_proclaimed

        read_proclaimed(settings)
    elif setting.key == "maps":
        from ct_cli.actions.bulk.header_map import check_maps

        check_maps(settings)
    elif setting.key.startswith("support."):
        from ct_cli.register.support import read_support_book

        read_support_book(settings)
