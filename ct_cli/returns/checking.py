"""Checking a return: every problem at once, by one registry of rules, for the desk, the server and bulk files alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ct_cli.returns.codes import problem
from ct_cli.returns.collection import Collection, Item, ItemKind
from ct_cli.returns.item_values import USUAL, NotAValue, read_value
from ct_cli.returns.problem import Place, Problem, Severity
from ct_cli.returns.rules.case import Case, LocationFacts, Previous, staff_total
from ct_cli.returns.rules.registry import NIL_RULES, RULES
from ct_cli.returns.rules.rule import Rule
from ct_cli.returns.the_return import REPLACES_FIGURES, CheckedReturn, Return, ReturnKind, Values
from ct_cli.windows.month import Month

__all__ = ["Checked", "Checker", "LocationFacts", "Previous", "staff_total"]

LONGEST_NOTE = 1_000
"""The most characters of a note, included."""

_ORDER = {Severity.ERROR: 0, Severity.QUERY: 1, Severity.INFO: 2}


PlaceOf = Callable[[str | None], Place]
"""Where a field of a return is in the user's own file, and where the whole return is, for None."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A return as far as the rules are concerned."""

    checked: CheckedReturn | None
    """What may be recorded; None where an error, or a query that nobody has confirmed, stands in the way."""
    problems: tuple[Problem, ...]
    """Errors first, then queries that are not confirmed, then infos."""


class Checker:
    """The rules for one collection and one month; made once, used for any number of returns."""

    def __init__(self, collection: Collection, month: Month, knows: Callable[[str], bool] | None = None) -> None:
        """`knows` says whether a key is asked by any version of any service (`Catalogue.knows`), for better words."""
        self.collection = collection
        self.month = month
        self.knows = knows or collection.by_key.__contains__
        self.asked = {item.key: item for item in collection.items_in(month.number)}
        self.usual = {key: USUAL[item.kind] for key, item in self.asked.items() if item.kind in USUAL}
        self.mandatory = {key: item for key, item in self.asked.items() if item.mandatory}
        self.rules = self._of_service(RULES)
        self.looks = tuple((rule.code.code, rule.look) for rule in self.rules)
        self.nil_looks = tuple((rule.code.code, rule.look) for rule in self._of_service(NIL_RULES))
        self.first_day = month.day(1)
        self.last_day = (month + 1).day(1) - timedelta(days=1)

    @property
    def items(self) -> tuple[Item, ...]:
        """What is asked this month, in the collection's order."""
        return tuple(self.asked.values())

    def check(
        self,
        given: Return,
        facts: LocationFacts | None,
        previous: Previous | None,
        place_of: PlaceOf | None = None,
        replaced: Values | None = None,
    ) -> Checked:
        """Everything that is to be said of a return, and the return to record where nothing stands in its way.

        `facts` is None where the location is not in the register; `previous` is the last return of a month before;
        `place_of` says where in the user's file a field is, where it came in one; `replaced` are the values of the
        version of the same month that it would replace, where there is one.
        """
        return _Check(self, given, facts, previous, place_of, replaced or {}).run()

    def _of_service(self, rules: Sequence[Rule]) -> tuple[Rule, ...]:
        service = self.collection.service
        return () if self.collection.voluntary else tuple(rule for rule in rules if service in rule.services)


