"""The quick check of a bulk file's rows: good rows at little cost, all others to the full check.

It parses, and asks the same rules as everywhere; what is wrong with a row is never said here.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from ct_cli.returns.checking import Checker
from ct_cli.returns.collection import Item, ItemKind
from ct_cli.returns.item_values import LARGEST, SMALL, NotAValue, read_value, whole_from_float
from ct_cli.returns.rules.case import Case, Figures, LocationFacts, Previous
from ct_cli.returns.values_text import template_of, values_text

Passed = tuple[str, Figures, bool]
"""The text of a return's values (`values_text`), its figures, and whether it gives everything that is asked: what
leaves something blank may leave out what the version before gave, which is not looked at here."""
QuickCheck = Callable[[Sequence[str], LocationFacts, Previous | None], Passed | None]
"""A full return's cells to what passed, where nothing at all is to be said of it; None where `Checker.check` has to,
which may still find it good: this only ever says "good" where that would, with the same values and no problems at all.
"""

_YES_OR_NO = frozenset({"yes", "no"})
_WIDEST = len(str(LARGEST))
"""As many digits as the largest count has, which is all nines."""


def quick_check(checker: Checker, columns: Sequence[tuple[int, str]]) -> QuickCheck:
    """The quick check of full returns in a file that has these items in these columns (from 0)."""
    keys = [key for _, key in columns]
    asked = {item.key: item for item in checker.items}
    mandatory = {item.key for item in checker.items if item.mandatory}
    if not asked or len(set(keys)) < len(keys) or not mandatory <= set(keys) <= asked.keys():
        return _never
    counts = {key: at for at, key in columns if asked[key].kind is ItemKind.COUNT}
    others = [(at, asked[key]) for at, key in columns if asked[key].kind is not ItemKind.COUNT]
    pick, count_keys = _picker(list(counts.values())), tuple(counts)
    text_of, add_others = _text_of_plain_cells(columns, others), _adder_of_others(others)
    looks = tuple(rule.look for rule in checker.rules if not rule.about or not rule.about.isdisjoint(keys))
    month, service = checker.month, checker.collection.service
    first_day, last_day = checker.first_day, checker.last_day
    all_asked = len(asked)
    new = tuple.__new__  # a named tuple's own takes nearly twice as long (measured)
    small = {**SMALL, "": None}.__getitem__
    # This runs once for each row of files of 100,000, so it is one function without calls of our own but the rules'.

    def check(cells: Sequence[str], facts: LocationFacts, previous: Previous | None) -> Passed | None:
        texts = pick(cells)
        values: dict[str, Any]
        plain = False
        try:
            values = dict(zip(count_keys, map(small, texts), strict=True))
        except KeyError:  # large or wrong: looked at one by one
            found = _counts(count_keys, texts)
            if found is None:
                return None
            values = found
        else:
            plain = "" not in texts
            if not plain:
                values = {key: value for key, value in values.items() if value is not None}
        if others:
            added = add_others(values, cells)
            if added is None:
                return None
            plain = plain and added
        if not (plain or mandatory <= values.keys()) or service not in facts.services:
            return None
        if (facts.ended_on and facts.ended_on < first_day) or (facts.registered_on and facts.registered_on > last_day):
            return None
        case = Case(values, month, service, facts, previous)
        for look in looks:
            if look(case):
                return None
        get = values.get
        told = (case.staff_total, get("maximum_capacity"), get("occupied"), get("people_using_service"))
        return (text_of(cells) if plain else values_text(values)), new(Figures, told), len(values) == all_asked

    return check


def _text_of_plain_cells(
    columns: Sequence[tuple[int, str]], others: Sequence[tuple[int, Item]]
) -> Callable[[Sequence[str]], str]:
    """The text of a row's values where each cell is spelt as it is stored: digits alone, yes or no, and none blank."""
    at_of = {key: at for at, key in columns}
    ordered, template = template_of(at_of, quoted=frozenset(item.key for _, item in others))
    pick, around = _picker([at_of[key] for key in ordered]), [text.replace("%%", "%") for text in template.split("%s")]
    parts = [part for text in around for part in (text, "")][:-1]

    def text_of(cells: Sequence[str]) -> str:
        parts[1::2] = pick(cells)  # joined in a third of the time that `template % cells` takes
        return "".join(parts)

    return text_of


def _never(cells: Sequence[str], facts: LocationFacts, previous: Previous | None) -> None:  # noqa: ARG001
    """For columns that the full check has something to say of, whatever their cells hold."""
    return


def _counts(keys: Sequence[str], texts: Sequence[str]) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    for key, text in zip(keys, texts, strict=True):
        if text in SMALL:
            values[key] = SMALL[text]
            continue
        if not text:
            continue
        text = whole_from_float(text)
        # int() alone would take `１２` and `1_000`.
        if not (text.isdigit() and text.isascii() and len(text) <= _WIDEST):
            return None
        values[key] = int(text)
    return values


def _adder_of_others(others: Sequence[tuple[int, Item]]) -> Callable[[dict[str, Any], Sequence[str]], bool | None]:
    """What `_add_others` does, in half the time where all are asked with yes or no, and so answered."""
    keys, pick = [item.key for _, item in others], _picker([at for at, _ in others])
    if any(item.kind is not ItemKind.YES_NO for _, item in others):
        return lambda values, cells: _add_others(values, others, cells)

    def add(values: dict[str, Any], cells: Sequence[str]) -> bool | None:
        said = pick(cells)
        if not _YES_OR_NO.issuperset(said):
            return _add_others(values, others, cells)
        values.update(zip(keys, said, strict=True))
        return True

    return add


def _add_others(values: dict[str, Any], others: Sequence[tuple[int, Item]], cells: Sequence[str]) -> bool | None:
    """Whether each of these cells is a plain yes or no; None where one of them needs the full check."""
    plain = True
    for at, item in others:
        text = cells[at]
        if text in _YES_OR_NO and item.kind is ItemKind.YES_NO:
            values[item.key] = text
            continue
        plain = False
        if not text:
            continue
        if item.kind is ItemKind.TEXT:
            return None  # the personal-data guard has to read it
        try:
            value = read_value(whole_from_float(text), item.kind)
        except NotAValue:
            return None
        if value is not None:
            values[item.key] = value
    return plain


def _picker(at: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Takes the cells at some positions out of a row, as a tuple whatever their number."""
    if len(at) >= 2:
        return itemgetter(*at)
    return lambda cells: tuple(cells[i] for i in at)
