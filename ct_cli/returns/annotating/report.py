"""The report of a file's problems: all of them, as CSV, JSON, or the user's own workbook marked."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ct_cli.errors import CtError, ExitStatus, UsageError
from ct_cli.files import FileNotWritten, another_name, check_place, new_file
from ct_cli.returns.annotating.grids import EndingNotWritten
from ct_cli.returns.annotating.harmless import harmless
from ct_cli.returns.problem import Place, Problem
from ct_cli.returns.reading.sheet import Sheet

FIELDS = (
    "file", "sheet", "row", "column", "cell", "header", "field", "location_id", "service", "code", "severity", "words",
    "remedy",
)  # fmt: skip
"""A CSV report's columns, and the keys of each problem of a JSON one, which has `facts` as well."""


class ReportOverInput(UsageError):
    """The report would take the place of {path}, the file that is read. Name another file with --report."""

    code = "report-over-input"


class ReportElsewhere(CtError):
    """{path} cannot be written: {reason}. So the report is in {elsewhere}."""

    code = "report-elsewhere"
    exit_status = ExitStatus.DONE


class ReportMissing(UsageError):
    """There is no report: {path} cannot be written: {reason}. What is recorded stays. For the report, send the same
    file again with another name after --report: nothing is recorded twice."""

    code = "report-missing"


def check_report_path(path: Path, given: str) -> None:
    """See, before anything is recorded, that a report can go there, and leave what is there as it is.

    Raises ReportOverInput, EndingNotWritten, FileNotWritten.
    """
    if path.suffix.lower() not in _WRITERS:
        raise EndingNotWritten(path=path, known=", ".join(_WRITERS))
    source = Path(given)
    if given != "-" and path.exists() and source.exists() and path.samefile(source):
        raise ReportOverInput(path=path)
    check_place(path)


def write_report(
    path: Path, problems: Sequence[Problem], sheet: Sheet
) -> tuple[Path | None, ReportElsewhere | ReportMissing | None]:
    """Write every problem of a sheet's file to the path, by its ending: .csv, .json or .xlsx. The sheet is the one that
    was read, still open.

    The rows are recorded by now, so that a path which cannot be written is no reason to stop: the report then goes
    beside it. Where it is, if anywhere, and what is to be said of that.
    """
    try:
        _write(path, problems, sheet)
    except FileNotWritten as failed:
        elsewhere = another_name(path)
        reason = failed.facts["reason"]
        try:
            _write(elsewhere, problems, sheet)
        except FileNotWritten:
            return None, ReportMissing(path=path, reason=reason)
        return elsewhere, ReportElsewhere(path=path, reason=reason, elsewhere=elsewhere)
    return path, None


def _write(path: Path, problems: Iterable[Problem], sheet: Sheet) -> None:
    with new_file(path) as part:
        _WRITERS[path.suffix.lower()](part, problems, sheet)


def _csv(path: Path, problems: Iterable[Problem], _: Sheet) -> None:
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, extrasaction="ignore")
        writer.writeheader()
        for problem in problems:
            row = _plain(problem)
            writer.writerow({key: harmless(text) if isinstance(text, str) else text for key, text in row.items()})


def _json(path: Path, problems: Iterable[Problem], sheet: Sheet) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for piece in _pieces(problems, sheet):
            file.write(piece)


def _pieces(problems: Iterable[Problem], sheet: Sheet) -> Iterator[str]:
    yield f'{{"schema": "ct/1", "file": {json.dumps(sheet.file, ensure_ascii=False)}, "problems": ['
    before = "\n"
    for problem in problems:
        yield before + json.dumps(_plain(problem), ensure_ascii=False, default=str)
        before = ",\n"
    yield "\n]}\n"


def _xlsx(path: Path, problems: Iterable[Problem], sheet: Sheet) -> None:
    from ct_cli.returns.annotating.marked_workbook import write_marked

    write_marked(path, problems, sheet)


def _plain(problem: Problem) -> dict[str, Any]:
    place = problem.place or Place()
    return {
        "file": place.file,
        "sheet": place.sheet,
        "row": place.row,
        "column": place.column,
        "cell": place.cell,
        "header": place.header,
        "field": problem.field,
        "location_id": problem.location_id,
        "service": problem.service,
        "code": problem.code,
        "severity": problem.severity.value,
        "words": problem.words,
        "remedy": problem.remedy,
        "facts": dict(problem.facts),
    }


_WRITERS: Mapping[str, Callable[[Path, Iterable[Problem], Sheet], None]] = {
    ".csv": _csv,
    ".json": _json,
    ".xlsx": _xlsx,
}
