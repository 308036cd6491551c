"""A row of a file as the return that it means, or everything that is wrong with its frame (whose, what, when)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from operator import itemgetter

from ct_cli.errors import NotAMonth
from ct_cli.returns.annotating.harmless import unguarded
from ct_cli.returns.codes import problem
from ct_cli.returns.identity import NotAService, Service, parse_service, why_not_location_id
from ct_cli.returns.item_values import USUAL, whole_from_float
from ct_cli.returns.problem import Place, Problem
from ct_cli.returns.reading.columns import ColumnPlan
from ct_cli.returns.reading.headers import VERSION_SEEN
from ct_cli.returns.reading.misread import misread_id, month_of_cell
from ct_cli.returns.reading.sheet import Sheet
from ct_cli.returns.the_return import NilReason, Return, ReturnKind
from ct_cli.windows.month import Month

_MOST_VERSION_DIGITS = 6
_YES = frozenset({"yes", "y", "true", "1", "x", "unchanged"})
_NO = frozenset({"", "no", "n", "false", "0"})
_USUAL_ID = re.compile(r"1-[0-9]{8,12}")
"""A location id that nothing is wrong with, as nearly every one is: known at less cost."""
_NOTHING_TO_TIDY = frozenset(text for usual in USUAL.values() for text in usual)
"""Cells that are what a person would have typed, as nearly every one is."""


@dataclass(frozen=True)
class RowDefaults:
    """What holds for rows that do not say otherwise."""

    month: Month
    services_of: Callable[[str], Sequence[Service]]
    """The services for which a location owes returns; a blank service means the only one."""
    service: Service | None = None
    confirm: frozenset[str] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row of which no return can be made, and all that is wrong with it."""

    row: int
    location_id: str | None
    """None where the cell does not hold one: it may be anything, and is not repeated."""
    problems: tuple[Problem, ...]


class RowDecoder:
    """Makes returns of rows. One for a file: services and months are parsed once for each way that they are written."""

    def __init__(self, sheet: Sheet, plan: ColumnPlan, defaults: RowDefaults) -> None:
        self.sheet, self.plan, self.defaults = sheet, plan, defaults
        self._services: dict[str, Service | None] = {}
        self._months: dict[str, Month | None] = {}
        self._kinds: dict[tuple[str, str], tuple[Service, Month]] = {}
        self._id_at = plan.location_id
        self._spelt = _spelling(plan.service, plan.month)
        besides = (plan.kind, plan.nil_reason, plan.unchanged, plan.confirm, plan.note)
        self._besides = tuple(at for at in besides if at is not None)

    def plain_identity(self, cells: Sequence[str]) -> tuple[str, Service, Month] | None:
        """Whose return it is where it is a full one without reason, confirmation or note, for the quick way.

        None sends the row to `decode`, which says what is wrong with it or that nothing is. The id is in capitals and
        trimmed, and otherwise unchecked: look it up.
        """
        if len(cells) > self.plan.width:
            return None
        for at in self._besides:
            if cells[at]:
                return None
        return self.identity(cells)

    def identity(self, cells: Sequence[str]) -> tuple[str, Service, Month] | None:
        """Whose return it is, of whatever kind; None where its service or month cannot be read."""
        location_id = cells[self._id_at].strip().upper()
        spelt = self._spelt(cells)
        kind = self._kinds.get(spelt)
        if kind is None:
            service, month = self._service(spelt[0], location_id), self._month(spelt[1])
            if not (service and month):
                return None
            kind = (service, month)
            if spelt[0].strip():  # a blank service is each location's own
                self._kinds[spelt] = kind
        return location_id, *kind

    def decode(self, row: int, cells: Sequence[str]) -> Return | RowRefused:
        """The return that a row means; or all that is wrong with it."""
        return self.decode_known(self.plain_identity(cells), row, cells)

    def decode_known(
        self, who: tuple[str, Service, Month] | None, row: int, cells: Sequence[str]
    ) -> Return | RowRefused:
        """The same of a row whose plain identity was asked for before; `who` is what it was."""
        if who is None or not _USUAL_ID.fullmatch(who[0]):
            return _Row(self, row, cells).decode()
        at = self.plan.version_seen
        if at is not None and cells[at].strip():
            return _Row(self, row, cells).decode()
        # Nothing is wrong with its frame, and nothing stands beside its values.
        return Return(*who, ReturnKind.FULL, self.items(cells), None, self.defaults.note, self.defaults.confirm)

    def place(self, row: int, field: str | None) -> Place:
        """Where a field of a row is in the file: its cell or, without one, the row."""
        return self.sheet.place(row, self.plan.column_of(field))

    def items(self, cells: Sequence[str]) -> dict[str, str]:
        """What was typed for each item that is not blank."""
        typed = {}
        for at, key in self.plan.items:
            text = cells[at]
            if text in _NOTHING_TO_TIDY:  # as nearly every cell is
                typed[key] = text
            elif text := text.strip():
                typed[key] = _as_typed(text)
        return typed

    def _service(self, text: str, location_id: str) -> Service | None:
        text = text.strip()
        if not text:
            services = (self.defaults.service,) if self.defaults.service else self.defaults.services_of(location_id)
            return services[0] if len(services) == 1 else None
        if text not in self._services:
            try:
                self._services[text] = parse_service(text)
            except NotAService:
                self._services[text] = None  # said of each row that has it, by `decode`
        return self._services[text]

    def _month(self, text: str) -> Month | None:
        text = text.strip()
        if not text:
            return self.defaults.month
        if text not in self._months:
            try:
                self._months[text] = month_of_cell(text)
            except NotAMonth:
                self._months[text] = None  # said of each row that has it, by `decode`
        return self._months[text]


