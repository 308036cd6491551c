"""Problems as people read them: what is wrong, where, and what to do."""

from collections.abc import Iterable, Iterator

from ct_cli.output.blocks import Block, Text, Tone, line
from ct_cli.returns.problem import Place, Problem, Severity

TONES = {Severity.ERROR: Tone.BAD, Severity.QUERY: Tone.WARNING, Severity.INFO: Tone.QUIET}
_LABELS = {Severity.ERROR: "wrong", Severity.QUERY: "check", Severity.INFO: "note "}


def problem_lines(problems: Iterable[Problem], indent: int = 2) -> Iterator[Block]:
    """Each problem in two lines: the words with the code, and the remedy."""
    for problem in problems:
        label = Text(_LABELS[problem.severity], TONES[problem.severity])
        where = f"{where_in_file(problem.place)}: " if problem.place else ""
        yield line(label, f"  {where}{problem.words} ", Text(f"[{problem.code}]", Tone.QUIET), indent=indent)
        if problem.remedy:
            yield line(problem.remedy, indent=indent + 7)


def where_in_file(place: Place) -> str:
    """A place as people find it: sheet Returns, F12; row 12 (occupied); line 3."""
    sheet = f"sheet {place.sheet}, " if place.sheet else ""
    if place.cell:
        return f"{sheet}{place.cell}"
    row = f"row {place.row}" if place.row else (place.file or "the file")
    return f"{sheet}{row}{f' ({place.header})' if place.header else ''}"
