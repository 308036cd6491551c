"""Where the settings file is, or would be. Reads nothing, so it answers whatever is wrong with the file."""

from dataclasses import dataclass
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.settings import settings_path


@dataclass(frozen=True)
class SettingsPath(Answer):
    """The settings file's place."""

    path: Path


def show_settings_path() -> SettingsPath:
    """The file that CT_CONFIG names or, without it, config.toml in the user's own settings folder."""
    return SettingsPath(settings_path())
