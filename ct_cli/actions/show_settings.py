"""Each setting's value, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ct_cli.actions.answer import Answer
from ct_cli.errors import ExitStatus, SettingRefused, UnknownSetting, UsageError
from ct_cli.returns.problem import Problem, Severity
from ct_cli.settings import Origin, Settings, Value, find_setting, leaves, read_document, settings_path
from ct_cli.settings_known import SETTINGS, Kind, Setting


class SecretNotShown(UsageError):
    """{key} is a secret, so ct uses it but never prints it. It is set in {place}."""

    code = "secret-not-shown"


@dataclass(frozen=True)
class SettingShown:
    """A setting as it stands."""

    key: str
    value: Any
    """None where it is not set, refused, or a secret."""
    origin: Origin
    place: str
    """The variable or the file; empty for a default."""
    secret: bool
    about: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class SettingsShown(Answer):
    """Settings in the order in which they are declared."""

    path: Path
    """The settings file, whether or not there is one."""
    exists: bool
    settings: tuple[SettingShown, ...]


def show_settings(key: str | None = None) -> SettingsShown:
    """Every setting or, with `key`, that one.

    It takes no workplace: it has to answer where a workplace would not start.
    A value that is wrong is a problem of its own and hides no other. Raises SettingsUnreadable; with `key` also
    UnknownSetting, SettingRefused, SecretNotShown.
    """
    settings = unchecked_settings()
    path = settings.path
    if key is not None:
        return SettingsShown(path, path.exists(), (_one(settings, key),))
    shown, problems = [], list(_unknown(settings.document, path))
    for setting in SETTINGS:
        try:
            value = settings.value(setting.key)
        except SettingRefused as error:
            problems.append(_problem(error))
            continue
        shown.append(_shown(setting, setting.key, _in_force(settings, value), value.origin, value.place))
    status = ExitStatus.USAGE if problems else ExitStatus.DONE
    return SettingsShown(path, path.exists(), tuple(shown), problems=tuple(problems), exit_status=status)


def unchecked_settings() -> Settings:
    """The settings with what is misspelt in the file left in. Raises SettingsUnreadable."""
    import os

    path = settings_path()
    return Settings(path, {}, dict(os.environ), read_document(path))


def _one(settings: Settings, key: str) -> SettingShown:
    setting = find_setting(key)
    value = settings.value(setting.key)
    if setting.secret and value.value is not None:
        raise SecretNotShown(key=key, place=value.place)
    inside = key.removeprefix(setting.key).lstrip(".")
    found = value.value.get(inside) if setting.kind is Kind.TABLE and inside else _in_force(settings, value)
    return _shown(setting, key, found, value.origin, value.place)


def _in_force(settings: Settings, value: Value) -> object:
    """The value; where none is set, the file or folder that ct uses then."""
    if value.value is None and value.setting.key == "store":
        return str(settings.store_path)
    if value.value is None and value.setting.key == "cache":
        return str(settings.cache_folder)
    return value.value


def _shown(setting: Setting, key: str, value: object, origin: Origin, place: str) -> SettingShown:
    return SettingShown(
        key, None if setting.secret else value, origin, place, setting.secret, setting.about, setting.choices
    )


def _unknown(document: Mapping[str, Any], path: Path) -> list[Problem]:
    problems = []
    for key in leaves(document):
        try:
            find_setting(key, f" (it is in {path})")
        except UnknownSetting as error:
            remedy = f"Take it out with `ct config unset {key}`."
            problems.append(Problem(error.code, Severity.ERROR, error.sentence, remedy, field=key))
    return problems


def _problem(error: SettingRefused) -> Problem:
    key = str(error.facts["key"])
    return Problem(error.code, Severity.ERROR, error.sentence, f"Set it with `ct config set {key} …`.", field=key)
