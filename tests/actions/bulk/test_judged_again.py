"""That the quick way of judging another ct's returns says what the way of a single one says, or nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ct_cli.actions.bulk.judged_again import judged_again, plain_given
from ct_cli.actions.taking.intake import Intake
from ct_cli.actions.taking.order import Terms
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Location
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import CheckedReturn, NilReason, ReturnKind
from ct_cli.server.examples import RETURN
from ct_cli.server.record_route import _as_given
from ct_cli.settings import read_settings
from ct_cli.windows.month import Month

NOW = datetime(2024, 12, 9, 10, tzinfo=UTC)
DECEMBER = Month(2024, 12)
PLAIN = CheckedReturn(
    "LOC123", Service.CARE_HOME, DECEMBER, ReturnKind.FULL, "care-home-2023-07-15", dict(RETURN["values"])
)
BESIDE = {
    "a note": replace(PLAIN, note="as agreed"),
    "a confirmation": replace(PLAIN, confirmed=("occupied-fell",)),
    "an expected version": replace(PLAIN, expected_version=0),
    "nil": replace(PLAIN, kind=ReturnKind.NIL, values={}, reason=NilReason.NO_SERVICE_USERS),
    "too many": replace(PLAIN, values={**PLAIN.values, "occupied": 99}),
    "a field too few": replace(PLAIN, values={"occupied": 36}),
    "a field that is none": replace(PLAIN, values={**PLAIN.values, "colour": 1}),
    "a location unknown": replace(PLAIN, location_id="LOC999"),
    "a service it has not": replace(PLAIN, service=Service.HOME_CARE),
    "a window that is shut": replace(PLAIN, month=Month(2024, 11)),
}


@pytest.fixture
def workplace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:00:00+00:00")
    workplace = Workplace(read_settings())
    rose = Location("LOC123", "Rose House", (Service.CARE_HOME,), registered_on=date(2024, 10, 1), beds=40)
    workplace.backend.save_locations([rose])
    return workplace


def test_a_plain_return_becomes_what_the_way_of_a_single_one_makes_of_it(workplace: Workplace) -> None:
    intake = Intake(workplace, Terms())
    texts = replace(PLAIN, values={key: str(value) for key, value in PLAIN.values.items()})
    turned = replace(PLAIN, values=dict(reversed(PLAIN.values.items())))
    given = [PLAIN, texts, turned]
    alone = intake.submissions(intake.examine(list(map(_as_given, given)), NOW))
    found = judged_again(workplace, intake, list(map(plain_given, given)), alone[0].received_at)
    assert [it and it.submission() for it in found] == alone
    assert [dict(it.checked.values) for it in alone] == [dict(PLAIN.values)] * 3


@pytest.mark.parametrize("given", BESIDE.values(), ids=BESIDE)
def test_all_else_is_left_to_that_way(workplace: Workplace, given: CheckedReturn) -> None:
    intake = Intake(workplace, Terms())
    assert judged_again(workplace, intake, [plain_given(given), plain_given(PLAIN)], NOW)[0] is None


def test_last_months_figures_are_looked_at(workplace: Workplace) -> None:
    intake = Intake(workplace, Terms(outside_window=True))
    before = replace(PLAIN, month=Month(2024, 11))
    [outcome] = workplace.backend.record(intake.submissions(intake.examine([_as_given(before)], NOW)))
    assert outcome.entry is not None
    differing = {"occupied": 1, "maximum_capacity": 60}
    changed = replace(PLAIN, values={**PLAIN.values, **differing})
    [single] = intake.examine([_as_given(changed)], NOW)
    assert single.problems
    assert judged_again(workplace, intake, [plain_given(changed)], NOW) == [None]