def _spelling(service_at: int | None, month_at: int | None) -> Callable[[Sequence[str]], tuple[str, str]]:
    """Takes what is written of service and month out of a row; empty where there is no such column."""
    if service_at is not None and month_at is not None:
        return itemgetter(service_at, month_at)
    return lambda cells: (
        cells[service_at] if service_at is not None else "",
        cells[month_at] if month_at is not None else "",
    )


class _Row:
    def __init__(self, decoder: RowDecoder, row: int, cells: Sequence[str]) -> None:
        self.decoder, self.row, self.cells = decoder, row, cells
        self.plan, self.defaults = decoder.plan, decoder.defaults
        self.problems: list[Problem] = []
        self.location_id = self._cell("location_id").upper()

    def decode(self) -> Return | RowRefused:
        self._check_width()
        self._check_location_id()
        service = self._read_service()
        month = self._read_month()
        reason = self._read_reason()
        kind = self._read_kind(reason)
        version_seen = self._read_version_seen()
        if self.problems or service is None or month is None or kind is None:
            return RowRefused(self.row, self._known_id, tuple(self.problems))
        codes = self._cell("confirm").replace(",", " ").replace(";", " ").lower().split()
        return Return(
            self.location_id,
            service,
            month,
            kind,
            self.decoder.items(self.cells),
            reason=reason,
            note=self._cell("note") or self.defaults.note,
            confirm=self.defaults.confirm.union(codes),
            expected_version=version_seen,
        )

    def _check_width(self) -> None:
        for at in range(self.plan.width, len(self.cells)):
            if self.cells[at].strip():
                self._add("cell-without-header", "there is something to the right of the last header", column=at)
                break

    def _check_location_id(self) -> None:
        text = self.location_id
        if (why := misread_id(text)) is not None:
            self._add("location-id-misread", f"the location id {why}", "location_id")
        elif (why := why_not_location_id(text)) is not None:
            self._add("location-id-wrong", f"the location id cannot be right: {why}", "location_id")

    def _read_service(self) -> Service | None:
        text = self._cell("service")
        service = self.decoder._service(text, self.location_id)
        if service is not None or (not text and self.problems):
            return service
        if text:
            near = get_close_matches(text.lower().replace(" ", "-"), list(Service), n=1)
            hint = f": did you mean {near[0]}?" if near else ""
            self._add("service-wrong", f"no service has that name{hint}", "service")
        else:
            has = self.defaults.services_of(self.location_id)
            several = f"it owes a return for {' and for '.join(each.in_words for each in has)}" if has else ""
            why = several or "ct does not know which this location has"
            self._add("service-wrong", f"the service is blank, and {why}", "service")
        return None

    def _read_month(self) -> Month | None:
        month = self.decoder._month(self._cell("month"))
        if month is None:
            self._add("month-wrong", "that is not a month as in 2024-12", "month")
        return month

    def _read_reason(self) -> NilReason | None:
        text = self._cell("nil_reason").lower().replace("_", "-").replace(" ", "-")
        if not text or text in _NO:
            return None
        try:
            return NilReason(text)
        except ValueError:
            near = get_close_matches(text, list(NilReason), n=1)
            hint = f": did you mean {near[0]}?" if near else f"; they are {', '.join(NilReason)}"
            self._add("nil-reason-wrong", f"that is no reason for a nil return{hint}", "nil_reason")
            return None

    def _read_kind(self, reason: NilReason | None) -> ReturnKind | None:
        kinds: set[ReturnKind] = {ReturnKind.NIL} if reason else set()
        unchanged = self._cell("unchanged").lower()
        if unchanged in _YES:
            kinds.add(ReturnKind.UNCHANGED)
        elif unchanged not in _NO:
            self._add("kind-wrong", "unchanged is neither yes nor no", "unchanged")
            return None
        named = self._cell("kind").lower()
        if named:
            named = "return" if named == "full" else named
            if named not in list(ReturnKind):
                self._add("kind-wrong", f"the kind is one of {', '.join(ReturnKind)}", "kind")
                return None
            kinds.add(ReturnKind(named))
        if len(kinds) > 1:
            said = " and ".join(sorted(kinds))
            self._add("kind-wrong", f"the row is said to be {said} at once", "unchanged" if unchanged else "kind")
            return None
        return kinds.pop() if kinds else ReturnKind.FULL

    def _read_version_seen(self) -> int | None:
        text = whole_from_float(self._cell(VERSION_SEEN))
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_VERSION_DIGITS):
            self._add("version-wrong", "that is not the number of a version", VERSION_SEEN)
            return None
        return int(text)

    def _cell(self, field: str) -> str:
        at = self.plan.column_of(field)
        return unguarded(self.cells[at].strip()) if at is not None else ""

    def _add(self, code: str, words: str, field: str | None = None, column: int | None = None) -> None:
        at = self.plan.column_of(field) if column is None else column
        place = self.decoder.sheet.place(self.row, at)
        self.problems.append(problem(code, words, field=field, location_id=self._known_id, place=place))

    @property
    def _known_id(self) -> str | None:
        return self.location_id if why_not_location_id(self.location_id) is None else None


def _as_typed(text: str) -> str:
    """What a person would have typed for the item: without ct's own guard, and a whole number without a fraction."""
    return whole_from_float(unguarded(text))
