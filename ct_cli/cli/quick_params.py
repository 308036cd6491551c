"""Keeps Typer from loading pydantic to turn text into text.

From 0.27 on, Typer coerces every parameter through a pydantic adapter, whose import took 300 of the 500 ms that
`ct window` ran here. Text, yes-or-no and lists of text need none, so those parameters get a coercion of their own,
in the place where Typer keeps the adapter once made. An older Typer has no such place, and nothing is done.
"""

from typing import Any

HELP_OPTIONS = ("--help", "-h")


class _AsTyped:
    """The coercion of text: what was typed, as it is."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ARG002 - as Typer calls it
        """The value; a list where the parameter can be given more than once."""
        several = param.multiple or param.nargs == -1
        return list(value or ()) if several else value


def quicken(command: Any) -> Any:
    """The command, with its text parameters coerced without pydantic, and those of the commands under it."""
    quicken_params(command)
    for below in getattr(command, "commands", {}).values():
        quicken(below)
    return command


def quicken_params(command: Any) -> Any:
    """The command, with its own text parameters coerced without pydantic."""
    context = command.context_class(command, help_option_names=list(HELP_OPTIONS))
    for param in (*command.params, command.get_help_option(context)):  # Typer makes that option late, and keeps it.
        descriptor = getattr(param, "type_descriptor", None)
        if hasattr(param, "_runtime_param") and getattr(descriptor, "annotation", None) in (str, bool, list[str]):
            param._runtime_param = _AsTyped()
    return command
