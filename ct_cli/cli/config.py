"""`ct config`: settings, and where each comes from."""

from typing import Annotated

from typer import Argument

from ct_cli.cli.command import command, new_app
from ct_cli.cli.desk import Desk

app = new_app("Settings: what can be set, what is set, and where each value comes from.")

Key = Annotated[str, Argument(metavar="KEY", help="A setting, such as filing, or bank_holidays.2022-09-19.")]


@command(app, "config list")
def show_all(desk: Desk) -> None:
    """Every setting, its value, and where that came from."""
    from ct_cli.actions.show_settings import show_settings
    from ct_cli.output.views.show_settings import view

    desk.show(show_settings(), view)


@command(app, "config get")
def get(desk: Desk, key: Key) -> None:
    """One setting's value and nothing else, for scripts. Secrets are not shown."""
    from ct_cli.actions.show_settings import show_settings
    from ct_cli.output.views.show_settings import view_one

    desk.show(show_settings(key), view_one)


@command(app, "config set")
def set_one(
    desk: Desk,
    key: Key,
    value: Annotated[str, Argument(metavar="VALUE", help="Its value; - reads it from standard input.")],
) -> None:
    """Set a value in the settings file, once it is seen to be a right one."""
    from ct_cli.actions.change_setting import set_setting
    from ct_cli.output.views.change_setting import view

    given = desk.terminal.read_line() if value == "-" else value
    desk.show(set_setting(key, given), view)


@command(app, "config unset")
def unset(desk: Desk, key: Key) -> None:
    """Take a value out of the settings file, so that the default holds again."""
    from ct_cli.actions.change_setting import unset_setting
    from ct_cli.output.views.change_setting import view

    desk.show(unset_setting(key), view)


@command(app, "config path")
def path(desk: Desk) -> None:
    """Where the settings file is, or would be."""
    from ct_cli.actions.show_settings_path import show_settings_path
    from ct_cli.output.views.show_settings_path import view

    desk.show(show_settings_path(), view)
