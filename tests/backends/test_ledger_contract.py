"""Every promise of the ledger in ct_cli/backends/contract.py, against every kind of store."""

import json
from datetime import UTC, datetime

import pytest

from ct_cli.backends.chain_check import Tally, breaks
from ct_cli.backends.contract import Backend, Entry, Outcome, OutcomeKind, Source, TextRefused
from ct_cli.backends.fulfilments import fulfilment_of
from ct_cli.compliance.obligation import Counting
from ct_cli.register.location import Scope
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month, months_between
from tests.backends.conftest import (
    CARE_HOME,
    DECEMBER,
    HOME_CARE,
    JANUARY,
    RECEIVED,
    Store,
    location,
    nil,
    record,
    submission,
)

ACCEPTED, CORRECTED, ALREADY = OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED, OutcomeKind.ALREADY_RECORDED
ALL = Scope()
SEEN = Source.CAPACITY_TRACKER


def entries(backend: Backend) -> list[Entry]:
    return [line for line in backend.walk() if isinstance(line, Entry)]


def test_what_was_recorded_is_there_when_the_store_is_opened_again(store: Store) -> None:
    with store.open() as first:
        [outcome] = record(first, submission())
    with store.open() as second:
        assert second.history("LOC123") == [outcome.entry]


def test_an_entry_keeps_everything_that_was_said(backend: Backend) -> None:
    given = submission(
        values={"maximum_capacity": 40, "occupied": 0, "remarks": 'Zoë\'s "wing"\n100%\t☂', "visits": "yes"},
        note="line one\nline two: ünï ☂ 'x' \\",
        confirmed=("staff-per-bed", "large-jump"),
        recorded_by="Ænne\nB",
    )
    record(backend, given)
    [entry] = backend.history("LOC123")
    assert entry.values == given.checked.values
    assert (entry.note, entry.confirmed) == (given.checked.note, given.checked.confirmed)
    assert entry.recorded_by == given.recorded_by
    assert entry.received_at == RECEIVED and entry.received_at.utcoffset() == RECEIVED.utcoffset()
    assert (entry.number, entry.version, entry.kind, entry.previous_hash) == (1, 1, ReturnKind.FULL, "")
    assert entry.receipt_id == entry.entry_hash[:16]


def test_the_same_return_twice_is_one_return_with_one_receipt(backend: Backend) -> None:
    [first] = record(backend, submission())
    [second] = record(backend, submission(received_at=datetime(2024, 12, 11, tzinfo=UTC), recorded_by="alex"))
    assert (first.kind, second.kind) == (ACCEPTED, ALREADY)
    assert second.entry == first.entry
    assert len(entries(backend)) == 1


def test_the_same_return_twice_in_one_call_is_one_return(backend: Backend) -> None:
    first, second = record(backend, submission(), submission())
    assert (first.kind, second.kind) == (ACCEPTED, ALREADY)
    assert second.entry == first.entry


def test_values_in_another_order_are_the_same_return(backend: Backend) -> None:
    record(backend, submission(values={"a": 1, "b": 2}))
    [again] = record(backend, submission(values={"b": 2, "a": 1}))
    assert again.kind is ALREADY


@pytest.mark.parametrize(
    "other",
    [
        submission(occupied=35),
        submission(values={"maximum_capacity": 40}),
        submission(values={"maximum_capacity": 40, "occupied": "36"}),
        submission(kind=ReturnKind.UNCHANGED),
        submission(note="counted again"),
        submission(confirmed=("large-jump",)),
        submission(collection="care-home-2024-04-26"),
        nil(),
    ],
    ids=["value", "value gone", "text", "kind", "note", "confirmed", "collection", "nil"],
)
def test_a_return_that_says_anything_else_is_a_correction_and_the_earlier_stays(backend, other) -> None:
    [first] = record(backend, submission())
    [second] = record(backend, other)
    assert second.kind is CORRECTED
    assert second.previous == first.entry
    assert second.entry is not None and second.entry.version == 2
    assert backend.history("LOC123") == [first.entry, second.entry]


