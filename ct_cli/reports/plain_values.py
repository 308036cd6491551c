"""A report's values as JSON knows them, for programs: the same figures as on the page."""

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from ct_cli.reports.compliance import IN_WORDS, Compliance, Response
from ct_cli.windows.month import Month


def plain_values(report: Compliance) -> dict[str, Any]:
    """Everything in the report. What is left out of a public one is null; `letters` explains the grid's."""
    whole: dict[str, Any] = _plain(report)
    return {"schema": "ct-report/1", "letters": IN_WORDS, **whole}


def _plain(value: Any) -> Any:
    match value:
        case Month():
            return str(value)
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            found = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
            return {**found, "rate": value.rate} if isinstance(value, Response) else found
        case _:
            return value
