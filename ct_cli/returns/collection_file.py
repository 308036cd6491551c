"""A collection's TOML file: read whole, or refused with file, line and reason.

A file is legible to those who do not program: items stand in groups, a group's basis, source, mandatory and season
hold for each of its items, and a later version is written as changes to the one that it is `based_on`.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from ct_cli.errors import UsageError
from ct_cli.returns.collection import Basis, Collection, Item, ItemKind
from ct_cli.returns.identity import Service

_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TOP = {"service", "title", "effective_from", "source", "based_on", "survey", "opens", "closes"}
_TOP |= {"remove", "change", "group"}
_SHARED = {"basis", "source", "mandatory", "season", "on_request", "note"}
_OWN = {"label", "unit", "kind"}
_GROUP = {"name", "items", "for_each"} | _SHARED
_ITEM = {"key"} | _OWN | _SHARED


class CollectionRefused(UsageError):
    """The collection file {path}, line {line}: {reason}. Mend that, or take the file away."""

    code = "collection-refused"


@dataclass(frozen=True)
class CollectionFile:
    """One file as it stands, before the version that it is based on is known."""

    path: Path
    text: str
    document: Mapping[str, Any]
    owner: Basis | None = field(default=None)
    """The basis of items that name none: USER in a user's own file; in ct's own, each must say."""

    @classmethod
    def read(cls, path: Path, owner: Basis | None = None) -> "CollectionFile":
        """The file, if it is TOML and of the right shape at the top. Raises CollectionRefused."""
        try:
            text = path.read_bytes().decode("utf-8-sig")
            document = tomllib.loads(text)
        except UnicodeDecodeError:
            raise CollectionRefused(path=path, line=1, reason="it is not UTF-8 text") from None
        except OSError as error:
            reason = f"it cannot be read ({(error.strerror or str(error)).lower()})"
            raise CollectionRefused(path=path, line=1, reason=reason) from None
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"at line (\d+)", str(error))
            line = int(at[1]) if at else max(1, text.count("\n"))
            raise CollectionRefused(path=path, line=line, reason=f"it is not TOML: {error}") from None
        found = cls(path, text, document, owner)
        found.check_names(document, _TOP)
        for name in ("service", "title", "source"):
            found.take(document, name, str)
        found.take(document, "opens" if found.is_survey else "effective_from", date)
        return found

    @property
    def id(self) -> str:
        """The collection's id: the file's name without .toml."""
        return self.path.stem

    @property
    def is_survey(self) -> bool:
        """Whether it is a voluntary one-off survey with dates of its own."""
        return self.document.get("survey") is True

    @property
    def service(self) -> Service:
        """The service it asks. Raises CollectionRefused."""
        given = self.document["service"]
        if given not in set(Service):
            self.refuse("service", f"{given!r} is not a service; they are {', '.join(Service)}")
        return Service(given)

    @property
    def effective_from(self) -> date:
        """The first day on which it is in force."""
        day: date = self.document["opens" if self.is_survey else "effective_from"]
        return day

    @property
    def based_on(self) -> str | None:
        """The id of the version that this one changes; None where it stands by itself."""
        given: str | None = self.take(self.document, "based_on", str) if "based_on" in self.document else None
        return given

    def collection(self, base: Collection | None) -> Collection:
        """The whole collection: the base's items, less those removed, with the changes and additions."""
        items = {item.key: item for item in base.items} if base else {}
        for key in self.take(self.document, "remove", list, []):
            if items.pop(key, None) is None:
                self.refuse(str(key), f"{key!r} is to be removed, but {self._base_name(base)} has no such item")
        for key, change in self.take(self.document, "change", dict, {}).items():
            if key not in items:
                self.refuse(key, f"{key!r} is to be changed, but {self._base_name(base)} has no such item")
            items[key] = self._changed(items[key], change)
        for item in self._additions():
            if item.key in items:
                self.refuse(item.key, f"{item.key!r} is there already; write [change.{item.key}] to change it")
            items[item.key] = item
        if not items:
            self.refuse("items", "it asks nothing: add a [[group]] with items")
        return Collection(
            self.id,
            self.service,
            self.document["title"],
            self.effective_from,
            self.document["source"],
            _by_group(items.values()),
            voluntary=self.is_survey,
            opens=self.document["opens"] if self.is_survey else None,
            closes=self._closes() if self.is_survey else None,
            origin=str(self.path) if self.owner else "",
        )

    def _closes(self) -> date:
        closes: date = self.take(self.document, "closes", date)
        if closes < self.effective_from:
            self.refuse("closes", "it closes before it opens")
        return closes

    @staticmethod
    def _base_name(base: Collection | None) -> str:
        return base.id if base else "a file without based_on"

    def _additions(self) -> "list[Item]":
        items: list[Item] = []
        for group in self.take(self.document, "group", list, []):
            if not isinstance(group, dict):
                self.refuse("group", "write [[group]] with two brackets on each side")
            self.check_names(group, _GROUP)
            name = self.take(group, "name", str)
            shared = {key: value for key, value in group.items() if key in _SHARED}
            written = self.take(group, "items", list)
            prefixes = self.take(group, "for_each", dict, {"": ""})
            for prefix, title in prefixes.items():
                items += [self._item(given, name, shared, prefix, title) for given in written]
        return items

    def _item(self, given: object, group: str, shared: Mapping[str, Any], prefix: str, title: str) -> Item:
        if not isinstance(given, dict):
            self.refuse("items", 'write each item as { key = "…", label = "…", unit = "…" }')
        self.check_names(given, _ITEM)
        short = self.take(given, "key", str)
        key = f"{prefix}_{short}" if prefix else short
        if not _KEY.fullmatch(key):
            self.refuse(short, f"the key {key!r} is not lower case letters, digits and _")
        label = self.take(given, "label", str)
        blank = Item(
            key,
            f"{title}: {label}" if title else label,
            group,
            ItemKind.COUNT,
            unit=self.take(given, "unit", str),
            mandatory=False,
            basis=self.owner or Basis.INFERRED,
            source=self.document["source"],
        )
        own = {name: value for name, value in given.items() if name not in {"key", "label"}}
        item = self._changed(blank, {**shared, **own})
        if self.owner is None and "basis" not in {**shared, **given}:
            self.refuse(short, f"{key!r} does not say its basis")
        return item

    def _changed(self, item: Item, change: object) -> Item:
        if not isinstance(change, dict):
            self.refuse(item.key, f"write [change.{item.key}] and a line for each thing that changes")
        self.check_names(change, _OWN | _SHARED)
        parts: dict[str, Any] = {}
        for name in change:
            parts[name] = _TAKERS[name](self, change, name)
        return replace(item, **parts)

    def check_names(self, table: Mapping[str, Any], known: set[str]) -> None:
        """Refuse a name that means nothing here, with the nearest that does."""
        for name in table:
            if name not in known:
                from difflib import get_close_matches

                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
                self.refuse(name, f"{name!r} means nothing here ({hint})")

    def take(self, table: Mapping[str, Any], name: str, kind: type, default: object = None) -> Any:
        """A part of a table, of the kind it must be. Raises CollectionRefused."""
        if name not in table:
            if default is not None:
                return default
            self.refuse(str(table.get("key", "")), f"{name} is missing")
        value: Any = table[name]
        if not isinstance(value, kind) or (kind is date and not _is_day(value)):
            self.refuse(name, f"{name} must be {_KINDS[kind]}")
        if isinstance(value, str) and not value.strip() and name != "note":
            self.refuse(name, f"{name} is empty")
        return value

    def take_one_of(self, table: Mapping[str, Any], name: str, kind: "type[Basis] | type[ItemKind]") -> Any:
        """A part that is one of a few words."""
        value = table[name]
        if value not in {member.value for member in kind}:
            self.refuse(name, f"{name} {value!r} is not one of {', '.join(kind)}", str(value))
        return kind(value)

    def take_season(self, table: Mapping[str, Any], name: str) -> tuple[int, ...]:
        """Months of the year."""
        months = self.take(table, name, list)
        if not all(type(month) is int and 1 <= month <= 12 for month in months):
            self.refuse(name, "season is a list of months of the year, such as [10, 11, 12, 1, 2, 3]")
        return tuple(months)

    def refuse(self, name: str, reason: str, value: str = "") -> NoReturn:
        """Raise CollectionRefused at the line that holds a name (and a value); at line 1 where none does."""
        raise CollectionRefused(path=self.path, line=self._line_of(name, value), reason=reason)

    def _line_of(self, name: str, value: str) -> int:
        word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])") if name else None
        for number, line in enumerate(self.text.splitlines(), start=1):
            if word and word.search(line.partition("#")[0]) and value in line:
                return number
        return 1


def _is_day(value: object) -> bool:
    return type(value) is date


def _by_group(items: Any) -> tuple[Item, ...]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    return tuple(item for members in groups.values() for item in members)


_KINDS = {
    str: "text in quotes",
    bool: "true or false",
    list: "a list in [ ]",
    dict: "a table",
    date: "a date such as 2024-04-26, without quotes",
}

_Taker = Callable[[CollectionFile, Mapping[str, Any], str], Any]
_TAKERS: dict[str, _Taker] = {
    **{name: lambda file, table, name: file.take(table, name, str) for name in ("label", "unit", "source", "note")},
    **{name: lambda file, table, name: file.take(table, name, bool) for name in ("mandatory", "on_request")},
    "kind": lambda file, table, name: file.take_one_of(table, name, ItemKind),
    "basis": lambda file, table, name: file.take_one_of(table, name, Basis),
    "season": lambda file, table, name: file.take_season(table, name),
}