def test_going_back_to_what_was_said_first_is_a_correction_too(backend: Backend) -> None:
    outcomes = record(backend, submission(), submission(occupied=35), submission())
    assert [outcome.kind for outcome in outcomes] == [ACCEPTED, CORRECTED, CORRECTED]
    assert [entry.version for entry in backend.history("LOC123")] == [1, 2, 3]


def test_nil_returns_with_different_reasons_are_different_returns(backend: Backend) -> None:
    from ct_cli.returns.the_return import NilReason

    outcomes = record(backend, nil(), nil(), nil(reason=NilReason.CLOSING))
    assert [outcome.kind for outcome in outcomes] == [ACCEPTED, ALREADY, CORRECTED]


def test_a_return_outside_the_window_is_recorded_anew_inside_it(backend: Backend) -> None:
    outcomes = record(backend, submission(fulfils=False), submission(), submission(fulfils=False))
    assert [outcome.kind for outcome in outcomes] == [ACCEPTED, CORRECTED, ALREADY]
    assert outcomes[2].entry == outcomes[1].entry
    [met] = backend.fulfilments(ALL, DECEMBER, DECEMBER)
    assert met.receipt_id == outcomes[1].entry.receipt_id


def test_services_surveys_and_months_have_versions_of_their_own_and_services_chains(backend: Backend) -> None:
    outcomes = record(
        backend,
        submission(),
        submission(service=HOME_CARE),
        submission(survey="fnc-2023", collection="fnc-2023", fulfils=False),
        submission(month=JANUARY),
    )
    made = [outcome.entry for outcome in outcomes]
    assert [outcome.kind for outcome in outcomes] == [ACCEPTED] * 4
    assert [entry.version for entry in made] == [1] * 4
    assert [entry.number for entry in made] == [1, 1, 2, 3]
    assert [entry.previous_hash for entry in made] == ["", "", made[0].entry_hash, made[2].entry_hash]


def test_only_the_expected_version_is_corrected(backend: Backend) -> None:
    record(backend, submission(), submission(occupied=35))
    [conflict, fits] = record(
        backend, submission(occupied=30, expected_version=1), submission(occupied=31, expected_version=2)
    )
    assert conflict.kind is OutcomeKind.CONFLICT
    assert conflict.entry is not None and conflict.entry.version == 2
    assert fits.kind is CORRECTED
    assert [entry.values["occupied"] for entry in backend.history("LOC123")] == [36, 35, 31]


def test_expecting_a_version_where_there_is_none_is_a_conflict_and_0_expects_none(backend: Backend) -> None:
    [conflict, fits] = record(backend, submission(expected_version=1), submission(expected_version=0))
    assert (conflict.kind, conflict.entry) == (OutcomeKind.CONFLICT, None)
    assert fits.kind is ACCEPTED


def test_the_same_return_is_already_recorded_whatever_version_its_sender_had_seen(backend: Backend) -> None:
    first = record(backend, submission(occupied=30))[0].entry
    [again] = record(backend, submission(occupied=30, expected_version=0))
    assert again == Outcome(OutcomeKind.ALREADY_RECORDED, first)


def test_the_same_figures_that_come_to_fulfil_are_no_conflict(backend: Backend) -> None:
    record(backend, submission(fulfils=False))
    [outcome] = record(backend, submission(expected_version=0))
    assert outcome.kind is CORRECTED and outcome.entry is not None and outcome.entry.fulfils


def test_what_capacity_tracker_showed_since_is_no_newer_return(backend: Backend) -> None:
    seen = {"source": Source.CAPACITY_TRACKER, "values": {}}
    record(backend, submission(), submission(**seen))
    [fits] = record(backend, submission(occupied=30, expected_version=1))
    assert fits.kind is CORRECTED
    [conflict] = record(backend, submission(occupied=31, expected_version=2))
    assert (conflict.kind, conflict.entry) == (OutcomeKind.CONFLICT, fits.entry)
    [over_what_was_seen] = record(backend, submission("LOC456", **seen), submission("LOC456", expected_version=1))[1:]
    assert over_what_was_seen.kind is CORRECTED
    [unseen] = record(backend, submission("LOC456", occupied=29, expected_version=0))
    assert unseen.kind is OutcomeKind.CONFLICT


