"""The promises of ct_cli/backends/access.py: keys, the audit trail, answers kept; against every kind of store
that a server can stand before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ct_cli.backends.access import AccessBackend, ApiKey, AuditLine, Beside, KeptAnswer, Role
from ct_cli.backends.contract import Outcome, OutcomeKind
from ct_cli.register.location import Location, Scope, User
from tests.backends.conftest import KINDS, RECEIVED, WITHOUT_A_SERVER, Store, location, submission

KEY = ApiKey("0a1b2c3d", "payroll script", Role.PROVIDER, "Rose Care", "d" * 64, RECEIVED)
LINE = AuditLine("1" * 32, RECEIVED, "0a1b2c3d", "accepted", "LOC123", "care-home", "2024-12", "ab" * 8, "req-1")
ANSWER = KeptAnswer("0a1b2c3d", "first", 0, "e" * 64, 201, "{}", '{"fate":"accepted"}', RECEIVED)
WHICH = ("0a1b2c3d", "first", 0)
LATER = RECEIVED + timedelta(hours=1)


@pytest.fixture(params=WITHOUT_A_SERVER)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind that keeps these things itself."""
    return KINDS[request.param](tmp_path)


def test_a_key_is_found_again_by_its_id(backend: AccessBackend) -> None:
    key = replace(KEY, expires_at=LATER)
    backend.add_key(key)
    assert backend.find_key("0a1b2c3d") == key
    assert backend.find_key("00000000") is None


def test_keys_are_listed_in_the_order_in_which_they_were_made(backend: AccessBackend) -> None:
    newer = replace(KEY, id="00000001", created_at=LATER)
    backend.add_key(newer)
    backend.add_key(KEY)
    assert backend.keys() == [KEY, newer]


def test_a_key_is_revoked_once(backend: AccessBackend) -> None:
    backend.add_key(KEY)
    assert backend.revoke_key(KEY.id, RECEIVED)
    assert not backend.revoke_key(KEY.id, LATER)
    assert backend.keys() == [replace(KEY, revoked_at=RECEIVED)]
    assert not backend.revoke_key("00000000", RECEIVED)


def test_the_last_use_of_a_key_only_moves_forward(backend: AccessBackend) -> None:
    backend.add_key(KEY)
    backend.note_keys_used({KEY.id: LATER})
    backend.note_keys_used({KEY.id: RECEIVED, "00000000": RECEIVED})
    assert backend.keys() == [replace(KEY, last_used_at=LATER)]


def test_a_key_is_usable_until_it_expires_or_is_revoked() -> None:
    assert KEY.usable(LATER)
    assert replace(KEY, expires_at=LATER).usable(RECEIVED)
    assert not replace(KEY, expires_at=LATER).usable(LATER)
    assert not replace(KEY, revoked_at=RECEIVED).usable(RECEIVED)


def test_a_key_reaches_its_own_locations_only() -> None:
    home = Location("LOC123", "Rose House", (), provider="Rose Care", provider_id="1-99", local_authority="Kent")
    assert KEY.reaches(home)
    assert replace(KEY, belongs_to="1-99").reaches(home)
    assert not replace(KEY, belongs_to="Rose").reaches(home)
    assert replace(KEY, role=Role.LOCAL_AUTHORITY, belongs_to="KENT").reaches(home)
    assert not replace(KEY, role=Role.LOCAL_AUTHORITY, belongs_to="Rose Care").reaches(home)
    assert replace(KEY, role=Role.ADMIN, belongs_to="").reaches(home)


def test_the_audit_trail_is_told_by_location_and_by_time(backend: AccessBackend) -> None:
    elsewhere = replace(LINE, id="2" * 32, location_id="LOC456", at=LATER)
    backend.add_audit_lines([elsewhere, LINE])
    assert backend.audit_trail() == [LINE, elsewhere]
    assert backend.audit_trail("LOC456") == [elsewhere]
    assert backend.audit_trail(since=LATER) == [elsewhere]
    assert backend.audit_trail("LOC123", since=LATER) == []


def test_what_is_beside_a_return_is_written_with_it(backend: AccessBackend) -> None:
    def beside(outcomes: Sequence[Outcome]) -> Beside:
        [outcome] = outcomes
        assert outcome.entry is not None
        return Beside((replace(LINE, receipt_id=outcome.entry.receipt_id),))

    [outcome] = backend.record_beside([submission()], beside)
    assert outcome.kind is OutcomeKind.ACCEPTED and outcome.entry is not None
    assert backend.audit_trail() == [replace(LINE, receipt_id=outcome.entry.receipt_id)]


def test_where_what_is_beside_fails_nothing_is_recorded(backend: AccessBackend) -> None:
    def beside(_: Sequence[Outcome]) -> Beside:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        backend.record_beside([submission()], beside)
    assert backend.history("LOC123") == []


def test_keys_audit_and_answers_outlive_the_program(store: Store) -> None:
    with store.open() as first:
        assert isinstance(first, AccessBackend)
        first.add_key(KEY)
        first.add_audit_lines([LINE])
    with store.open() as second:
        assert isinstance(second, AccessBackend)
        assert (second.keys(), second.audit_trail()) == ([KEY], [LINE])


def test_all_that_is_written_in_one_is_there_or_none_of_it(backend: AccessBackend) -> None:
    rose, user = location("LOC777"), User("LOC777", "sam@example.org")
    only = Scope(frozenset({"LOC777"}))

    def work() -> str:
        backend.save_locations([rose])
        backend.save_users([user])
        backend.record_beside([], lambda _: Beside((LINE,)))
        backend.once([], lambda _: (None, [ANSWER]))
        return "done"

    def broken() -> None:
        work()
        backend.remove_users("sam@example.org")
        raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError):
        backend.in_one(broken)
    assert not backend.locations(only)
    assert not backend.audit_trail()
    assert not backend.kept_answers([WHICH])

    assert backend.in_one(work) == "done"
    assert backend.locations(only) == [rose]
    assert backend.kept_answers([WHICH]) == {WHICH: ANSWER}

    assert backend.in_one(lambda: backend.remove_users("sam@example.org")) == 1
    assert not backend.users(only)
    backend.save_users([user])  # and a write of its own is one again
    assert backend.users(only) == [user]
