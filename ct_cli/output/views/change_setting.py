"""`ct config set` and `ct config unset` as pages."""

from collections.abc import Iterator

from ct_cli.actions.change_setting import SettingChanged
from ct_cli.output.blocks import Block, Text, Tone, line


def view(answer: SettingChanged) -> Iterator[Block]:
    """What the file says now, and what else the user should know."""
    if not answer.changed:
        yield line(f"{answer.path} said so already.")
    elif answer.secret and answer.value is None:
        yield line(f"{answer.key} is changed in {answer.path}")
    elif answer.value is None:
        yield line(f"{answer.key} is no longer set in {answer.path}")
    else:
        yield line(f"{answer.key} = {_shown(answer.value)}, in {answer.path}")
    if answer.kept is not None:
        yield line(f"The comments in that file are lost; the earlier one is kept as {answer.kept}")
    if answer.overridden_by is not None:
        words = f"{answer.overridden_by} is set in the environment, and wins over the file."
        yield line(Text(words, Tone.WARNING))


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
