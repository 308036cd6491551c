"""Help pages for people who do not program: Typer calls text `<str>`, a list `<list[str]>`, and puts names in {}."""

from typing import Any


def in_plain_words(command: Any) -> Any:
    """The command, and those under it, with TEXT for text and the names of arguments as they are typed."""
    for param in command.params:
        if param.param_type_name == "argument":
            param.display_type_rich = _no_type
            param.get_usage_pieces = _Usage(param)
        elif _is_text(param) and param.metavar is None:
            param.metavar = "TEXT"
    for below in getattr(command, "commands", {}).values():
        in_plain_words(below)
    return command


def _is_text(param: Any) -> bool:
    return getattr(getattr(param, "type_descriptor", None), "annotation", None) in (str, list[str])


def _no_type(ctx: Any) -> str:
    return ""


class _Usage:
    """How an argument stands in the line of usage: LOC, [LOC], LOC..."""

    def __init__(self, param: Any) -> None:
        self._param = param

    def __call__(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as Typer calls it
        name = self._param.metavar or str(self._param.name).upper()
        several = "..." if self._param.nargs != 1 else ""
        return [f"{name}{several}" if self._param.required else f"[{name}]{several}"]
