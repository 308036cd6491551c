"""Settings, and where each value came from: a flag, then CT_*, then config.toml, then the default.

`ct_cli.settings_known` declares each. A *table* setting (`bank_holidays`) holds names that the user chooses.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ct_cli.errors import SettingRefused, SettingsUnreadable, UnknownSetting
from ct_cli.settings_known import SETTINGS, Kind, Setting


class Origin(StrEnum):
    """Where a setting's value came from, strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


_BY_KEY = {setting.key: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value and where it came from; `place` is the flag, the variable or the file."""

    setting: Setting
    value: Any
    origin: Origin
    place: str


@dataclass(frozen=True)
class Settings:
    """All settings of this run. Made by `read_settings`."""

    path: Path
    flags: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)

    def value(self, key: str) -> Value:
        """The setting's value with its origin. Raises UnknownSetting, SettingRefused."""
        setting = find_setting(key)
        if setting.kind is Kind.TABLE:
            return self._table(setting)
        given: object
        if key in self.flags:
            origin, place, given = Origin.FLAG, f"--{key.replace('_', '-')}", self.flags[key]
        elif self.environment.get(setting.environment):
            origin, place, given = (
                Origin.ENVIRONMENT,
                setting.environment,
                self.environment[setting.environment],
            )
        elif (found := _look_up(self.document, key)) is not None:
            origin, place, given = Origin.FILE, str(self.path), found
        else:
            return Value(setting, setting.default, Origin.DEFAULT, "")
        return Value(setting, parse_value(setting, given, f"from {place}"), origin, place)

    def text(self, key: str) -> str | None:
        """A text or choice setting."""
        value = self.value(key).value
        return None if value is None else str(value)

    def number(self, key: str) -> int:
        """A whole number setting."""
        return int(self.value(key).value)

    def yes(self, key: str) -> bool:
        """A yes or no setting."""
        return bool(self.value(key).value)

    def table(self, key: str) -> Mapping[str, Any]:
        """A table setting: the user's own names, and what each holds."""
        table: Mapping[str, Any] = self.value(key).value
        return table

    def file(self, key: str) -> Path | None:
        """A path setting, with ~ opened up."""
        text = self.text(key)
        return Path(text).expanduser() if text else None

    @property
    def store_path(self) -> Path:
        """The embedded store's file."""
        return self.file("store") or _folder("data") / "ct.sqlite3"

    @property
    def queue_path(self) -> Path:
        """The file of returns that wait for the server."""
        return self.file("queue") or self.store_path.with_name("queue.sqlite3")

    @property
    def cache_folder(self) -> Path:
        """The folder for what can be made again."""
        return self.file("cache") or _folder("cache")

    def all_values(self) -> Iterator[Value]:
        """Every setting with its value, in the order of `SETTINGS`."""
        return (self.value(setting.key) for setting in SETTINGS)

    def _table(self, setting: Setting) -> Value:
        found = _look_up(self.document, setting.key)
        if found is None:
            return Value(setting, {}, Origin.DEFAULT, "")
        if not isinstance(found, dict):
            reason = f"it is a table: write [{setting.key}] and a line for each entry"
            raise SettingRefused(key=setting.key, given=found, origin=str(self.path), reason=reason)
        return Value(setting, found, Origin.FILE, str(self.path))


def read_settings(flags: Mapping[str, str] | None = None) -> Settings:
    """The settings of this run. Raises SettingsUnreadable, UnknownSetting."""
    path = settings_path()
    document = read_document(path)
    for key in leaves(document):
        find_setting(key, f" (it is in {path})")
    return Settings(path, flags or {}, dict(os.environ), document)


def settings_path() -> Path:
    """Where the settings file is or would be: CT_CONFIG, or config.toml in the user's own settings folder."""
    given = os.environ.get("CT_CONFIG")
    return Path(given).expanduser() if given else _folder("config") / "config.toml"


def log_folder() -> Path:
    """The folder for the particulars of what went wrong."""
    return _folder("log")


def read_document(path: Path) -> dict[str, Any]:
    """The settings file as TOML; empty where there is none. Raises SettingsUnreadable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except IsADirectoryError:
        raise SettingsUnreadable(path=path, reason="it is a folder") from None
    except UnicodeDecodeError:
        raise SettingsUnreadable(path=path, reason="it is not UTF-8 text") from None
    except OSError as error:
        raise SettingsUnreadable(path=path, reason=(error.strerror or str(error)).lower()) from None
    return _parse(path, text)


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsUnreadable(path=path, reason=f"it is not TOML ({error})") from None


def find_setting(key: str, where: str = "") -> Setting:
    """The declaration of a key; for a name inside a table, the table's. Raises UnknownSetting."""
    setting = _BY_KEY.get(key)
    if setting is None:
        parts = key.split(".")
        above = (_BY_KEY.get(".".join(parts[:length])) for length in range(1, len(parts)))
        setting = next((table for table in above if table is not None and table.kind is Kind.TABLE), None)
    if setting is None:
        from difflib import get_close_matches

        near = get_close_matches(key, _BY_KEY, n=1)
        raise UnknownSetting(key=key, where=where, nearest=f" (did you mean {near[0]}?)" if near else "")
    return setting


def parse_value(setting: Setting, given: object, origin: str) -> str | int | bool:
    """What was given as the setting's own kind of value. Raises SettingRefused."""
    text = str(given).strip()
    reason = ""
    match setting.kind:
        case Kind.CHOICE if text not in setting.choices:
            reason = "it is one of " + ", ".join(setting.choices)
        case Kind.NUMBER if not (text.isascii() and text.isdigit()):
            reason = "it is a whole number"
        case Kind.YES_NO if text.lower() not in {"yes", "no", "true", "false"}:
            reason = "it is yes or no"
        case Kind.TEXT | Kind.PATH if not isinstance(given, str):
            reason = "it is text: put it in quotes"
    if reason:
        shown = "(hidden)" if setting.secret else given
        raise SettingRefused(key=setting.key, given=shown, origin=origin, reason=reason)
    if setting.kind is Kind.NUMBER:
        return int(text)
    if setting.kind is Kind.YES_NO:
        return text.lower() in {"yes", "true"}
    return text


def _look_up(document: Mapping[str, Any], key: str) -> object:
    node: object = document
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


def leaves(document: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The dotted keys of a document; a table setting counts as one, whatever it holds."""
    for name, node in document.items():
        key = above + name
        if isinstance(node, dict) and not (key in _BY_KEY and _BY_KEY[key].kind is Kind.TABLE):
            yield from leaves(node, key + ".")
        else:
            yield key


def _folder(which: str) -> Path:
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("ct", appauthor=False, roaming=False)
    return {
        "config": dirs.user_config_path,
        "data": dirs.user_data_path,
        "cache": dirs.user_cache_path,
        "log": dirs.user_log_path,
    }[which]