def test_what_capacity_tracker_showed_is_no_return_for_whoever_had_seen_none(backend: Backend) -> None:
    record(backend, submission(source=Source.CAPACITY_TRACKER, values={}))
    [outcome] = record(backend, submission(expected_version=0))
    assert outcome.kind is CORRECTED


def test_a_call_that_cannot_be_recorded_whole_records_nothing(backend: Backend) -> None:
    with pytest.raises(TypeError):
        record(backend, submission(), submission("LOC456", values={"occupied": object()}))
    assert entries(backend) == []
    [outcome] = record(backend, submission())
    assert outcome.kind is ACCEPTED


def test_half_a_character_is_refused_in_a_sentence_and_nothing_is_recorded(backend: Backend) -> None:
    with pytest.raises(TextRefused, match="its character 5,"):
        record(backend, submission(), submission("LOC456", note="bad \udcff byte"))
    assert entries(backend) == []


@pytest.mark.parametrize("given", [{"note": "nul \0 here"}, {"recorded_by": "nul \0 here"}])
def test_a_nul_is_refused_in_a_sentence_and_nothing_is_recorded(backend: Backend, given: dict[str, str]) -> None:
    with pytest.raises(TextRefused, match="its character 5,"):
        record(backend, submission(), submission("LOC456", **given))
    assert entries(backend) == []


def test_no_submissions_have_no_outcomes(backend: Backend) -> None:
    assert record(backend) == []


def test_a_batch_of_thousands_answers_in_its_order_and_doubles_nothing(backend: Backend) -> None:
    batch = [submission(f"LOC{number:05}") for number in range(3_000)]
    first = record(backend, *reversed(batch))
    assert [outcome.entry.location_id for outcome in first] == [f"LOC{number:05}" for number in reversed(range(3_000))]
    mixed = [submission(f"LOC{number:05}", occupied=36 + number % 2) for number in range(3_000)]
    assert [outcome.kind for outcome in record(backend, *mixed)] == [ALREADY, CORRECTED] * 1_500
    assert len(entries(backend)) == 4_500


def test_the_walk_passes_every_entry_in_the_order_of_its_chain_and_every_chain_has_its_end(backend: Backend) -> None:
    for month in (JANUARY, DECEMBER, JANUARY + 1):
        for service in (HOME_CARE, CARE_HOME):
            record(backend, submission(month=month, service=service), submission("LOC456", month, service=service))
    tally = Tally()
    assert list(breaks(backend.walk(), backend.chain_ends(), tally)) == []
    assert (tally.entries, tally.chains) == (12, 4)
    walked = [(entry.location_id, entry.service, entry.number) for entry in entries(backend)]
    assert walked == sorted(walked)
    assert {(end.location_id, end.service): end.number for end in backend.chain_ends()} == {
        (place, service): 3 for place in ("LOC123", "LOC456") for service in ("care-home", "home-care")
    }


def test_the_walk_and_the_ends_of_one_location_are_of_that_alone(backend: Backend) -> None:
    record(backend, submission(), submission(service=HOME_CARE), submission("LOC456"))
    assert [(line.location_id, line.service) for line in backend.walk("LOC123")] == [
        ("LOC123", CARE_HOME),
        ("LOC123", HOME_CARE),
    ]
    assert [(end.location_id, end.service) for end in backend.chain_ends("LOC456")] == [("LOC456", "care-home")]


def test_a_receipt_is_found_by_its_beginning(backend: Backend) -> None:
    made = [outcome.entry for outcome in record(backend, *(submission(occupied=number) for number in range(30)))]
    for entry in made:
        assert backend.entry(entry.receipt_id) == entry
        assert entry in backend.receipts(entry.receipt_id[:8])
    assert backend.entry(made[0].receipt_id[:8]) is None
    assert backend.receipts("zzz") == []
    assert len(backend.receipts("")) == 10
    wanted = sorted(entry.receipt_id for entry in made if entry.receipt_id.startswith(made[0].receipt_id[0]))
    assert [entry.receipt_id for entry in backend.receipts(made[0].receipt_id[0])] == wanted[:10]


