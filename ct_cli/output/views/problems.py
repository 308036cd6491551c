"""Problems as people read them: what is wrong, where, and what to do."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.returns.problem import Place, Problem, Severity

TONES = {Severity.ERROR: Tone.BAD, Severity.QUERY: Tone.WARNING, Severity.INFO: Tone.QUIET}
_LABELS = {Severity.ERROR: "wrong", Severity.QUERY: "check", Severity.INFO: "note "}


def problem_lines(problems: Iterable[Problem], indent: int = 2) -> Iterator[Block]:
    """The words of each problem with its code, then the remedy; once where those that follow have the same."""
    found = list(problems)
    remedies = [problem.remedy for problem in found[1:]]
    for problem, next_remedy in zip_longest(found, remedies):
        label = Text(_LABELS[problem.severity], TONES[problem.severity])
        where = f"{where_in_file(problem.place)}: " if problem.place else ""
        yield line(label, f"  {where}{problem.words} ", Text(f"[{problem.code}]", Tone.QUIET), indent=indent)
        if problem.remedy and problem.remedy != next_remedy:
            yield line(problem.remedy, indent=indent + 7)


def rehearsal_line(*, recorded: bool) -> Block:
    """That CT_NOW is set and, where something was recorded, what that makes of it."""
    so = "so this is marked as a rehearsal and proves nothing" if recorded else "and stands in for the present"
    return line(Text(f"Rehearsal: CT_NOW is set, {so}.", Tone.WARNING))


def where_in_file(place: Place) -> str:
    """A place as people find it: sheet Returns, F12; row 12 (occupied); line 3."""
    sheet = f"sheet {place.sheet}, " if place.sheet else ""
    if place.cell:
        return f"{sheet}{place.cell}"
    row = f"row {place.row}" if place.row else (place.file or "the file")
    return f"{sheet}{row}{f' ({place.header})' if place.header else ''}"
