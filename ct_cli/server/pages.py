"""Answers a page at a time: limits, cursors, and values as JSON."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import Response

from ct_cli.backends.wire import plain
from ct_cli.backends.wire_text import spelt
from ct_cli.server.asked import JSON, Asked
from ct_cli.server.route import Parameter

MOST = 1_000
MOST_OBLIGATIONS = 10_000
"""Two years of a council of 400 are 9,600: one page takes two thirds of the time that ten take."""
USUAL = 100
_CURSOR = Parameter("cursor", "Cursor", "Where to go on: `next` of the page before.")
_HOW_MANY = f"How many to answer with, at most; {USUAL} where it is not given."
PAGING = (Parameter("limit", "Limit", _HOW_MANY), _CURSOR)
LONG_PAGING = (Parameter("limit", "LongLimit", _HOW_MANY), _CURSOR)


def limit_of(asked: Asked, most: int = MOST) -> int:
    """How many are asked for. Raises QueryRefused."""
    return asked.query("limit", _limit(most)) or USUAL


def cursor_of(asked: Asked, parts: int) -> tuple[str, ...] | None:
    """Where the page before ended; None for the first. Raises QueryRefused."""
    return asked.query("cursor", lambda text: parse_cursor(text, parts))


def next_cursor(position: Sequence[str] | None) -> str | None:
    """A position as a cursor."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(list(position)).encode()).decode()


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value as a JSON answer."""
    return Response(json.dumps(plain(value), ensure_ascii=False), status, dict(headers or {}), JSON)


def lines(values: Iterable[Any]) -> Iterator[bytes]:
    """Values as NDJSON, closed by the line that says how many there were."""
    count = 0
    for value in values:
        count += 1
        yield f"{spelt(value)}\n".encode()
    yield line({"end": count})


def line(found: Any) -> bytes:
    """One line of NDJSON."""
    return json.dumps(found, separators=(",", ":")).encode() + b"\n"


def _limit(most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
            raise ValueError
        return int(text)

    return parse


def parse_cursor(text: str, parts: int) -> tuple[str, ...]:
    """The position that a cursor stands for. Raises ValueError."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (binascii.Error, RecursionError):
        raise ValueError from None
    if not (isinstance(found, list) and len(found) == parts and all(isinstance(part, str) for part in found)):
        raise ValueError
    if "\x00" in "".join(found) or not "".join(found).isascii():
        raise ValueError
    return tuple(found)
