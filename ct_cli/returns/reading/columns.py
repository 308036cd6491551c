"""Which column is which: a file's header against the fields that ct knows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from ct_cli.returns.codes import problem
from ct_cli.returns.collection import Collection as Asked
from ct_cli.returns.problem import Problem
from ct_cli.returns.reading import headers
from ct_cli.returns.reading.headers import plain
from ct_cli.returns.reading.personal_columns import looks_personal
from ct_cli.returns.reading.sheet import Sheet

IGNORE = "ignore"
"""What a user's own header is mapped to where its column is to be passed over."""


@dataclass(frozen=True)
class ColumnPlan:
    """Where each field is in a row's cells, from 0; None where the file has no such column."""

    width: int
    """The header's length. A row with more cells has something to the right of it."""
    location_id: int
    service: int | None
    month: int | None
    kind: int | None
    nil_reason: int | None
    unchanged: int | None
    confirm: int | None
    note: int | None
    items: tuple[tuple[int, str], ...]
    """The columns of items with their keys, in the file's order."""
    ignored: tuple[int, ...] = ()
    version_seen: int | None = None
    """The version of the month's return that a row was made from; 0 for none."""

    @property
    def item_keys(self) -> tuple[str, ...]:
        """The items' keys in the file's order."""
        return tuple(key for _, key in self.items)

    @property
    def names(self) -> frozenset[int]:
        """The columns that hold names rather than amounts: what `Sheet.rows` is given."""
        return frozenset({self.location_id})

    @property
    def identity_width(self) -> int:
        """How many of a row's first cells tell whose return it is."""
        return 1 + max(at for at in (self.location_id, self.service, self.month) if at is not None)

    def column_of(self, field: str | None) -> int | None:
        """The column of a field or an item; None where there is none."""
        return self._columns.get(field)

    @cached_property
    def _columns(self) -> dict[str | None, int | None]:
        columns: dict[str | None, int | None] = {key: at for at, key in reversed(self.items)}
        return columns | {field: getattr(self, field) for field in headers.FRAME_FIELDS}


def known_fields(collections: Iterable[Asked]) -> dict[str, str]:
    """Every plain name of a column with its field, for what these collections ask."""
    labels: dict[str, set[str]] = {}
    for collection in collections:
        for item in collection.items:
            labels.setdefault(item.key, set()).add(item.label)
    return headers.known_names(labels)


def match_columns(
    sheet: Sheet,
    known: Mapping[str, str],
    mapping: Mapping[str, str] | None = None,
    ignore: Collection[str] = (),
) -> tuple[ColumnPlan | None, tuple[Problem, ...]]:
    """The plan of a file's columns, and everything that is wrong with its header; the plan is None where anything is.

    `known` is what `known_fields` gives; `mapping` holds the user's own headers and the fields (or "ignore") that they
    stand for; `ignore` are headers to pass over. Case, spaces and punctuation of headers never matter.
    """
    return _Match(sheet, known, mapping or {}, ignore).run()


class _Match:
    def __init__(
        self, sheet: Sheet, known: Mapping[str, str], mapping: Mapping[str, str], ignore: Collection[str]
    ) -> None:
        self.sheet = sheet
        own = {plain(header): field for header, field in mapping.items()}
        self.known = {**known, **own}
        self.ignore = headers.PASSED_OVER | {plain(header) for header in ignore}
        self.fields: dict[str, int] = {}
        self.ignored: list[int] = []
        self.problems: list[Problem] = []

    def run(self) -> tuple[ColumnPlan | None, tuple[Problem, ...]]:
        for column, header in enumerate(self.sheet.header):
            self._match(column, header)
        if headers.LOCATION_ID not in self.fields:
            self._missing()
        if self.problems:
            return None, tuple(self.problems)
        frame = {field: self.fields.get(field) for field in headers.FRAME_FIELDS}
        items = tuple((at, field) for field, at in self.fields.items() if field not in headers.FRAME_FIELDS)
        return ColumnPlan(len(self.sheet.header), items=items, ignored=tuple(self.ignored), **frame), ()  # type: ignore[arg-type]

    def _match(self, column: int, header: str) -> None:
        name = plain(header)
        field = self.known.get(name)
        if not header or (field is None and name in headers.PASSED_OVER):
            self.ignored.append(column)
        elif field in (None, IGNORE) and (kind := looks_personal(header)):
            self._personal(column, kind)
        elif name in self.ignore or field == IGNORE:
            self.ignored.append(column)
        elif field is None:
            self._unknown(column, header)
        elif field in self.fields:
            self._twice(column, field)
        else:
            self.fields[field] = column

    def _unknown(self, column: int, header: str) -> None:
        # The nearest by ct's own keys, spelt as the user should spell them, or by any other name that it knows.
        fields = sorted(set(self.known.values()) - {IGNORE})
        near = get_close_matches(header.strip().lower(), fields, n=1, cutoff=0.75)
        near = near or [self.known[name] for name in get_close_matches(plain(header), self.known, n=1, cutoff=0.75)]
        hint = f": did you mean {near[0]}?" if near else "."
        remedy = f"Rename it, say what it is (--map {_quoted(header)}={near[0] if near else 'FIELD'}), or pass it over "
        words = f"no field is called {header[:60]!r}{hint}"
        self._add("column-unknown", words, column, remedy + f"(--ignore-column {_quoted(header)}).")

    def _personal(self, column: int, kind: str) -> None:
        words = f"the column seems to hold {kind}; ct takes nothing that identifies a person"
        self._add("personal-data", words, column, "Delete the column from the file. It cannot be passed over.")

    def _twice(self, column: int, field: str) -> None:
        first = self.sheet.place(None, self.fields[field])
        other = f"column {first.column}" if first.column else repr(first.header)
        self._add("column-twice", f"{field} is in {other} already", column, "Keep one of the two.", field)

    def _missing(self) -> None:
        words = "no column holds the location ids, so that nobody can tell whose returns these are"
        remedy = "Call it location_id, or say which it is: --map HEADER=location_id."
        self._add("column-missing", words, None, remedy, headers.LOCATION_ID)

    def _add(self, code: str, words: str, column: int | None, remedy: str, field: str | None = None) -> None:
        place = self.sheet.place(self.sheet.header_row or None, column)
        self.problems.append(problem(code, words, remedy, field=field, place=place))


def _quoted(header: str) -> str:
    shown = header[:60].replace('"', "")
    return f'"{shown}"' if " " in shown else shown
