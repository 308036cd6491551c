"""A report on who returned, who is at risk and what the figures say: a page, a workbook, a sheet, or plain values."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.compliance_reading import ReportAsked, read_compliance
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import UsageError
from ct_cli.files import write_whole
from ct_cli.reports.compliance import Compliance, Count
from ct_cli.windows.month import Month


class ReportFormat(StrEnum):
    """What a report is written as."""

    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    ODS = "ods"
    JSON = "json"

    @classmethod
    def of(cls, out: str, given: str | None) -> "ReportFormat":
        """The format asked for, or that of the file's ending. Raises NoReportFormat, NotForStdout."""
        ending = (given or (Path(out).suffix.removeprefix(".") if out != "-" else "")).lower()
        if ending not in set(cls):
            raise NoReportFormat(given=given or out)
        found = cls(ending)
        if out == "-" and found in {cls.XLSX, cls.ODS}:
            raise NotForStdout(format=found)
        return found


class NoReportFormat(UsageError):
    """{given} does not say what to write: end the name in .html, .xlsx, .csv, .ods or .json, or give --format."""

    code = "no-report-format"


class NotForStdout(UsageError):
    """A workbook (.{format}) cannot go to stdout: name a file after --out, or ask for html, csv or json."""

    code = "not-for-stdout"


@dataclass(frozen=True)
class ComplianceWritten(Answer):
    """What was written, and its first figures."""

    area: str
    first: Month
    last: Month
    format: ReportFormat
    file: Path | None
    """None where it was asked for on stdout."""
    public: bool
    locations: Count
    owed: Count
    made: Count
    at_risk: Count
    notice_level: Count
    rehearsal: bool
    document: str | None
    """The report itself, where it was not written to a file."""


def write_compliance(workplace: Workplace, asked: ReportAsked, out: str, given: str | None = None) -> ComplianceWritten:
    """Write the report to a file, or answer it where `out` is -.

    Raises NobodyInScope, NothingToReport, MonthToCome, BackwardPeriod, NoReportFormat, NotForStdout, FileNotWritten.
    """
    wanted = ReportFormat.of(out, given)
    report = read_compliance(workplace, replace(asked, every_row=wanted is not ReportFormat.HTML))
    file = None if out == "-" else Path(out).expanduser()
    document = None
    if wanted in {ReportFormat.HTML, ReportFormat.JSON} or file is None:
        document = _document(report, wanted)
        if file is not None:
            write_whole(file, document.encode("utf-8"))
    else:
        from ct_cli.reports.compliance_sheets import grids
        from ct_cli.returns.annotating.grids import write_grids

        write_grids(file, grids(report), ending=f".{wanted}")
    return ComplianceWritten(
        area=report.area,
        first=report.first,
        last=report.last,
        format=wanted,
        file=file,
        public=report.public,
        locations=report.locations,
        owed=report.latest.whole.owed,
        made=report.latest.whole.made,
        at_risk=report.risks[0].at_risk,
        notice_level=report.risks[0].notice,
        rehearsal=report.rehearsal,
        document=document if file is None else None,
    )


def _document(report: Compliance, wanted: ReportFormat) -> str:
    if wanted is ReportFormat.HTML:
        from ct_cli.reports.compliance_page import page

        return page(report)
    if wanted is ReportFormat.JSON:
        from ct_cli.reports.plain_values import plain_values

        return json.dumps(plain_values(report), ensure_ascii=False, indent=1) + "\n"
    from ct_cli.reports.compliance_sheets import grids
    from ct_cli.returns.annotating.grids import csv_text

    return csv_text(grids(report)[0])
