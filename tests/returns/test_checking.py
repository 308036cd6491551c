"""Checking a return: bad values each with their own words, everything at once, confirming, nil and unchanged."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ct_cli.actions.taking.previous_entry import OneOfMany
from ct_cli.actions.taking.replaced import may_leave_out
from ct_cli.backends.contract import LastFigures
from ct_cli.returns.catalogue import Catalogue
from ct_cli.returns.checking import Checker, LocationFacts, Previous
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Severity
from ct_cli.returns.quick_check import quick_check
from ct_cli.returns.rules.case import figures_of
from ct_cli.returns.the_return import NilReason, Return, ReturnKind
from ct_cli.returns.values_text import values_text
from ct_cli.windows.month import Month

from .conftest import GOOD, NOVEMBER, Check, codes, last_return


@pytest.mark.parametrize("service", sorted(GOOD))
def test_a_good_return_passes_without_a_word(check: Check, service: Service) -> None:
    checked = check(service=service)

    assert checked.problems == ()
    assert checked.checked is not None
    assert checked.checked.values == {key: int(text) for key, text in GOOD[service].items()}


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("١٢", "not-a-whole-number", "not in the digits 0 to 9"),
        ("１２", "not-a-whole-number", "not in the digits 0 to 9"),
        ("²", "not-a-whole-number", "not in the digits 0 to 9"),
        ("1_000", "not-a-whole-number", "something between its digits"),
        ("1,000", "not-a-whole-number", "something between its digits"),
        ("1 000", "not-a-whole-number", "something between its digits"),
        ("1e3", "not-a-whole-number", "not a whole number"),
        ("36.5", "not-a-whole-number", "not a whole number"),
        ("36,5", "not-a-whole-number", "not a whole number"),
        ("22.0", "not-a-whole-number", "not a whole number as typed"),
        ("NaN", "not-a-whole-number", "not a number"),
        ("n/a", "not-a-whole-number", "not a number"),
        ("-", "not-a-whole-number", "not a number"),
        ("forty", "not-a-whole-number", "not a whole number"),
        ("+36", "not-a-whole-number", "not a whole number"),
        ("0x24", "not-a-whole-number", "not a whole number"),
        ("-1", "below-zero", "below zero"),
        ("−1", "below-zero", "below zero"),
        ("-0.5", "not-a-whole-number", "not a whole number"),
        (str(10**30), "too-large", "larger than any location's"),
        ("9" * 5000, "too-large", "larger than any location's"),
        ("1000000", "too-large", "larger than any location's"),
        ("", "mandatory-missing", "left blank"),
        ("   ", "mandatory-missing", "left blank"),
    ],
)
def test_a_bad_count_is_refused_in_words_of_its_own(check: Check, text: str, code: str, words: str) -> None:
    checked = check({"nurses_employed": text})

    (problem,) = checked.problems
    assert checked.checked is None
    assert (problem.code, problem.severity, problem.field) == (code, Severity.ERROR, "nurses_employed")
    assert words in problem.words
    assert problem.remedy


@pytest.mark.parametrize(("text", "value"), [(" 36 ", 36), ("036", 36), ("0", 0), ("000000000000", 0)])
def test_spaces_around_and_leading_zeros_are_no_fault(check: Check, text: str, value: int) -> None:
    checked = check({"hours_overtime": text})

    assert checked.checked is not None
    assert checked.checked.values["hours_overtime"] == value


@pytest.mark.parametrize("text", ["Mrs Smith", "9434765919", "jo@example.org", "01/02/1950", "07700900123"])
def test_a_refused_cell_is_never_repeated_where_it_could_name_a_person(check: Check, text: str) -> None:
    (problem,) = check({"nurses_employed": text}).problems

    assert text not in problem.words + problem.remedy + str(problem.facts)


def test_blank_is_not_nought(check: Check) -> None:
    checked = check({"hours_paid": "", "hours_overtime": "0"})

    assert checked.checked is not None
    assert "hours_paid" not in checked.checked.values
    assert checked.checked.values["hours_overtime"] == 0


@pytest.mark.parametrize(
    ("service", "changed", "code"),
    [
        (Service.HOME_CARE, {"packages_returned_percentage": "101"}, "not-a-percentage"),
        (Service.HOME_CARE, {"can_provide_more_hours": "maybe"}, "not-yes-or-no"),
        (Service.CARE_HOME, {"ypd_closure_reason": "x" * 501}, "text-too-long"),
        (Service.CARE_HOME, {"ypd_closure_reason": "flooded, ask Mrs Smith"}, "personal-data"),
        (Service.CARE_HOME, {"ypd_closure_reason": "cut off\udcff"}, "not-text"),
        (Service.CARE_HOME, {"ypd_closure_reason": "a\0b"}, "not-text"),
        (Service.CARE_HOME, {"people_using_service": "3"}, "field-not-asked"),
        (Service.CARE_HOME, {"covid_full_course_residents": "3"}, "field-not-asked"),
        (Service.CARE_HOME, {"colour_of_the_door": "3"}, "field-unknown"),
    ],
)
def test_other_bad_values_are_refused(check: Check, service: Service, changed: dict[str, str], code: str) -> None:
    assert codes(check(changed, service=service)) == [code]


@pytest.mark.parametrize(("text", "value"), [("TRUE", "yes"), ("false", "no"), ("Y", "yes"), ("No", "no")])
def test_a_spreadsheet_s_truth_values_are_yes_and_no(check: Check, text: str, value: str) -> None:
    checked = check({"visitors_inside": text})

    assert checked.checked is not None
    assert checked.checked.values["visitors_inside"] == value


def test_a_date_that_may_be_a_birth_is_told_how_else_to_be_written(check: Check) -> None:
    (problem,) = check({"ypd_closure_reason": "shut since 1 April 2009"}).problems

    assert problem.code == "personal-data"
    assert "without its day, as in April 2009" in problem.remedy
    assert check({"ypd_closure_reason": "shut since April 2009"}).checked is not None


def test_an_unknown_item_is_answered_with_the_nearest(check: Check) -> None:
    (problem,) = check({"Ocupied": "3"}).problems

    assert problem.remedy == "Did you mean occupied?"


def test_a_seasonal_item_is_asked_in_season_only(check: Check) -> None:
    flu = {"flu_vaccinated_residents": "30"}

    assert codes(check(flu, month=Month(2026, 11))) == []
    assert codes(check(flu, month=Month(2026, 7))) == ["field-not-asked"]


def test_every_problem_is_told_at_once_errors_first(check: Check) -> None:
    checked = check(
        {"occupied": "41", "nurses_employed": "x", "agency_nurses": "", "nurses_absent": "2", "ocupied": "1"},
        beds=42,
        note="ask Mrs Smith",
        confirm=frozenset({"large-jump"}),
    )

    assert codes(checked) == [
        "not-a-whole-number",
        "field-unknown",
        "mandatory-missing",
        "personal-data",
        "beds-over-capacity",
        "capacity-differs-from-cqc",
        "confirm-not-needed",
    ]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (LocationFacts("LOC123", frozenset({Service.HOME_CARE})), "service-not-registered"),
        (LocationFacts("LOC123", frozenset(GOOD), ended_on=date(2026, 10, 31)), "location-closed"),
        (LocationFacts("LOC123", frozenset(GOOD), registered_on=date(2026, 12, 1)), "location-not-registered-yet"),
    ],
)
def test_a_return_for_what_the_location_does_not_do_then_is_refused(
    check: Check, facts: LocationFacts, code: str
) -> None:
    assert codes(check(facts=facts)) == [code]


def test_a_location_is_registered_on_its_first_and_last_day(check: Check) -> None:
    facts = LocationFacts("LOC123", frozenset(GOOD), registered_on=date(2026, 11, 30), ended_on=date(2026, 11, 30))

    assert codes(check(facts=facts)) == []


def test_an_unknown_location_is_said_with_whatever_else_is_wrong(check: Check) -> None:
    assert codes(check({"nurses_employed": "x"}, known=False)) == ["location-unknown", "not-a-whole-number"]


def test_a_service_without_a_known_list_is_told_so(catalogue: Catalogue) -> None:
    checker = Checker(catalogue.for_month(Service.HOSPICE, NOVEMBER), NOVEMBER)
    facts = LocationFacts("LOC123", frozenset({Service.HOSPICE}))
    given = Return("LOC123", Service.HOSPICE, NOVEMBER, ReturnKind.FULL, {"beds": "3"})

    assert codes(checker.check(given, facts, None)) == ["nothing-asked"]


def test_a_query_stands_until_it_is_confirmed_with_a_note(check: Check) -> None:
    asked = check(beds=42)
    without_note = check(beds=42, confirm=frozenset({"capacity-differs-from-cqc"}), note="  ")
    confirmed = check(beds=42, confirm=frozenset({"capacity-differs-from-cqc"}), note=" Two are out of use. ")

    assert asked.checked is None
    assert codes(asked) == ["capacity-differs-from-cqc"]
    assert without_note.checked is None
    assert codes(without_note) == ["confirm-without-note", "capacity-differs-from-cqc"]
    assert confirmed.problems == ()
    assert confirmed.checked is not None
    assert confirmed.checked.confirmed == ("capacity-differs-from-cqc",)
    assert confirmed.checked.note == "Two are out of use."


def test_an_error_cannot_be_confirmed_away(check: Check) -> None:
    checked = check({"occupied": "41"}, confirm=frozenset({"beds-over-capacity"}), note="It is right.")

    assert checked.checked is None
    assert codes(checked) == ["beds-over-capacity", "confirm-not-needed"]


def test_a_nil_return_says_why_and_holds_no_values(check: Check) -> None:
    assert codes(check(kind=ReturnKind.NIL)) == ["nil-without-reason"]
    assert codes(check({"occupied": "1"}, kind=ReturnKind.NIL, reason=NilReason.NO_STAFF)) == ["nil-with-values"]
    good = check(kind=ReturnKind.NIL, reason=NilReason.NO_STAFF)
    assert good.checked is not None
    assert good.checked.values == {}


def test_a_nil_return_after_people_is_a_query(check: Check) -> None:
    previous = last_return()
    nil = {"kind": ReturnKind.NIL, "reason": NilReason.CLOSING}

    assert codes(check(**nil, previous=previous)) == ["nil-after-people"]
    assert codes(check(**nil, previous=last_return({"occupied": 0}))) == []
    assert codes(check(**nil, previous=previous, confirm=frozenset({"nil-after-people"}), note="All moved.")) == []


def test_unchanged_confirms_the_last_values_as_this_month_asks_them(check: Check) -> None:
    previous = last_return({"hours_paid": 900, "flu_vaccinated_residents": 30})

    checked = check(kind=ReturnKind.UNCHANGED, month=Month(2027, 4), previous=previous)

    assert checked.problems == ()
    assert checked.checked is not None
    assert checked.checked.values == {
        key: value for key, value in previous.values.items() if key != "flu_vaccinated_residents"
    }


def test_unchanged_without_anything_to_confirm_is_refused(check: Check) -> None:
    nil = Previous(Month(2026, 10), ReturnKind.NIL, {})

    assert codes(check(kind=ReturnKind.UNCHANGED)) == ["nothing-to-confirm"]
    assert codes(check(kind=ReturnKind.UNCHANGED, previous=nil)) == ["nothing-to-confirm"]


def test_unchanged_is_refused_where_a_newly_mandatory_item_is_not_in_the_last_return(check: Check) -> None:
    # October 2022 was the first window to demand beds that are not available (mandatory from 16 September 2022).
    previous = replace(last_return(), month=Month(2022, 9))

    assert codes(check(kind=ReturnKind.UNCHANGED, month=Month(2022, 10), previous=previous)) == ["mandatory-missing"]


def test_unchanged_with_the_same_values_is_no_contradiction_and_with_others_is_one(check: Check) -> None:
    same = check({"occupied": "36"}, kind=ReturnKind.UNCHANGED, previous=last_return())
    other = check({"occupied": "35"}, kind=ReturnKind.UNCHANGED, previous=last_return())

    assert codes(same) == []
    assert codes(other) == ["unchanged-but-different"]


CELLS = st.one_of(
    st.integers(0, 60).map(str),
    st.sampled_from(
        ["", " ", " 7 ", "007", "1000", "12345", "999999", "1000000", "-1", "1_0", "１２", "x", "4.5", "yes"]
    ),
)
NEAR = st.sampled_from(
    [None, last_return(), last_return({"occupied": 5}, since=Month(2024, 1)), last_return(since=NOVEMBER)]
)


@settings(max_examples=400, deadline=None)
@given(
    changed=st.dictionaries(
        st.sampled_from(
            [
                *GOOD[Service.CARE_HOME],
                "nurses_absent",
                "hours_paid",
                "visitors_inside",
                "ypd_total",
                "ypd_closure_reason",
            ]
        ),
        CELLS,
        max_size=4,
    ),
    beds=st.sampled_from([None, 40, 41]),
    previous=NEAR,
    registered=st.sampled_from([None, date(2026, 11, 30), date(2026, 12, 1)]),
    replaced=st.dictionaries(st.sampled_from([*GOOD[Service.CARE_HOME], "nurses_absent"]), st.integers(0, 40)),
)
def test_the_quick_check_says_good_only_where_the_full_check_does(
    changed: dict[str, str],
    beds: int | None,
    previous: Previous | None,
    registered: date | None,
    replaced: dict[str, int],
) -> None:
    catalogue = Catalogue.load()
    checker = Checker(catalogue.for_month(Service.CARE_HOME, NOVEMBER), NOVEMBER)
    raw = {**GOOD[Service.CARE_HOME], **changed}
    facts = LocationFacts("LOC123", frozenset({Service.CARE_HOME}), beds, registered)

    check = quick_check(checker, list(enumerate(raw)))
    quick = check(list(raw.values()), facts, previous)
    given = Return("LOC123", Service.CARE_HOME, NOVEMBER, ReturnKind.FULL, raw)
    full = checker.check(given, facts, previous)
    replacing = checker.check(given, facts, previous, None, replaced)

    if quick is not None and (quick[2] or not may_leave_out(quick[0], values_text(replaced))):
        assert replacing == full
    if quick is not None:
        assert full.problems == ()
        assert full.checked is not None
        values = full.checked.values
        whole = len(values) == len(checker.items)
        assert quick == (values_text(values), figures_of(Service.CARE_HOME, values), whole)
    elif full.checked is not None and not full.problems:
        # It may pass on what it does not read itself: spaces, leading zeros, free text. Nothing else.
        plain = {key: str(value) for key, value in full.checked.values.items()}
        assert any(text.strip() != text or text != plain.get(key, "") for key, text in raw.items()) or (
            "ypd_closure_reason" in plain
        )
    if previous is not None:
        last = LastFigures(
            previous.month, figures_of(Service.CARE_HOME, previous.values), previous.staff_total_since, False
        )
        asking: dict[tuple[str, Service, Month], LastFigures] = {}
        by_figures = check(list(raw.values()), facts, OneOfMany(("LOC123", Service.CARE_HOME, NOVEMBER), last, asking))
        assert by_figures == quick
        assert not asking or previous.staff_total_since is None


@given(st.permutations(list(GOOD[Service.CARE_HOME])))
def test_the_order_of_columns_changes_nothing(keys: list[str]) -> None:
    checker = Checker(Catalogue.load().for_month(Service.CARE_HOME, NOVEMBER), NOVEMBER)
    facts = LocationFacts("LOC123", frozenset({Service.CARE_HOME}))

    found = quick_check(checker, list(enumerate(keys)))([GOOD[Service.CARE_HOME][key] for key in keys], facts, None)

    assert found is not None
    assert found[0] == values_text({key: int(text) for key, text in GOOD[Service.CARE_HOME].items()})


@pytest.mark.parametrize(
    "keys", [["occupied"], [*GOOD[Service.CARE_HOME], "occupied"], ["x", *GOOD[Service.CARE_HOME]]]
)
def test_columns_that_lack_repeat_or_misspell_an_item_all_go_to_the_full_check(keys: list[str]) -> None:
    checker = Checker(Catalogue.load().for_month(Service.CARE_HOME, NOVEMBER), NOVEMBER)
    facts = LocationFacts("LOC123", frozenset({Service.CARE_HOME}))

    check = quick_check(checker, list(enumerate(keys)))
    assert check([GOOD[Service.CARE_HOME].get(key, "1") for key in keys], facts, None) is None


@settings(max_examples=150, deadline=None)  # The catalogue is read anew for each.
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=6), st.text(max_size=60))
def test_no_text_makes_the_check_fail_otherwise_than_with_problems(raw: dict[str, str], note: str) -> None:
    checker = Checker(Catalogue.load().for_month(Service.CARE_HOME, NOVEMBER), NOVEMBER)
    given = Return("LOC123", Service.CARE_HOME, NOVEMBER, ReturnKind.FULL, raw, note=note)

    assert checker.check(given, None, None).problems