def test_the_versions_of_a_month_are_all_that_a_return_is_held_against(backend: Backend) -> None:
    given = [
        submission(), submission(source=Source.CAPACITY_TRACKER, values={}), submission(rehearsal=True, occupied=30),
        submission("LOC456"), submission(occupied=31), nil("LOC456"),
    ]  # fmt: skip
    others = [submission(month=JANUARY), submission(service=HOME_CARE), submission(survey="s", collection="s")]
    entries = [outcome.entry for outcome in record(backend, *given, *others)]
    found = backend.versions({"LOC456", "LOC123", "LOC999"}, CARE_HOME, DECEMBER)
    assert found == [entries[0], entries[1], entries[2], entries[4], entries[3], entries[5]]
    assert backend.versions({"LOC123"}, CARE_HOME, DECEMBER, "s") == [entries[-1]]
    contents = backend.contents({"LOC456", "LOC123"}, CARE_HOME, DECEMBER, rehearsals=False)
    assert contents == {"LOC123": entries[4].content, "LOC456": "{}"}
    record(backend, submission(rehearsal=True, occupied=29), submission(source=Source.CAPACITY_TRACKER, occupied=28))
    [rehearsed] = backend.contents({"LOC123"}, CARE_HOME, DECEMBER, rehearsals=True).values()
    assert json.loads(rehearsed)["occupied"] == 29
    assert backend.contents({"LOC123"}, CARE_HOME, DECEMBER, rehearsals=False) == {"LOC123": entries[4].content}
    assert backend.versions(set(), CARE_HOME, DECEMBER) == backend.versions({"LOC999"}, CARE_HOME, JANUARY) == []


def test_the_history_is_of_one_location_by_service_oldest_first(backend: Backend) -> None:
    record(backend, submission(month=JANUARY), submission(service=HOME_CARE), submission(), submission("LOC456"))
    assert [(entry.service, entry.number, entry.month) for entry in backend.history("LOC123")] == [
        (CARE_HOME, 1, JANUARY),
        (CARE_HOME, 2, DECEMBER),
        (HOME_CARE, 1, DECEMBER),
    ]
    assert [entry.service for entry in backend.history("LOC123", HOME_CARE)] == [HOME_CARE]
    assert backend.history("LOC999") == []


class TestLatest:
    def test_it_is_the_last_version_of_the_latest_month_even_when_an_older_month_was_corrected_since(self, backend):
        record(backend, submission(month=JANUARY), submission(occupied=20), submission(month=JANUARY, occupied=30))
        record(backend, submission(occupied=21))
        assert backend.latest(ALL)["LOC123", CARE_HOME].values["occupied"] == 30

    def test_before_a_month_only_earlier_months_are_looked_at(self, backend):
        record(backend, submission(occupied=20), submission(month=JANUARY, occupied=30))
        assert backend.latest(ALL, before=JANUARY)["LOC123", CARE_HOME].values["occupied"] == 20
        assert backend.latest(ALL, before=DECEMBER) == {}

    def test_a_survey_is_apart_from_the_monthly_return(self, backend):
        record(backend, submission(), submission(survey="fnc-2023", occupied=1, fulfils=False))
        assert backend.latest(ALL)["LOC123", CARE_HOME].values["occupied"] == 36
        assert backend.latest(ALL, survey="fnc-2023")["LOC123", CARE_HOME].values["occupied"] == 1
        assert backend.latest(ALL, survey="other") == {}

    def test_only_chains_in_scope_are_told_of(self, backend):
        record(backend, submission(), submission(service=HOME_CARE), submission("LOC456"))
        assert list(backend.latest(ALL)) == [("LOC123", CARE_HOME), ("LOC123", HOME_CARE), ("LOC456", CARE_HOME)]
        assert list(backend.latest(Scope(frozenset({"LOC456"})))) == [("LOC456", CARE_HOME)]
        assert list(backend.latest(Scope(service=HOME_CARE))) == [("LOC123", HOME_CARE)]

    def test_what_was_seen_without_values_is_passed_over(self, backend):
        record(backend, submission(), submission(month=JANUARY, values={}, source=SEEN))
        assert backend.latest(ALL)["LOC123", CARE_HOME].month == DECEMBER


