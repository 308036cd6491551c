"""JSON Schemas of what goes over the wire, made from the classes themselves, so that they cannot drift apart."""

import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from ct_cli.backends.contract import Entry
from ct_cli.backends.fulfilments import MomentText
from ct_cli.backends.wire import defaults_of
from ct_cli.returns.collection import Collection, Item, ItemKind
from ct_cli.windows.month import Month

Schema = dict[str, Any]

MONTH: Schema = {"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$", "examples": ["2024-12"]}
MOMENT: Schema = {"type": "string", "format": "date-time", "examples": ["2024-12-09T10:30:15.123456+00:00"]}
DAY: Schema = {"type": "string", "format": "date", "examples": ["2024-12-09"]}
_SIMPLE: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    types.NoneType: {"type": "null"},
    Month: MONTH,
    datetime: MOMENT,
    MomentText: MOMENT,
    date: DAY,
    Any: {},
}


def ref(name: str) -> Schema:
    """A schema that is described once, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


class Schemas:
    """Collects the schemas of classes, each under its class's name."""

    def __init__(self) -> None:
        self.made: dict[str, Schema] = {}

    def of(self, hint: Any) -> Schema:
        """The schema of a type."""
        origin, inside = get_origin(hint), get_args(hint)
        if hint in _SIMPLE:
            return _SIMPLE[hint]
        if origin in {Union, types.UnionType}:
            return {"anyOf": [self.of(one) for one in inside]}
        if origin is tuple and inside[-1] is not Ellipsis:
            places = [self.of(one) for one in inside]
            return {"type": "array", "prefixItems": places, "minItems": len(places), "maxItems": len(places)}
        if origin in {tuple, list}:
            return {"type": "array", "items": self.of(inside[0])}
        if origin in {set, frozenset}:
            return {"type": "array", "items": self.of(inside[0])}
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inside[1])}
        return self.named(hint)

    def named(self, kind: type) -> Schema:
        """The schema of a class of ours, by its name."""
        name = kind.__name__
        if name not in self.made:
            self.made[name] = {}  # It may hold itself.
            self.made[name] = self._enum(kind) if issubclass(kind, Enum) else self._object(kind)
        return ref(name)

    def _enum(self, kind: type[Enum]) -> Schema:
        return {"type": "string", "enum": [member.value for member in kind], "description": _words(kind)}

    def _object(self, kind: type) -> Schema:
        hints = get_type_hints(kind)
        fields = defaults_of(kind)
        names = {name: "values" if kind is Entry and name == "content" else name for name in fields}
        hints["content"] = Mapping[str, int | str] if kind is Entry else hints.get("content")
        return {
            "type": "object",
            "description": _words(kind),
            "properties": {names[name]: self.of(hints[name]) for name in fields},
            "required": [names[name] for name, has_default in fields.items() if not has_default],
            "additionalProperties": False,
        }


def _words(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def values_schema(collection: Collection) -> Schema:
    """What may be given for one version of what is asked: a property an item, with its unit and its source."""
    return {
        "type": "object",
        "title": collection.title,
        "description": f"{collection.service.in_words}, from {collection.effective_from}. Source: {collection.source}",
        "properties": {item.key: _item(item) for item in collection.items},
        "required": [item.key for item in collection.items if item.mandatory and not item.season],
    }


def _item(item: Item) -> Schema:
    asked = " In season only." if item.season else ""
    words = f"{item.group}. In {item.unit}. Basis: {item.basis}. Source: {item.source}.{asked} {item.note}".strip()
    kinds: dict[ItemKind, Schema] = {
        ItemKind.COUNT: {"type": ["integer", "null"], "minimum": 0, "maximum": 999_999},
        ItemKind.PERCENTAGE: {"type": ["integer", "null"], "minimum": 0, "maximum": 100},
        ItemKind.YES_NO: {"enum": ["yes", "no", None]},
        ItemKind.TEXT: {"type": ["string", "null"], "maxLength": 500},
    }
    return {"title": item.label, "description": words, **kinds[item.kind]}
