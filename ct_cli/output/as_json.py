"""Answers as JSON: one envelope for every command."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from ct_cli.windows.month import Month

SCHEMA = "ct/1"


def envelope(command: str, data: object, problems: object = (), *, ascii_only: bool = False) -> str:
    """The one JSON document that a command prints; `ascii_only` where what carries it does not carry UTF-8."""
    whole = {"schema": SCHEMA, "command": command, "data": plain(data), "problems": plain(problems)}
    return json.dumps(whole, ensure_ascii=ascii_only, indent=2) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON knows it: dataclasses as objects, months as 2024-12, moments as ISO 8601 with their offset."""
    match value:
        case None | bool() | int() | float() if not isinstance(value, Enum):
            return value
        case Month() | Path() | Decimal():
            return str(value)
        case Enum():
            return value.value
        case str():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case _ if is_dataclass(value):
            from ct_cli.actions.answer import Answer

            hidden = {"problems", "exit_status"} if isinstance(value, Answer) else set()
            return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name not in hidden}
        case Sequence() | set() | frozenset():
            items = sorted(value) if isinstance(value, (set, frozenset)) else value
            return [plain(item) for item in items]
    raise TypeError(f"no JSON for {type(value).__name__}")
