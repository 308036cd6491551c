"""Each rule at its edges, and with the figures that triggered it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.returns.checking import Previous
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import Case, Figures, staff_total
from ct_cli.returns.rules.registry import NIL_RULES, RULES
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month

from .conftest import GOOD, NOVEMBER, Check, codes, last_return

HOME = Service.HOME_CARE


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"occupied": "41"}, ["beds-over-capacity"]),
        ({"occupied": "36", "reserved": "2"}, ["beds-over-capacity"]),
        ({"occupied": "35"}, ["beds-unaccounted"]),
        ({"occupied": "35", "general_nursing_closed": "1"}, []),
        ({"occupied": "35", "ypd_closed": "1", "transitional_closed": "1"}, []),
        ({"occupied": "34", "ypd_closed": "1"}, ["beds-unaccounted"]),
        ({"nurses_absent": "6"}, []),
        ({"nurses_absent": "7"}, ["absent-over-employed"]),
        ({"nurses_absent_covid": "7", "care_workers_absent": "33"}, ["absent-over-employed"] * 2),
        (
            {"agency_nurses": "6", "agency_care_workers": "32", "agency_non_care_workers": "12"},
            ["agency-equals-employed"],
        ),
        ({"agency_nurses": "6", "agency_care_workers": "32", "agency_non_care_workers": "11"}, []),
        ({"general_nursing_total": "40", "general_nursing_used": "41"}, ["bed-types-differ"]),
        ({"general_nursing_total": "39"}, ["bed-types-differ"]),
        ({"general_nursing_total": "30", "ypd_total": "10"}, []),
    ],
)
def test_the_rules_of_a_care_home_at_their_edges(check: Check, changed: dict[str, str], expected: list[str]) -> None:
    assert codes(check(changed)) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {
                "nurses_employed": "0",
                "care_workers_employed": "0",
                "non_care_workers_employed": "0",
                "agency_nurses": "0",
                "agency_care_workers": "0",
            },
            ["staff-per-bed-unusual"],
        ),
        ({"maximum_capacity": "100", "occupied": "96", "care_workers_employed": "43"}, []),  # 66 for 100
        ({"maximum_capacity": "100", "occupied": "96", "care_workers_employed": "42"}, ["staff-per-bed-unusual"]),
        ({"care_workers_employed": "217"}, []),  # 240 for 40
        ({"care_workers_employed": "218"}, ["staff-per-bed-unusual"]),
        ({"maximum_capacity": "400", "occupied": "396", "care_workers_employed": "1000"}, []),
        ({"maximum_capacity": "400", "occupied": "396", "care_workers_employed": "1001"}, ["role-very-large"]),
        ({"maximum_capacity": "900", "occupied": "896", "agency_care_workers": "2500"}, []),
        ({"maximum_capacity": "900", "occupied": "896", "agency_care_workers": "2501"}, ["agency-very-large"]),
        ({"maximum_capacity": "900", "occupied": "896", "agency_care_workers": "2000", "agency_nurses": "1950"}, []),
        (
            {"maximum_capacity": "900", "occupied": "896", "agency_care_workers": "2000", "agency_nurses": "1951"},
            ["staff-total-very-large"],
        ),
    ],
)
def test_sizes_that_analysts_throw_away_are_queried(check: Check, changed: dict[str, str], expected: list[str]) -> None:
    assert codes(check(changed)) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"people_using_service": "0"}, ["home-care-size-unusual"]),
        ({"people_using_service": "1"}, []),
        ({"care_workers_employed": "3000"}, []),
        ({"care_workers_employed": "3001"}, ["home-care-size-unusual"]),
        ({"care_workers_absent": "32"}, ["absent-over-employed"]),
        ({"people_nhs_or_council": "50", "people_self_funded": "8"}, []),
        ({"people_nhs_or_council": "50", "people_self_funded": "9"}, ["people-split-differs"]),
        ({"people_nhs_or_council": "50"}, []),
        ({"people_self_funded": "59"}, ["people-split-differs"]),
    ],
)
def test_the_rules_of_home_care_at_their_edges(check: Check, changed: dict[str, str], expected: list[str]) -> None:
    assert codes(check(changed, service=HOME)) == expected


@pytest.mark.parametrize(("beds", "expected"), [(None, []), (40, []), (41, ["capacity-differs-from-cqc"])])
def test_capacity_is_compared_with_cqcs_beds_where_they_are_known(
    check: Check, beds: int | None, expected: list[str]
) -> None:
    assert codes(check(beds=beds)) == expected


@pytest.mark.parametrize(
    ("service", "staff", "months", "expected"),
    [
        (Service.CARE_HOME, 9, 12, False),
        (Service.CARE_HOME, 9, 13, True),
        (Service.CARE_HOME, 10, 5, False),
        (Service.CARE_HOME, 10, 6, True),
        (Service.CARE_HOME, 50, 4, False),
        (Service.CARE_HOME, 50, 5, True),
        (Service.CARE_HOME, 250, 2, False),
        (Service.CARE_HOME, 250, 3, True),
        (HOME, 9, 8, False),
        (HOME, 9, 9, True),
        (HOME, 49, 4, False),
        (HOME, 49, 5, True),
        (HOME, 50, 2, False),
        (HOME, 50, 3, True),
    ],
)
def test_a_staff_total_may_stay_the_same_for_so_many_windows(
    service: Service, staff: int, months: int, expected: bool
) -> None:
    values = dict.fromkeys(GOOD[service], 0) | {"care_workers_employed": staff}
    previous = Previous(NOVEMBER + -1, ReturnKind.FULL, values, NOVEMBER + -months)
    case = Case(values, NOVEMBER, service, None, previous)
    (rule,) = [rule for rule in RULES if rule.code.code == "staff-unchanged-long"]

    assert bool(rule.look(case)) is expected


def test_a_staff_total_that_changes_now_is_not_queried_however_long_it_stood(check: Check) -> None:
    previous = last_return(since=Month(2023, 1))

    assert codes(check(previous=previous)) == ["staff-unchanged-long"]
    assert codes(check({"nurses_employed": "7"}, previous=previous)) == []


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({"occupied": 18}, []),  # doubled exactly: half of the larger
        ({"occupied": 17}, ["large-jump"]),
        ({"maximum_capacity": 90}, ["large-jump"]),
        ({"care_workers_employed": 100, "non_care_workers_employed": 100}, ["large-jump"]),
        ({}, []),
    ],
)
def test_a_large_jump_from_the_last_return_is_queried(
    check: Check, last: dict[str, int | str], expected: list[str]
) -> None:
    assert codes(check(previous=last_return(last))) == expected


def test_a_small_home_may_double(check: Check) -> None:
    small = {"maximum_capacity": "9", "occupied": "9", "reserved": "0", "accepting_admissions": "0"}
    previous = last_return({"maximum_capacity": 9, "occupied": 0})

    assert "large-jump" not in codes(check({**small, "care_workers_employed": "27"}, previous=previous))


def test_a_query_tells_the_figures_that_triggered_it(check: Check) -> None:
    (problem,) = check({"occupied": "35"}).problems

    assert "1 of 40 beds" in problem.words
    assert problem.facts == {"maximum_capacity": 40, "accounted_for": 39, "not_available": 0}


def test_beds_over_capacity_are_told_with_the_counts_that_could_be_read(check: Check) -> None:
    whole = check({"occupied": "41"}).problems[-1]
    alone = check({"occupied": "41", "reserved": "x", "accepting_admissions": ""}).problems[-1]

    assert whole.words == (
        "41 occupied, 1 reserved and 3 accepting admissions make 45, more than the maximum capacity of 40"
    )
    assert alone.words == "41 occupied, more than the maximum capacity of 40"


def test_beds_not_available_are_counted_while_they_are_asked(check: Check) -> None:
    month = Month(2022, 11)

    assert codes(check({"occupied": "35", "not_available": "1"}, month=month)) == []
    assert codes(check({"occupied": "35", "not_available": "0"}, month=month)) == ["beds-unaccounted"]


COUNTS = st.integers(0, 999_999)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys([*GOOD[Service.CARE_HOME], "nurses_absent", "ypd_closed"], COUNTS))
)
def test_every_rule_reads_a_return_that_lacks_any_of_its_items(values: dict[str, int]) -> None:
    for service in (Service.CARE_HOME, HOME):
        for previous in (None, Previous(NOVEMBER + -5, ReturnKind.FULL, values, NOVEMBER + -9)):
            case = Case(values, NOVEMBER, service, None, previous)
            for rule in (*RULES, *NIL_RULES):
                for found in rule.look(case) if service in rule.services else ():
                    assert found.words


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_beds_are_refused_exactly_where_they_exceed_the_capacity(a: int, b: int, c: int, capacity: int) -> None:
    values = {"maximum_capacity": capacity, "occupied": a, "reserved": b, "accepting_admissions": c}
    (rule,) = [rule for rule in RULES if rule.code.code == "beds-over-capacity"]

    assert bool(rule.look(Case(values, NOVEMBER, Service.CARE_HOME, None, None))) is (a + b + c > capacity)


class OnlyFigures(dict[str, int | str]):
    """The values of a last return that may be asked for no more than its figures."""

    ASKED = frozenset(Figures._fields)

    def get(self, key: str, default: object = None) -> Any:
        assert key in self.ASKED
        return super().get(key, default)

    def __getitem__(self, key: str) -> int | str:
        raise AssertionError(key)


class OnlyTotal(Previous):
    """A last return that tells its total of staff without being asked for its counts."""

    __slots__ = ()

    def staff_total(self, service: Service) -> int | None:
        total = self.values.get("staff_total")
        return total if isinstance(total, int) else None


@given(
    st.sampled_from([Service.CARE_HOME, Service.HOME_CARE]),
    st.dictionaries(st.sampled_from(sorted(GOOD[Service.CARE_HOME].keys() | GOOD[HOME].keys())), st.integers(0, 99)),
    st.dictionaries(st.sampled_from(sorted(Figures._fields)), st.integers(0, 99)),
    st.booleans(),
    st.sampled_from([None, NOVEMBER + -1, NOVEMBER + -30]),
)
def test_no_rule_of_a_return_with_values_looks_at_more_of_the_last_one_than_its_figures(
    service: Service, values: dict[str, int], before: dict[str, int], unchanged: bool, since: Month | None
) -> None:
    given = {**{key: int(text) for key, text in GOOD[service].items()}, **values}
    if unchanged:  # which one rule asks for before it looks further, and chance seldom makes
        before["staff_total"] = staff_total(service, given) or 0
    previous = OnlyTotal(NOVEMBER + -1, ReturnKind.FULL, OnlyFigures(before), since)
    case = Case(given, NOVEMBER, service, None, previous)

    for rule in RULES:
        if service in rule.services:
            rule.look(case)
