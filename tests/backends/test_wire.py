"""What goes over the wire comes back the same, in a form that is written down here, so that no rename changes it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.backends.contract import Damaged, Entry, Fulfilment, Outcome, OutcomeKind, Source, Submission
from ct_cli.backends.wire import NotOnTheWire, plain, read
from ct_cli.backends.wire_text import spelt
from ct_cli.compliance.obligation import Counting
from ct_cli.register.location import Location, Scope, User
from ct_cli.returns.identity import Service
from ct_cli.returns.problem import Place, Problem, Severity
from ct_cli.returns.the_return import CheckedReturn, NilReason, ReturnKind
from ct_cli.returns.values_text import values_text
from ct_cli.windows.month import Month

AT = datetime(2024, 12, 9, 10, 30, 15, 123456, UTC)
ENTRY = Entry(
    "0123456789abcdef", "LOC123", Service.CARE_HOME, 1, Month(2024, 12), 1, ReturnKind.FULL, "care-home-2023-07-15",
    "", '{"maximum_capacity":40,"occupied":36}', None, "a note", ("staff-jump",), AT, True, False,
    Source.RECEIVED_BY_API, "sam", "c" * 64, "", "0123456789abcdef" + "e" * 48,
)  # fmt: skip
CHECKED = CheckedReturn("LOC123", Service.HOME_CARE, Month(2024, 12), ReturnKind.NIL, "home-care-nothing", {},
                        reason=NilReason.NO_STAFF)  # fmt: skip
PROBLEM = Problem("below-zero", Severity.ERROR, "it is below 0", "Put it right.", "occupied", "LOC123", "care-home",
                  Place("a.csv", None, 3, "F", "occupied"), {"found": -1})  # fmt: skip

EXAMPLES = [
    Location("LOC123", "Rose House", (Service.CARE_HOME,), "Rose Care", beds=40, registered_on=date(2020, 1, 2)),
    User("LOC123", "sam@example.org", "Sam"),
    Scope(frozenset({"LOC456", "LOC123"}), service=Service.CARE_HOME),
    ENTRY,
    Submission(CHECKED, AT, True, False, Source.RECORDED_HERE, "sam"),
    Submission(replace(CHECKED, replaces_figures=True), AT, True, False, Source.RECORDED_HERE, "sam"),
    PROBLEM,
    Outcome(OutcomeKind.CORRECTED, ENTRY, ENTRY, (PROBLEM,)),
    Fulfilment("LOC123", Service.CARE_HOME, Month(2024, 12), ReturnKind.FULL, "00", AT, 1, Source.RECORDED_HERE, False),
    Damaged("LOC123", "care-home", 2, "00", "it cannot be read"),
    Counting(True, False),
]


@pytest.mark.parametrize("value", EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_went(value):
    there = json.loads(json.dumps(plain(value)))
    assert read(type(value), there, strict=True) == value


@pytest.mark.parametrize("value", [*EXAMPLES, {"it": Service.CARE_HOME, "of": 1.5}, [AT, None, "é\n%s"], (True,), 0.1])
def test_a_value_is_spelt_at_once_as_its_plain_form_is(value):
    assert spelt(value) == json.dumps(plain(value), separators=(",", ":"))


def test_what_an_older_server_does_not_know_is_said_only_where_it_matters():
    assert "replaces_figures" not in plain(CHECKED)
    assert plain(replace(CHECKED, replaces_figures=True))["replaces_figures"] is True


@given(st.text(), st.integers() | st.none(), st.dates() | st.none(), st.booleans(), st.floats() | st.none())
def test_a_location_of_any_texts_and_numbers_is_spelt_so(text, number, day, public, degrees):
    location = Location(text, text, (), text, beds=number, ended_on=day, public_body=public, latitude=degrees)
    assert spelt(location) == json.dumps(plain(location), separators=(",", ":"))


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_an_entrys_values_come_back_in_the_spelling_that_is_hashed(values):
    entry = ENTRY._replace(content=values_text(values))
    assert read(Entry, json.loads(json.dumps(plain(entry)))) == entry


def test_the_form_of_an_entry_is_this_one():
    assert plain(ENTRY) == {
        "receipt_id": "0123456789abcdef",
        "location_id": "LOC123",
        "service": "care-home",
        "number": 1,
        "month": "2024-12",
        "version": 1,
        "kind": "return",
        "collection": "care-home-2023-07-15",
        "survey": "",
        "values": {"maximum_capacity": 40, "occupied": 36},
        "reason": None,
        "note": "a note",
        "confirmed": ["staff-jump"],
        "received_at": "2024-12-09T10:30:15.123456+00:00",
        "fulfils": True,
        "rehearsal": False,
        "source": "received-by-api",
        "recorded_by": "sam",
        "content_hash": "c" * 64,
        "previous_hash": "",
        "entry_hash": "0123456789abcdef" + "e" * 48,
    }


def test_a_sets_order_is_always_the_same():
    assert plain(Scope(frozenset({"LOC456", "LOC123"})))["location_ids"] == ["LOC123", "LOC456"]


@pytest.mark.parametrize(
    ("kind", "given", "where"),
    [
        (User, [], ""),
        (User, {"location_id": "LOC123"}, "email"),
        (User, {"location_id": 1, "email": "a@example.org"}, "location_id"),
        (User, {"location_id": "LOC123", "email": "a@example.org", "admin": True}, "admin"),
        (Scope, {"location_ids": "LOC123"}, "location_ids"),
        (Scope, {"location_ids": ["LOC123", None]}, "location_ids[1]"),
        (Scope, {"service": "hotel"}, "service"),
        (Counting, {"rehearsing": 1}, "rehearsing"),
        (Location, {**plain(EXAMPLES[0]), "beds": True}, "beds"),
        (Location, {**plain(EXAMPLES[0]), "beds": "40"}, "beds"),
        (Location, {**plain(EXAMPLES[0]), "registered_on": "2/1/2020"}, "registered_on"),
        (Submission, {**plain(EXAMPLES[4]), "received_at": "2024-12-09T10:30:15"}, "received_at"),
        (Submission, {**plain(EXAMPLES[4]), "checked": {**plain(CHECKED), "month": "2024-13"}}, "checked.month"),
    ],
)
def test_what_is_not_of_the_form_is_refused_by_its_place(kind, given, where):
    with pytest.raises(NotOnTheWire) as refused:
        read(kind, given, strict=True)
    assert refused.value.where == where


def test_a_client_passes_over_what_a_newer_server_adds():
    given = {**plain(EXAMPLES[1]), "telephone": "none"}
    assert read(User, given) == EXAMPLES[1]