class _Check:
    """One return on its way through the rules."""

    def __init__(
        self,
        checker: Checker,
        given: Return,
        facts: LocationFacts | None,
        previous: Previous | None,
        place_of: PlaceOf | None,
        replaced: Values,
    ) -> None:
        self.checker, self.given, self.facts, self.previous = checker, given, facts, previous
        self.place_of, self.replaced = place_of, replaced
        self.problems: list[Problem] = []

    def run(self) -> Checked:
        self._of_location()
        nil = self.given.kind is ReturnKind.NIL
        values = self._of_nil() if nil else self._values()
        self._of_note()
        case = Case(values, self.checker.month, self.given.service, self.facts, self.previous)
        for code, look in self.checker.nil_looks if nil else self.checker.looks:
            for found in look(case):
                self._add(code, found.words, found.remedy, found.field, found.facts)
        if self.replaced:
            self._of_replaced(values)
        confirmed = self._confirm()
        if len(self.problems) > 1:
            self.problems.sort(key=lambda problem: _ORDER[problem.severity])
        problems = tuple(self.problems)
        if problems and problems[0].severity is not Severity.INFO:
            return Checked(None, problems)
        return Checked(self._checked(values, confirmed), problems)

    def _checked(self, values: Values, confirmed: tuple[str, ...]) -> CheckedReturn:
        given, collection = self.given, self.checker.collection
        return CheckedReturn(
            given.location_id,
            given.service,
            given.month,
            given.kind,
            collection.id,
            values,
            survey=collection.id if collection.voluntary else "",
            reason=given.reason,
            note=given.note.strip(),
            confirmed=confirmed,
            expected_version=given.expected_version,
            replaces_figures=REPLACES_FIGURES in given.confirm,
        )

    def _add(
        self,
        code: str,
        words: str,
        remedy: str | None = None,
        field: str | None = None,
        facts: dict[str, object] | None = None,
    ) -> None:
        given = self.given
        place = None if self.place_of is None else self.place_of(field)
        self.problems.append(
            problem(
                code,
                words,
                remedy,
                field=field,
                location_id=given.location_id,
                service=given.service,
                place=place,
                facts=facts,
            )
        )

    def _of_location(self) -> None:
        given, facts = self.given, self.facts
        if facts is None:
            remedy = (
                f"Check the id, or add it: ct locations add {given.location_id} --name NAME --service {given.service}"
            )
            self._add("location-unknown", f"{given.location_id} is not in the register", remedy)
            return
        if given.service not in facts.services:
            has = ", ".join(sorted(service.in_words for service in facts.services)) or "nothing"
            words = f"{facts.id} is registered for {has}, not for {given.service.in_words}"
            self._add("service-not-registered", words, facts={"services": sorted(facts.services)})
        if facts.ended_on and facts.ended_on < self.checker.first_day:
            words = f"the registration of {facts.id} ended on {facts.ended_on}, before {given.month.in_words()}"
            self._add("location-closed", words, facts={"ended_on": facts.ended_on})
        if facts.registered_on and facts.registered_on > self.checker.last_day:
            words = f"the registration of {facts.id} starts on {facts.registered_on}, after {given.month.in_words()}"
            self._add("location-not-registered-yet", words, facts={"registered_on": facts.registered_on})

    def _values(self) -> dict[str, int | str]:
        given = self.given
        if not self.checker.asked:
            words = f"ct knows no list of what {given.service.in_words} is asked for {given.month.in_words()}"
            self._add("nothing-asked", words)
            return {}
        values = self._read()
        if given.kind is ReturnKind.UNCHANGED:
            confirmed = self._unchanged(values)
            if confirmed is None:
                return {}
            values = confirmed
        elif not values and not self.problems and not self.checker.mandatory:
            self._add("return-empty", "the return holds no values")
        self._of_mandatory(values)
        return values

    def _of_nil(self) -> dict[str, int | str]:
        given = self.given
        if given.reason is None:
            self._add("nil-without-reason", "a nil return without its reason")
        filled = sorted(key for key, text in given.raw.items() if text.strip())
        if filled:
            self._add("nil-with-values", f"a nil return that holds {_some(filled)}", field=filled[0])
        return {}

    def _read(self) -> dict[str, int | str]:
        raw, usual = self.given.raw, self.checker.usual
        values: dict[str, int | str] = dict(raw)  # what is replaced need not grow
        for key, text in raw.items():
            try:
                values[key] = usual[key][text]  # as nearly every one is spelt
            except KeyError:
                value = self._read_one(key, text)
                if value is None:
                    del values[key]
                else:
                    values[key] = value
        return values

    def _read_one(self, key: str, text: str) -> int | str | None:
        item = self.checker.asked.get(key)
        if item is None:
            self._of_stranger(key, text)
            return None
        try:
            value = read_value(text, item.kind)
        except NotAValue as why:
            self._add(why.code, f"{item.label}: {why.words}", why.remedy, key)
            return None
        if value is not None and item.kind is ItemKind.TEXT:
            self._guard(text, item.label, key)
        return value

    def _of_mandatory(self, values: Values) -> None:
        mandatory, raw = self.checker.mandatory, self.given.raw
        for key in [key for key in mandatory if key not in values]:
            if not raw.get(key, "").strip():
                self._add("mandatory-missing", f"{mandatory[key].label} was left blank", field=key)

    def _of_stranger(self, key: str, text: str) -> None:
        if not text.strip():
            return
        if self.checker.knows(key):
            words = f"{key} is not asked of {self.given.service.in_words} for {self.given.month.in_words()}"
            self._add("field-not-asked", words, field=key)
            return
        from difflib import get_close_matches

        near = get_close_matches(key.strip().lower().replace(" ", "_"), self.checker.asked, n=1)
        hint = f"Did you mean {near[0]}?" if near else None
        self._add("field-unknown", f"{key[:40]!r} is not an item", hint, field=key[:63])

    def _unchanged(self, values: dict[str, int | str]) -> dict[str, int | str] | None:
        previous = self.previous
        if previous is None or not previous.values:
            why = "there is no earlier return" if previous is None else "the last return was nil"
            self._add("nothing-to-confirm", f"“unchanged” has nothing to confirm: {why}")
            return None
        for key, value in values.items():
            before = previous.values.get(key)
            if value != before:
                words = f"{self.checker.asked[key].label} is {value}, but the last return has {before}"
                words = words if before is not None else words.replace("has None", "left it blank")
                self._add("unchanged-but-different", words, field=key, facts={"last": before, "now": value})
        return {key: value for key, value in previous.values.items() if key in self.checker.asked}

    def _of_replaced(self, values: Values) -> None:
        """What the version before gave and this one leaves out."""
        nil, asked, raw = self.given.kind is ReturnKind.NIL, self.checker.asked, self.given.raw
        # What is there and wrong is told of as wrong; what is not asked any more cannot be given again.
        left_out = {
            key: value
            for key, value in sorted(self.replaced.items(), key=lambda pair: _place_in(asked, pair[0]))
            if nil or (key in asked and key not in values and not raw.get(key, "").strip())
        }
        if not left_out or (not nil and any(problem.severity is Severity.ERROR for problem in self.problems)):
            return
        given = [f"{asked[key].label if key in asked else key} {value}" for key, value in left_out.items()]
        how = "this nil return replaces" if nil else "this return leaves blank"
        words = f"{how} figures that are recorded for {self.given.month.in_words()}: {_some(given)}"
        field = None if nil else next(iter(left_out))
        self._add(REPLACES_FIGURES, words, field=field, facts={"replaced": left_out})

    def _of_note(self) -> None:
        if len(self.given.note) > LONGEST_NOTE:
            self._add("note-too-long", f"the note has {len(self.given.note)} characters", field="note")
        elif self.given.note:
            self._guard(self.given.note, "the note", "note")

    def _guard(self, text: str, name: str, field: str) -> None:
        if (at := _not_text(text)) is not None:
            self._add("not-text", f"{name} has, as its character {at}, one that no text has", field=field)
            return
        from ct_cli.returns.personal_data import find_personal_data

        for found in find_personal_data(text):
            facts = {"kind": str(found.kind), "start": found.start, "end": found.end}
            self._add("personal-data", f"{name} seems to hold {found.in_words}", found.remedy, field, facts)

    def _confirm(self) -> tuple[str, ...]:
        """Take out the queries that the sender confirms; the codes of those that need a note, which says why."""
        given = self.given
        if not given.confirm:
            return ()
        raised = {problem.code for problem in self.problems if problem.severity is Severity.QUERY}
        for code in sorted(given.confirm - raised):
            self._add("confirm-not-needed", f"{code[:40]!r} was confirmed, but nothing raised it")
        if REPLACES_FIGURES in given.confirm:
            self.problems = [problem for problem in self.problems if problem.code != REPLACES_FIGURES]
        named = (given.confirm & raised) - {REPLACES_FIGURES}
        if named and not given.note.strip():
            self._add("confirm-without-note", f"{_some(sorted(named))} confirmed without a note that says why")
            return ()
        self.problems = [problem for problem in self.problems if problem.code not in named]
        return tuple(sorted(named))


def _place_in(asked: Mapping[str, Item], key: str) -> int:
    """Where an item comes in the collection's order; what is not asked comes last."""
    return list(asked).index(key) if key in asked else len(asked)


def _not_text(text: str) -> int | None:
    """Where a text has a character that no store keeps, from 1: a NUL, or half of a character."""
    return next((at for at, c in enumerate(text, 1) if c == "\0" or "\ud800" <= c <= "\udfff"), None)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