class TestFulfilments:
    def test_a_month_is_met_by_its_last_entry_inside_the_window(self, backend):
        outcomes = record(
            backend, submission(), submission(occupied=35), submission(occupied=34, fulfils=False), nil(month=JANUARY)
        )
        met = list(backend.fulfilments(ALL, DECEMBER, JANUARY))
        assert [(it.month, it.version, it.kind) for it in met] == [
            (DECEMBER, 2, ReturnKind.FULL),
            (JANUARY, 1, ReturnKind.NIL),
        ]
        assert met[0].receipt_id == outcomes[1].entry.receipt_id
        assert met[0].received_at == RECEIVED

    def test_both_ends_are_included_and_nothing_beyond(self, backend):
        months = [Month(2024, 11), DECEMBER, JANUARY, Month(2025, 2)]
        record(backend, *(submission(month=month) for month in months))
        assert [it.month for it in backend.fulfilments(ALL, DECEMBER, JANUARY)] == [DECEMBER, JANUARY]

    def test_a_survey_fulfils_nothing(self, backend):
        record(backend, submission(survey="fnc-2023"))
        assert list(backend.fulfilments(ALL, DECEMBER, DECEMBER)) == []

    def test_each_source_is_told_of_apart(self, backend):
        record(backend, submission(), submission(source=SEEN), submission(occupied=35))
        met = list(backend.fulfilments(ALL, DECEMBER, DECEMBER))
        assert {(it.source, it.version) for it in met} == {(SEEN, 2), (Source.RECORDED_HERE, 3)}

    def test_rows_tell_the_same(self, backend):
        record(backend, submission(), submission(source=SEEN), submission(occupied=35), nil(month=JANUARY))
        record(backend, submission("LOC456"), submission("LOC456", service=HOME_CARE))
        for scope, last in ((ALL, JANUARY), (ALL, DECEMBER), (Scope(frozenset({"LOC456"})), JANUARY)):
            met = list(backend.fulfilments(scope, DECEMBER, last))
            assert len(met) > 1
            assert [fulfilment_of(row) for row in backend.fulfilment_rows(scope, DECEMBER, last)] == met

    def test_months_as_bits_count_what_counts(self, store):
        november = Month(2024, 11)
        with store.open(rehearsing=True) as backend:
            backend.save_locations([location("LOC123")])
            record(
                backend, submission(month=november), submission(source=SEEN), submission(month=JANUARY, rehearsal=True)
            )
            record(backend, submission(month=november, service=HOME_CARE), submission(month=JANUARY, fulfils=False))
            kinds = (Counting(), Counting(rehearsing=True), Counting(must_be_seen=True))
            bits = [dict(backend.months_fulfilled(ALL, november, JANUARY, counting)) for counting in kinds]
        assert [found.get(("LOC123", CARE_HOME), 0) for found in bits] == [0b110, 0b111, 0b010]
        assert [found.get(("LOC123", HOME_CARE), 0) for found in bits] == [0b100, 0b100, 0]

    def test_months_as_bits_go_back_as_far_as_one_likes(self, backend):
        months = [Month(2012, 1), Month(2019, 12), Month(2020, 1), DECEMBER]
        record(backend, *(submission(month=month) for month in months), submission(occupied=35))
        bits = backend.months_fulfilled(ALL, months[0], DECEMBER, Counting())["LOC123", CARE_HOME]
        assert [month for month in months_between(months[0], DECEMBER) if bits >> (DECEMBER - month) & 1] == months

    def test_only_locations_in_scope_are_told_of(self, backend):
        record(backend, submission(), submission("LOC456"), submission("LOC456", service=HOME_CARE))
        one = Scope(frozenset({"LOC456"}), service=CARE_HOME)
        assert [(it.location_id, it.service) for it in backend.fulfilments(one, DECEMBER, DECEMBER)] == [
            ("LOC456", CARE_HOME)
        ]
        assert dict(backend.months_fulfilled(one, DECEMBER, DECEMBER, Counting())) == {("LOC456", CARE_HOME): 1}


