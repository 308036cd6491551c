"""What another ct checked, judged again where it is to be recorded: full returns with nothing beside their values, as
nearly every row of a file is, by the quick check, which asks the same rules.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from ct_cli.actions.taking.intake import Intake
from ct_cli.actions.taking.previous_entry import OneOfMany
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import LastFigures, PlainReturn, Submission
from ct_cli.returns.identity import Service
from ct_cli.returns.quick_check import QuickCheck, quick_check
from ct_cli.returns.the_return import CheckedReturn, ReturnKind
from ct_cli.windows.month import Month

Identity = tuple[str, Service, Month]


def judged_again(
    workplace: Workplace, intake: Intake, given: Sequence[CheckedReturn], now: datetime
) -> list[Submission | None]:
    """What is recorded of each return where its window is open and nothing at all is to be said of it; None where the
    way of a single return has to judge, which may still find it good."""
    kinds: defaultdict[tuple[Service, Month], list[int]] = defaultdict(list)
    for at, said in enumerate(given):
        if _plain(said):
            kinds[said.service, said.month].append(at)
    found: list[Submission | None] = [None] * len(given)
    facts = workplace.backend.facts(frozenset(given[at].location_id for each in kinds.values() for at in each))
    for (service, month), places in kinds.items():
        met = intake.circumstances(service, month, "", now)
        if not met.fulfils:
            continue
        shared = intake.shared(service, met)
        ids = frozenset(given[at].location_id for at in places) & facts.keys()
        figures = workplace.backend.last_figures(ids, month)
        checks: dict[tuple[str, ...], QuickCheck] = {}
        for at in places:
            said = given[at]
            keys = tuple(said.values)
            if keys not in checks:
                checks[keys] = quick_check(met.checker, list(enumerate(keys)))
            location = facts.get(said.location_id)
            if location is None:
                continue
            asking: dict[Identity, LastFigures] = {}
            last = figures.get((said.location_id, service))
            previous = None if last is None else OneOfMany((said.location_id, service, month), last, asking)
            passed = checks[keys](list(map(str, said.values.values())), location, previous)
            # What asked since when its total of staff is what it is was not told, and is left to the other way.
            if passed is not None and not asking:
                found[at] = PlainReturn(said.location_id, passed[0], shared, passed[1]).submission()
    return found


def _plain(said: CheckedReturn) -> bool:
    """Whether it is a full monthly return with nothing beside its values."""
    beside = said.survey or said.reason or said.note or said.confirmed or said.expected_version is not None
    return said.kind is ReturnKind.FULL and not beside
