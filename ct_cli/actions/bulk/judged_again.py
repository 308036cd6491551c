"""What another ct checked, judged again where it is to be recorded: full returns with nothing beside their values, as
nearly every row of a file is, by the quick check, which asks the same rules.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ct_cli.actions.taking.intake import Circumstances, Intake
from ct_cli.actions.taking.previous_entry import OneOfMany
from ct_cli.actions.taking.replaced import may_leave_out
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import ChainKey, LastFigures, PlainReturn
from ct_cli.returns.checking import LocationFacts
from ct_cli.returns.identity import Service
from ct_cli.returns.quick_check import QuickCheck, quick_check
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month

Identity = tuple[str, Service, Month]


class PlainGiven(NamedTuple):
    """A full monthly return with nothing beside its values."""

    location_id: str
    service: Service
    month: Month
    keys: tuple[str, ...]
    """Of its values. Those of returns that are alike had better be one and the same."""
    texts: Sequence[str]
    """Its values, as they would be typed."""


def plain_given(said: CheckedReturn) -> PlainGiven | None:
    """A checked return where it is one of those."""
    beside = said.survey or said.reason or said.note or said.confirmed or said.expected_version is not None
    if said.kind is not ReturnKind.FULL or beside or said.replaces_figures:
        return None
    return PlainGiven(
        said.location_id, said.service, said.month, tuple(said.values), list(map(str, said.values.values()))
    )


def judged_again(
    workplace: Workplace, intake: Intake, given: Sequence[PlainGiven | None], now: datetime
) -> list[PlainReturn | None]:
    """What is recorded of each return where its window is open and nothing at all is to be said of it; None where the
    way of a single return has to judge, which may still find it good."""
    kinds: defaultdict[tuple[Service, Month], list[int]] = defaultdict(list)
    for at, said in enumerate(given):
        if said is not None:
            kinds[said.service, said.month].append(at)
    found: list[PlainReturn | None] = [None] * len(given)
    facts = workplace.backend.facts(frozenset([said.location_id for said in given if said is not None]))
    for (service, month), places in kinds.items():
        met = intake.circumstances(service, month, "", now)
        if not met.fulfils:
            continue
        rows = [said for at in places if (said := given[at]) is not None]
        figures = workplace.backend.last_figures(frozenset([said.location_id for said in rows]) & facts.keys(), month)
        judge = _OfOneKind(intake, met, service, facts, figures)
        for at, said in zip(places, rows, strict=True):
            found[at] = judge.judged(said)
        blank = {rows[n].location_id for n, at in enumerate(places) if found[at] is not None and not judge.whole[n]}
        if not blank:
            continue
        before = workplace.backend.contents(blank, service, month, rehearsals=workplace.rehearsing)
        for at in places:
            made = found[at]
            replaced = None if made is None else before.get(made.location_id)
            if made is not None and replaced is not None and may_leave_out(made.content, replaced):
                found[at] = None
    return found


class _OfOneKind:
    """Judges the returns of one service for one month."""

    def __init__(
        self, intake: Intake, met: Circumstances, service: Service, facts: Mapping[str, LocationFacts],
        figures: Mapping[ChainKey, LastFigures],
    ) -> None:  # fmt: skip
        self._checker, self._shared = met.checker, intake.shared(service, met)
        self._facts, self._figures = facts, figures
        self._checks: dict[tuple[str, ...], QuickCheck] = {}
        self.whole: list[bool] = []
        """Of each return judged, whether it gives everything that is asked."""

    def judged(self, said: PlainGiven) -> PlainReturn | None:
        """What is recorded of it, where nothing at all is to be said of it but, perhaps, that it leaves out what the
        version before gave."""
        self.whole.append(False)
        location_id, service, month, keys, texts = said
        check = self._checks.get(keys)
        if check is None:
            check = self._checks[keys] = quick_check(self._checker, list(enumerate(keys)))
        location = self._facts.get(location_id)
        if location is None:
            return None
        asking: dict[Identity, LastFigures] = {}
        last = self._figures.get((location_id, service))
        previous = None if last is None else OneOfMany((location_id, service, month), last, asking)
        passed = check(texts, location, previous)
        # What asked since when its total of staff is what it is was not told, and is left to the other way.
        if passed is None or asking:
            return None
        self.whole[-1] = passed[2]
        return PlainReturn(location_id, passed[0], self._shared, passed[1])