class TestSeenInCapacityTracker:
    def test_it_is_recorded_beside_the_same_return_recorded_here(self, backend):
        outcomes = record(backend, submission(), submission(source=SEEN), submission(source=SEEN), submission())
        assert [outcome.kind for outcome in outcomes] == [ACCEPTED, CORRECTED, ALREADY, ALREADY]
        assert outcomes[3].entry == outcomes[0].entry


class TestRehearsals:
    def test_a_real_return_is_never_held_against_a_rehearsal(self, backend):
        rehearsed, real = record(backend, submission(rehearsal=True), submission())
        assert (rehearsed.kind, real.kind) == (ACCEPTED, ACCEPTED)
        assert real.previous is None
        assert real.entry.version == 1
        assert real.entry.receipt_id != rehearsed.entry.receipt_id

    def test_a_rehearsal_is_held_against_everything(self, backend):
        outcomes = record(backend, submission(), submission(rehearsal=True), submission(rehearsal=True, occupied=35))
        assert [outcome.kind for outcome in outcomes] == [ACCEPTED, ALREADY, CORRECTED]
        assert not outcomes[1].entry.rehearsal
        assert outcomes[2].entry.version == 2

    def test_a_real_return_is_the_same_again_whatever_was_rehearsed_since(self, backend):
        outcomes = record(backend, submission(), submission(rehearsal=True, occupied=35), submission())
        assert outcomes[2].kind is ALREADY
        assert outcomes[2].entry == outcomes[0].entry

    def test_a_version_is_expected_of_real_returns_alone(self, backend):
        record(backend, submission(rehearsal=True), submission(rehearsal=True, occupied=35))
        [outcome] = record(backend, submission(expected_version=0))
        assert outcome.kind is ACCEPTED

    def test_the_latest_return_is_a_rehearsal_only_for_a_rehearsal(self, store):
        with store.open() as real:
            real.save_locations([location("LOC123")])
            record(real, submission(), submission(rehearsal=True, occupied=35))
            assert real.latest(ALL)["LOC123", CARE_HOME].values["occupied"] == 36
        with store.open(rehearsing=True) as rehearsing:
            assert rehearsing.latest(ALL)["LOC123", CARE_HOME].values["occupied"] == 35

    def test_a_rehearsal_that_would_fulfil_is_marked_and_hides_nothing_real(self, backend):
        record(backend, submission(), submission(rehearsal=True, occupied=35))
        met = list(backend.fulfilments(ALL, DECEMBER, DECEMBER))
        assert {(it.rehearsal, it.version) for it in met} == {(False, 1), (True, 2)}


class TestVersionsStanding:
    """What stands for a month in a whole register, in one question."""

    @pytest.mark.parametrize("many", [False, True], ids=["named", "everywhere"])
    def test_it_is_the_last_return_of_each_and_nothing_that_capacity_tracker_showed(self, backend, many):
        record(backend, submission(), submission(occupied=35), submission(month=JANUARY), nil("LOC456"))
        record(backend, submission(source=SEEN, values={}), submission("LOC456", service=HOME_CARE, source=SEEN))
        record(backend, submission(rehearsal=True, occupied=34))
        ids = None if many else {"LOC123", "LOC456"}
        found = backend.versions_standing(DECEMBER, "", ids, rehearsals=False)
        if found is None:  # over a network it is not told of thousands at once
            return
        assert found == {CARE_HOME: {"LOC123": 2, "LOC456": 1}}
        assert backend.versions_standing(DECEMBER, "", {"LOC456"}, rehearsals=False) == {CARE_HOME: {"LOC456": 1}}
        assert backend.versions_standing(DECEMBER, "", ids, rehearsals=True) == {CARE_HOME: {"LOC123": 4, "LOC456": 1}}
        assert backend.versions_standing(DECEMBER, "a-survey", ids, rehearsals=False) == {}
