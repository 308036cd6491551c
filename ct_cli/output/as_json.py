"""Answers as JSON: one envelope for every command."""

import json
from collections.abc import Iterator, Mapping, Sequence
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
    return "".join(envelope_pieces(command, data, problems, ascii_only=ascii_only))


def envelope_pieces(command: str, data: object, problems: object = (), *, ascii_only: bool = False) -> Iterator[str]:
    """The same in pieces, one for each item of its lists: the answer about a million rows is never in memory whole."""
    yield f'{{\n  "schema": {_text(SCHEMA, 0, ascii_only)},\n  "command": {_text(command, 0, ascii_only)},\n  "data": '
    yield from _pieces(data, 2, ascii_only)
    yield ',\n  "problems": '
    yield from _pieces(problems, 2, ascii_only)
    yield "\n}\n"


def _pieces(value: Any, margin: int, ascii_only: bool) -> Iterator[str]:
    """An answer field by field, and a list item by item; anything else whole."""
    within = "\n" + " " * (margin + 2)
    if _is_record(value) and (named := _fields(value)):
        for at, (name, field) in enumerate(named):
            yield f"{',' if at else '{'}{within}{json.dumps(name)}: "
            yield from _pieces(field, margin + 2, ascii_only)
        yield "\n" + " " * margin + "}"
    elif isinstance(value, Sequence) and not isinstance(value, (str, Month)) and value:
        for at, item in enumerate(value):
            yield f"{',' if at else '['}{within}{_text(item, margin + 2, ascii_only)}"
        yield "\n" + " " * margin + "]"
    else:
        yield _text(value, margin, ascii_only)


def _text(value: object, margin: int, ascii_only: bool) -> str:
    """A value as JSON, its lines below the first so far from the margin."""
    text = json.dumps(plain(value), ensure_ascii=ascii_only, indent=2)
    return text.replace("\n", "\n" + " " * margin)  # no line ends within JSON's own strings


def _fields(value: Any) -> list[tuple[str, Any]]:
    from ct_cli.actions.answer import Answer

    hidden = {"problems", "failures", "exit_status"} if isinstance(value, Answer) else set()
    names = [field.name for field in fields(value)] if is_dataclass(value) else value._fields
    return [(name, getattr(value, name)) for name in names if name not in hidden]


def _is_record(value: object) -> bool:
    """Whether a value is a dataclass or a named tuple, but for a month, which is written as one text."""
    if isinstance(value, tuple):
        return hasattr(value, "_fields") and not isinstance(value, Month)
    return is_dataclass(value) and not isinstance(value, type)


def plain(value: Any) -> Any:
    """A value as JSON knows it: dataclasses and named tuples as objects, months as 2024-12, moments as ISO 8601."""
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
        case _ if _is_record(value):
            return {name: plain(field) for name, field in _fields(value)}
        case Sequence() | set() | frozenset():
            items = sorted(value) if isinstance(value, (set, frozenset)) else value
            return [plain(item) for item in items]
    raise TypeError(f"no JSON for {type(value).__name__}")
