"""The promises of ct_cli/backends/outbox.py: each reminder once; against every kind of store that has an outbox."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ct_cli.backends.contract import Backend
from ct_cli.backends.outbox import Change, ContactNote, Letter, LetterState, Outbox, Owing
from ct_cli.register.location import User
from tests.backends.conftest import CARE_HOME, DECEMBER, HOME_CARE, JANUARY, KINDS, WITHOUT_A_SERVER, Store

MADE = datetime(2024, 12, 9, 9, 0, 0, 123456, UTC)
LETTER = Letter(
    DECEMBER, "sam@example.org", "opening", 0, (Owing("LOC123", CARE_HOME), Owing("LOC123", HOME_CARE)), MADE
)


@pytest.fixture(params=WITHOUT_A_SERVER)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind that keeps these things itself."""
    return KINDS[request.param](tmp_path)


@pytest.fixture
def outbox(backend: Backend) -> Outbox:
    assert isinstance(backend, Outbox)
    return backend


def claimed(letter: Letter, by: str) -> Letter:
    return replace(letter, state=LetterState.SENDING, claimed_by=by, changed_at=MADE + timedelta(seconds=1))


def test_a_letter_comes_back_as_it_was_queued(outbox: Outbox) -> None:
    whole = replace(
        LETTER, part=2, state=LetterState.FAILED, channel="smtp", reason="550 “no” such user", attempts=3,
        not_before=MADE + timedelta(minutes=5), claimed_by="office:1", changed_at=MADE,
        instead_of=("gone@example.org", "siân%_\"@example.org"),
    )  # fmt: skip
    assert outbox.queue([LETTER, whole]) == 2
    assert outbox.letters() == [LETTER, whole]


def test_a_second_letter_for_the_same_month_recipient_rung_and_part_is_passed_over(outbox: Outbox) -> None:
    outbox.queue([LETTER])
    assert outbox.queue([replace(LETTER, about=(), reason="again")]) == 0
    assert outbox.letters() == [LETTER]


@pytest.mark.parametrize(
    "other",
    [{"month": JANUARY}, {"recipient": "alex@example.org"}, {"rung": "last-day"}, {"part": 1}, {"rehearsal": True}],
)
def test_letters_that_differ_in_any_part_of_their_key_are_two(outbox: Outbox, other: dict[str, object]) -> None:
    assert outbox.queue([LETTER, replace(LETTER, **other)]) == 2  # type: ignore[arg-type]
    assert len(outbox.letters()) == 2


def test_letters_are_found_by_month_and_state_in_the_order_in_which_they_were_queued(outbox: Outbox) -> None:
    later = replace(LETTER, recipient="alex@example.org")
    january = replace(LETTER, month=JANUARY)
    sent = replace(LETTER, recipient="zoe@example.org", state=LetterState.SENT)
    outbox.queue([january, LETTER, later, sent])
    assert outbox.letters() == [LETTER, later, sent, january]
    assert outbox.letters(month=DECEMBER) == [LETTER, later, sent]
    assert outbox.letters(states={LetterState.SENT, LetterState.FAILED}) == [sent]
    assert outbox.letters(month=DECEMBER, states=[LetterState.PENDING]) == [LETTER, later]
    assert outbox.letters(states=()) == []


def test_of_two_who_claim_a_letter_one_has_it(outbox: Outbox) -> None:
    outbox.queue([LETTER])
    mine, theirs = claimed(LETTER, "office:1"), claimed(LETTER, "office:2")
    assert outbox.change([Change(LETTER, mine)]) == [True]
    assert outbox.change([Change(LETTER, theirs)]) == [False]
    assert outbox.letters() == [mine]


def test_a_letter_is_settled_only_by_who_claimed_it(outbox: Outbox) -> None:
    outbox.queue([LETTER])
    mine = claimed(LETTER, "office:1")
    outbox.change([Change(LETTER, mine)])
    not_mine = replace(mine, claimed_by="office:2")
    assert outbox.change([Change(not_mine, replace(not_mine, state=LetterState.SENT))]) == [False]
    assert outbox.change([Change(mine, replace(mine, state=LetterState.SENT))]) == [True]


def test_one_call_settles_one_letter_and_claims_the_next(outbox: Outbox) -> None:
    second = replace(LETTER, recipient="alex@example.org")
    outbox.queue([LETTER, second])
    first = claimed(LETTER, "office:1")
    outbox.change([Change(LETTER, first)])
    sent = replace(first, state=LetterState.SENT)
    assert outbox.change([Change(first, sent), Change(second, claimed(second, "office:1"))]) == [True, True]
    assert [letter.state for letter in outbox.letters()] == [LetterState.SENT, LetterState.SENDING]


def test_many_programs_that_claim_at_once_never_have_the_same_letter(store: Store, outbox: Outbox) -> None:
    letters = [replace(LETTER, recipient=f"user{number}@example.org") for number in range(20)]
    outbox.queue(letters)
    had: list[str] = []

    def claim_all(name: str) -> None:
        with store.open() as mine:
            assert isinstance(mine, Outbox)
            for letter in letters:
                if mine.change([Change(letter, claimed(letter, name))])[0]:
                    had.append(letter.recipient)

    threads = [threading.Thread(target=claim_all, args=(f"office:{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(had) == sorted(letter.recipient for letter in letters)


def test_what_was_queued_is_there_for_the_next_program(store: Store, outbox: Outbox) -> None:
    outbox.queue([LETTER])
    with store.open() as another:
        assert isinstance(another, Outbox)
        assert another.letters() == [LETTER]


def test_a_note_takes_the_place_of_the_one_before_and_an_empty_one_removes_it(outbox: Outbox) -> None:
    away = ContactNote("sam@example.org", away_from=date(2024, 12, 9), away_to=date(2024, 12, 20))
    outbox.save_contact_note(away)
    outbox.save_contact_note(ContactNote("alex@example.org", opted_out=True))
    assert outbox.contact_notes() == [ContactNote("alex@example.org", opted_out=True), away]
    outbox.save_contact_note(replace(away, opted_out=True))
    outbox.save_contact_note(ContactNote("alex@example.org"))
    assert outbox.contact_notes() == [replace(away, opted_out=True)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2024, 12, 8), False), (date(2024, 12, 9), True), (date(2024, 12, 20), True), (date(2024, 12, 21), False)],
)
def test_a_person_is_away_from_the_first_day_to_the_last(day: date, expected: bool) -> None:
    assert ContactNote("", away_from=date(2024, 12, 9), away_to=date(2024, 12, 20)).away_on(day) is expected


def test_a_person_who_is_erased_is_erased_from_the_outbox(backend: Backend, outbox: Outbox) -> None:
    backend.save_users([User("LOC123", "sam@example.org"), User("LOC456", "sam@example.org")])
    outbox.queue([replace(LETTER, reason="550 sam@example.org is unknown"), replace(LETTER, rung="last-day")])
    others = ("alex@example.org", "sam@example.org", "not-sam@example.org")
    outbox.queue([replace(LETTER, recipient="kim@example.org", instead_of=others)])
    outbox.save_contact_note(ContactNote("sam@example.org", opted_out=True))
    backend.remove_users("Sam@example.org", "LOC123")
    assert {letter.recipient for letter in outbox.letters()} == {"sam@example.org", "kim@example.org"}
    backend.remove_users("sam@example.org")
    assert "'sam@" not in str(outbox.letters())
    assert outbox.letters()[-1].instead_of == ("alex@example.org", "erased", "not-sam@example.org")
    assert len(outbox.letters()) == 3, "that reminders went out is still known"
    assert outbox.contact_notes() == []
