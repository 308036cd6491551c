"""Values in the one spelling that is stored and hashed: JSON in ASCII, keys sorted, no spaces."""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from ct_cli.errors import FiguresUnreadable
from ct_cli.returns.the_return import Values

_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_quote: Callable[[Any], str] = json.encoder.encode_basestring_ascii
"""Raises TypeError for what is not text."""
_COUNTS_ALONE = {int}


def values_text(values: Values) -> str:
    """The text of values.

    Filled into a template that the rows of a batch share: three times as fast as the standard encoder (measured on 24
    counts: 5 µs against 16).
    """
    keys, template = _layout(tuple(values))
    found = [values[key] for key in keys]
    if not _COUNTS_ALONE.issuperset(map(type, found)):  # a yes or no among 24 counts is the usual case
        found = [value if type(value) is int else _quote(value) for value in found]
    return template % tuple(found)


def values_of(text: str, what: Callable[[], str]) -> Values:
    """The values of such a text. Raises FiguresUnreadable, which tells `what` it was of and nothing that is in it."""
    try:
        values: Values = json.loads(text)
        if not isinstance(values, dict):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        raise FiguresUnreadable(what=what()) from None
    return values


def template_of(keys: Iterable[str], quoted: frozenset[str]) -> tuple[list[str], str]:
    """The keys sorted, and a template for their values' texts in that order; `quoted` are those of plain words."""
    ordered = sorted(keys)
    slots = (_json(key).replace("%", "%%") + (':"%s"' if key in quoted else ":%s") for key in ordered)
    return ordered, "{" + ",".join(slots) + "}"


@lru_cache(maxsize=64)
def _layout(keys: tuple[str, ...]) -> tuple[list[str], str]:
    return template_of(keys, frozenset())
