"""Values as plain JSON, and back: what the HTTP API says and reads, the same for the server and for its client.

A value's form follows from its class: a dataclass or a named tuple is an object with its fields' names, an enum its
value, a month "2024-12", a day "2024-12-08", a moment ISO 8601 in UTC to the microsecond, a set a sorted list. One
exception: an entry's `content` (its values in the one spelling that is hashed) goes as `values`, an object.

What is read is checked as it is read: a wrong kind of value, a missing field without a default or, for requests, an
unknown field is an error that says where. What is written is made from values of ct, and is not checked again.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from math import isfinite
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ct_cli.backends.contract import Entry
from ct_cli.backends.fulfilments import MomentText, moment_text
from ct_cli.errors import NotAMonth
from ct_cli.returns.the_return import CheckedReturn
from ct_cli.returns.values_text import values_text
from ct_cli.windows.month import Month

T = TypeVar("T")

_MOST = 2**31 - 1
"""The largest whole number that each store has room for in a column of its own. A return's values are text there."""

Write = Callable[[Any], Any]
Read = Callable[[Any, str, bool], Any]
"""From a plain value, where it is (for words), and whether unknown fields are refused."""


class NotOnTheWire(ValueError):
    """A plain value is not the form of the class that was to be read."""

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        """The path to it: "checked.month"; empty for the whole."""
        self.reason = reason
        super().__init__(f"{where or 'the document'}: {reason}")


def plain(value: Any) -> Any:
    """A value of ct as JSON's own kinds of value."""
    kind: Any = type(value)
    return _writer(kind)(value)


def read(kind: type[T], given: Any, *, strict: bool = False) -> T:
    """A value of a class from its plain form. With `strict`, unknown fields are refused. Raises NotOnTheWire."""
    hint: Any = kind
    made: T = _reader(hint)(given, "", strict)
    return made


def is_record(kind: type) -> bool:
    """Whether values of a class go as objects, with its fields' names."""
    return dataclasses.is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))


def defaults_of(kind: Any) -> dict[str, bool]:
    """The fields of a dataclass or a named tuple, in order, and whether each has a default."""
    if not dataclasses.is_dataclass(kind):
        return {name: name in kind._field_defaults for name in kind._fields}
    none = dataclasses.MISSING
    return {it.name: it.default is not none or it.default_factory is not none for it in dataclasses.fields(kind)}


# Writing.


@cache
def _writer(kind: Any) -> Write:
    if kind in {str, int, float, bool, type(None)}:
        return _as_it_is
    if kind is Month or kind is date:
        return str
    if issubclass(kind, datetime):
        return moment_text
    if issubclass(kind, Enum):
        return lambda member: member.value
    if is_record(kind):
        return _object_writer(kind)
    if issubclass(kind, Mapping):
        return lambda mapping: {str(plain(key)): plain(value) for key, value in mapping.items()}
    if issubclass(kind, (set, frozenset)):
        return lambda members: sorted(map(plain, members))
    if issubclass(kind, (list, tuple)):
        return lambda members: list(map(plain, members))
    raise TypeError(f"{kind.__name__} has no form on the wire")


def _object_writer(kind: type) -> Write:
    names = list(defaults_of(kind))
    if kind is Entry:
        names = ["values" if name == "content" else name for name in names]
    if kind is CheckedReturn:
        return _write_checked(names)
    return lambda value: {name: plain(getattr(value, name)) for name in names}


def _write_checked(names: list[str]) -> Write:
    """Left out where it is not said, as older servers know no such field and refuse it."""
    always = [name for name in names if name != "replaces_figures"]

    def write(value: Any) -> Any:
        return {name: plain(getattr(value, name)) for name in (names if value.replaces_figures else always)}

    return write


def _as_it_is(value: Any) -> Any:
    return value


# Reading.


