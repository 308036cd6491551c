"""`ct config path` as a page."""

from collections.abc import Iterator

from ct_cli.actions.show_settings_path import SettingsPath
from ct_cli.output.blocks import Block, line


def view(answer: SettingsPath) -> Iterator[Block]:
    """The path and nothing else, for scripts."""
    yield line(str(answer.path))
