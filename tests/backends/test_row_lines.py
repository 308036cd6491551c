"""A file's rows as they go to a server, and what is believed of its answer."""

import json

import pytest

from ct_cli.backends.contract import NewEntry, Outcome, OutcomeKind, PlainReturn, Submission
from ct_cli.backends.http_api import as_json, as_lines
from ct_cli.backends.ledger import append
from ct_cli.backends.row_lines import alone, as_new_entry, asks_for_all, row_lines
from ct_cli.backends.wire import plain as on_the_wire
from ct_cli.returns.rules.case import figures_of
from ct_cli.returns.values_text import values_text
from ct_cli.server.outcome_lines import outcome_lines, outcome_text
from ct_cli.server.pages import line, lines
from tests.backends.conftest import CARE_HOME, nil, submission
from tests.backends.test_rows_contract import IN_JANUARY, SHARED, plain

SAID = {"maximum_capacity": 40, "occupied": 36, "why": 'a "new" café'}
WITH_TEXT = PlainReturn("LOC123", values_text(SAID), SHARED, figures_of(CARE_HOME, SAID))
ELSEWHERE = SHARED._replace(survey="winter", fulfils=False)
MADE_FROM = SHARED._replace(versions_seen={"LOC123": 2})
ROWS = [
    plain(), plain("LOC456", 37), plain(shared=IN_JANUARY), plain(shared=ELSEWHERE), plain('LOC"1\\'), plain("LÖC1"),
    WITH_TEXT, plain(shared=MADE_FROM), plain("LOC456", shared=MADE_FROM), submission(note="new"), nil(),
]  # fmt: skip


def test_rows_are_to_the_byte_their_submissions() -> None:
    assert b"".join(row_lines(ROWS, as_json)) == as_lines(map(alone, ROWS))


def outcomes() -> list[Outcome]:
    """Of each kind: accepted, corrected, recorded already, refused."""
    one = submission("LOC9")
    given = [*map(alone, ROWS), one, one, one._replace(rehearsal=True), submission("LOC9", occupied=30)]
    return [*append(given, {}, {}), Outcome(OutcomeKind.REFUSED, None, None, ())]


def test_outcomes_are_spelt_as_every_other_value_on_the_wire() -> None:
    made = outcomes()
    assert {it.kind for it in made} >= {OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED, OutcomeKind.ALREADY_RECORDED}
    for outcome in made:
        assert outcome_text(outcome) == line(on_the_wire(outcome)).decode()
    assert outcome_lines(made) == b"".join(lines(made))


def told(row: Submission | PlainReturn) -> dict[str, object]:
    """What a server tells of a row that it takes as it is."""
    found: dict[str, object] = json.loads(outcome_text(append([alone(row)], {}, {})[0]))
    return found


def test_a_plain_row_that_was_accepted_as_it_was_sent_is_a_new_entry() -> None:
    answer = told(plain())
    entry = answer["entry"]
    assert isinstance(entry, dict)
    assert as_new_entry(plain(), answer) == NewEntry(entry["receipt_id"])
    assert as_new_entry(submission(), answer) is None


@pytest.mark.parametrize(
    "differing",
    [
        {"fulfils": False}, {"rehearsal": True}, {"version": 2}, {"location_id": "LOC456"}, {"month": "2024-11"},
        {"kind": "nil"}, {"receipt_id": None},
    ],
)  # fmt: skip
def test_what_is_told_otherwise_is_read_in_full(differing: dict[str, object]) -> None:
    answer = told(plain())
    entry = answer["entry"]
    assert isinstance(entry, dict)
    assert as_new_entry(plain(), {**answer, "entry": {**entry, **differing}}) is None
    for other in ({"kind": "corrected"}, {"previous": entry}, {"problems": [{}]}, {"entry": None}):
        assert as_new_entry(plain(), {**answer, **other}) is None


def test_what_is_told_briefly_is_a_new_entry_of_a_plain_row_alone() -> None:
    answer = {"kind": "accepted", "receipt_id": "0123456789abcdef"}
    assert as_new_entry(plain(), answer) == NewEntry("0123456789abcdef")
    assert as_new_entry(plain(), {**answer, "receipt_id": None}) is None
    assert as_new_entry(plain(), {**answer, "kind": "corrected"}) is None
    assert as_new_entry(submission(), answer) is None


def test_all_is_asked_for_where_a_row_that_is_no_plain_one_might_be_told_of_briefly() -> None:
    assert [asks_for_all(it) for it in (plain(), nil(), submission(note="new"), submission())] == [False] * 3 + [True]
