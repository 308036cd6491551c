"""`ct config list` and `ct config get` as pages."""

from collections.abc import Iterator

from ct_cli.actions.show_settings import SettingShown, SettingsShown
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.settings import Origin


def view(answer: SettingsShown) -> Iterator[Block]:
    """All settings as a table, and what is wrong with the others."""
    yield line(f"The settings file is {answer.path}", "" if answer.exists else " (there is none yet).")
    yield line()
    rows = []
    for shown in answer.settings:
        first, *more = _values(shown)
        rows.append((shown.key, first, _from(shown), shown.about))
        rows += [("", value, "", "") for value in more]
    yield Table((Column("Setting"), Column("Value"), Column("From"), Column("What it is")), rows)
    if answer.problems:
        yield line()
    for problem in answer.problems:
        yield line(Text(problem.words, Tone.BAD), " ", problem.remedy)


def view_one(answer: SettingsShown) -> Iterator[Block]:
    """The bare value, for scripts; nothing where it is not set."""
    for value in _values(answer.settings[0]):
        if value:
            yield line(value)


def _values(shown: SettingShown) -> list[str]:
    match shown.value:
        case None:
            return ["(hidden)" if shown.secret and shown.origin is not Origin.DEFAULT else ""]
        case bool():
            return ["yes" if shown.value else "no"]
        case dict():
            return [f"{name} = {value}" for name, value in shown.value.items()] or [""]
    return [str(shown.value)]


def _from(shown: SettingShown) -> str:
    return shown.place if shown.origin is Origin.ENVIRONMENT else shown.origin.value
