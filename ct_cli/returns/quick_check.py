"""The quick check of a bulk file's rows: good rows at little cost, all others to the full check.

It parses, and asks the same rules as everywhere; what is wrong with a row is never said here.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ct_cli.returns.collection import Item, ItemKind
from ct_cli.returns.item_values import LARGEST, SMALL, NotAValue, read_value, whole_from_float
from ct_cli.returns.rules.case import Case, LocationFacts, Previous
from ct_cli.returns.the_return import Values

if TYPE_CHECKING:
    from ct_cli.returns.checking import Checker, QuickCheck

_WIDEST = len(str(LARGEST))
"""As many digits as the largest count has, which is all nines."""


def quick_check(checker: "Checker", keys: Sequence[str]) -> "QuickCheck":
    """The quick check for cells in the order of these keys."""
    asked = {item.key: item for item in checker.items}
    mandatory = {item.key for item in checker.items if item.mandatory}
    if not asked or len(set(keys)) < len(keys) or not mandatory <= set(keys) <= asked.keys():
        return _never
    counts = [at for at, key in enumerate(keys) if asked[key].kind is ItemKind.COUNT]
    others = [(at, asked[key]) for at, key in enumerate(keys) if asked[key].kind is not ItemKind.COUNT]
    pick = _picker(counts)
    count_keys = tuple(keys[at] for at in counts)
    looks = tuple(rule.look for rule in checker.rules)
    month, service = checker.month, checker.collection.service
    first_day, last_day = checker.first_day, checker.last_day
    small = {**SMALL, "": None}.__getitem__
    # This runs once for each row of files of 100,000, so it is one function without calls of our own but the rules'.

    def check(cells: Sequence[str], facts: LocationFacts, previous: Previous | None) -> Values | None:
        texts = pick(cells)
        values: dict[str, Any]
        try:
            values = dict(zip(count_keys, map(small, texts), strict=True))
        except KeyError:  # large or wrong: looked at one by one
            found = _counts(count_keys, texts)
            if found is None:
                return None
            values = found
        else:
            if "" in texts:
                values = {key: value for key, value in values.items() if value is not None}
        if others and not _add_others(values, others, cells):
            return None
        if not mandatory <= values.keys() or service not in facts.services:
            return None
        if (facts.ended_on and facts.ended_on < first_day) or (facts.registered_on and facts.registered_on > last_day):
            return None
        case = Case(values, month, service, facts, previous)
        for look in looks:
            if look(case):
                return None
        return values

    return check


def _never(cells: Sequence[str], facts: LocationFacts, previous: Previous | None) -> Values | None:  # noqa: ARG001
    """For columns that the full check has something to say of, whatever their cells hold."""
    return None


def _counts(keys: Sequence[str], texts: Sequence[str]) -> dict[str, Any] | None:
    values = {}
    for key, text in zip(keys, texts, strict=True):
        if not text:
            continue
        text = whole_from_float(text)
        # int() alone would take `１２` and `1_000`.
        if not (text.isdigit() and text.isascii() and len(text) <= _WIDEST):
            return None
        values[key] = int(text)
    return values


def _add_others(values: dict[str, Any], others: Sequence[tuple[int, Item]], cells: Sequence[str]) -> bool:
    for at, item in others:
        text = cells[at]
        if not text:
            continue
        if item.kind is ItemKind.TEXT:
            return False  # the personal-data guard has to read it
        if text in ("yes", "no") and item.kind is ItemKind.YES_NO:
            values[item.key] = text
            continue
        try:
            value = read_value(whole_from_float(text), item.kind)
        except NotAValue:
            return False
        if value is not None:
            values[item.key] = value
    return True


def _picker(at: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Takes the cells at some positions out of a row, as a tuple whatever their number."""
    if len(at) >= 2:
        return itemgetter(*at)
    return lambda cells: tuple(cells[i] for i in at)