@cache
def _reader(hint: Any) -> Read:
    origin, inside = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _any_reader(inside)
    if origin is tuple and inside[-1] is not Ellipsis:
        return _places_reader([_reader(hint) for hint in inside])
    if origin in {tuple, list, frozenset, set}:
        return _list_reader(origin, _reader(inside[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_reader(_reader(inside[1]), frozenset(get_args(inside[1])))
    if hint is Any:
        return lambda given, where, strict: given  # noqa: ARG005 - a reader's parameters
    if hint in {str, int, bool, float}:
        return _simple_reader(hint)
    if hint in _TEXTS:
        return _text_reader(*_TEXTS[hint])
    if issubclass(hint, Enum):
        return _text_reader(hint, "it is one of " + ", ".join(str(member.value) for member in hint))
    if is_record(hint):
        return _object_reader(hint)
    raise TypeError(f"{hint} has no form on the wire")


def _any_reader(hints: tuple[Any, ...]) -> Read:
    optional = type(None) in hints
    kinds = [hint for hint in hints if hint is not type(None)]
    # What may be a number or a text is a return's value: the rules say of it what is wrong, in their own words.
    readers = [
        _simple_reader(kind, bounded=False) if kind in {int, float} and kinds[1:] else _reader(kind) for kind in kinds
    ]

    def read_any(given: Any, where: str, strict: bool) -> Any:
        if given is None and optional:
            return None
        for reader in readers[:-1]:
            try:
                return reader(given, where, strict)
            except NotOnTheWire:
                continue  # The next kind of the union may fit; the last one's error is raised.
        return readers[-1](given, where, strict)

    return read_any


def _list_reader(made: Callable[..., Any], reader: Read) -> Read:
    def read_list(given: Any, where: str, strict: bool) -> Any:
        if type(given) is not list:
            raise NotOnTheWire(where, "it is a list")
        return made(reader(one, f"{where}[{at}]", strict) for at, one in enumerate(given))

    return read_list


def _places_reader(readers: list[Read]) -> Read:
    """A list whose places each have a kind of their own."""

    def read_places(given: Any, where: str, strict: bool) -> Any:
        if type(given) is not list or len(given) != len(readers):
            raise NotOnTheWire(where, f"it is a list of {len(readers)}")
        return tuple(
            reader(one, f"{where}[{at}]", strict) for at, (reader, one) in enumerate(zip(readers, given, strict=True))
        )

    return read_places


def _mapping_reader(reader: Read, kinds: frozenset[Any]) -> Read:
    """`kinds` are those of its values, where they are of one of several."""
    as_they_are = kinds <= {str, int}

    def read_mapping(given: Any, where: str, strict: bool) -> Any:
        if type(given) is not dict:
            raise NotOnTheWire(where, "it is an object")
        if as_they_are and kinds.issuperset(map(type, given.values())):  # a return's 24 counts, looked at together
            return dict(given)
        return {key: reader(one, _below(where, key), strict) for key, one in given.items()}

    return read_mapping


def _simple_reader(kind: type, *, bounded: bool = True) -> Read:
    """`bounded`: numbers are such as a column has room for."""
    name = {str: "text", int: "a whole number", bool: "true or false", float: "a number"}[kind]
    fits = {kind, int} if kind is float else {kind}

    def read_simple(given: Any, where: str, strict: bool) -> Any:
        if type(given) not in fits:
            raise NotOnTheWire(where, f"it is {name}")
        if strict and bounded and type(given) is int and not -_MOST <= given <= _MOST:
            raise NotOnTheWire(where, f"it is {name}, {_MOST:,} at most")
        if type(given) is float and not isfinite(given):
            raise NotOnTheWire(where, f"it is {name} that can be written down")
        return given

    return read_simple


def _text_reader(make: Callable[[str], Any], reason: str) -> Read:
    def read_text(given: Any, where: str, strict: bool) -> Any:  # noqa: ARG001 - a reader's parameters
        if type(given) is not str:
            raise NotOnTheWire(where, reason)
        try:
            return make(given)
        except (ValueError, NotAMonth):
            raise NotOnTheWire(where, reason) from None

    return read_text


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


_NO_MOMENT = "it is a moment with its offset, as 2024-12-08T09:00:00+00:00"
_TEXTS: dict[Any, tuple[Callable[[str], Any], str]] = {
    Month: (Month.parse, "it is a month, as 2024-12"),
    datetime: (_moment, _NO_MOMENT),
    MomentText: (lambda text: moment_text(_moment(text)), _NO_MOMENT),
    date: (date.fromisoformat, "it is a day, as 2024-12-08"),
}


def _object_reader(kind: type) -> Read:
    hints = get_type_hints(kind)
    defaults = defaults_of(kind)
    fields = {name: _reader(hints[name]) for name in defaults}
    needed = [name for name, has_default in defaults.items() if not has_default]

    def read_object(given: Any, where: str, strict: bool) -> Any:
        if type(given) is not dict:
            raise NotOnTheWire(where, "it is an object")
        if kind is Entry:
            given = _with_content(given, where)
        for name in needed:
            if name not in given:
                raise NotOnTheWire(_below(where, name), "it is missing")
        for name in given:
            if strict and name not in fields:
                raise NotOnTheWire(
                    _below(where, str(name)[:60]), f"there is no such field; they are {', '.join(fields)}"
                )
        found = {
            name: fields[name](value, _below(where, name), strict) for name, value in given.items() if name in fields
        }
        return kind(**found)

    return read_object


def _with_content(given: dict[str, Any], where: str) -> dict[str, Any]:
    values = given.get("values")
    if type(values) is not dict:
        raise NotOnTheWire(_below(where, "values"), "it is an object")
    return {**{name: value for name, value in given.items() if name != "values"}, "content": values_text(values)}


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
