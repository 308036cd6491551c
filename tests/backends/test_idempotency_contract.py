"""Writes under an idempotency key, in each store that a server can stand before."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ct_cli.backends.access import AccessBackend, KeptAnswer, KeyHeld
from ct_cli.server.idempotency import BatchRun, IdempotentRequest
from ct_cli.server.refusals import KeyReused
from tests.backends.conftest import KINDS, RECEIVED, WITHOUT_A_SERVER, Store, submission

REQUEST = IdempotentRequest("0a1b2c3d", "first", "e" * 64)
RESERVED = KeptAnswer(*REQUEST.part(), REQUEST.request_hash, 0, "{}", "", RECEIVED)
ANSWER = replace(RESERVED, status=201, body='{"fate":"accepted"}')
WHICH = REQUEST.part()


@pytest.fixture(params=WITHOUT_A_SERVER)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return KINDS[request.param](tmp_path)


@pytest.fixture
def pair(store: Store) -> Iterator[tuple[AccessBackend, AccessBackend]]:
    """One store, open twice."""
    with store.open() as one, store.open() as other:
        assert isinstance(one, AccessBackend) and isinstance(other, AccessBackend)
        yield one, other


def test_an_answer_is_kept_with_the_work_and_told_the_next_time(pair: tuple[AccessBackend, AccessBackend]) -> None:
    one, other = pair

    def work(kept: object) -> tuple[str, list[KeptAnswer]]:
        assert kept == {}
        one.record([submission()])
        return "done", [ANSWER]

    assert one.once([RESERVED], work) == "done"
    assert other.kept_answers([WHICH]) == {WHICH: ANSWER}
    assert len(other.history("LOC123")) == 1
    assert other.once([RESERVED], lambda kept: (kept, [])) == {WHICH: ANSWER}
    assert other.kept_answers([WHICH]) == {WHICH: ANSWER}


def test_where_the_work_fails_nothing_is_there_and_the_key_is_free(pair: tuple[AccessBackend, AccessBackend]) -> None:
    one, other = pair

    def work(_: object) -> tuple[None, list[KeptAnswer]]:
        one.record([submission()])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        one.once([RESERVED], work)
    assert other.kept_answers([WHICH]) == {}
    assert other.history("LOC123") == []
    assert other.once([RESERVED], lambda kept: (kept, [])) == {}


def test_a_rival_begins_once_the_first_has_ended_and_knows_its_answer(store: Store) -> None:
    at_work, ended = threading.Event(), threading.Event()

    def slow(_: object) -> tuple[None, list[KeptAnswer]]:
        at_work.set()
        threading.Event().wait(0.6)
        ended.set()
        return None, [ANSWER]

    def first() -> object:
        with store.open() as own:
            assert isinstance(own, AccessBackend)
            return own.once([RESERVED], slow)

    def rival() -> object:
        with store.open() as own:
            assert isinstance(own, AccessBackend)
            at_work.wait(10)
            while True:
                with contextlib.suppress(KeyHeld):
                    return own.once([RESERVED], lambda kept: ((kept, ended.is_set()), []))

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.submit(first), threads.submit(rival)
        assert one.result(20) is None
        assert other.result(20) == ({WHICH: ANSWER}, True)


def test_several_keys_are_reserved_in_one_order_whatever_order_they_are_given_in(store: Store) -> None:
    many = [replace(RESERVED, idempotency_key=f"key {at}") for at in range(12)]
    answers = {True: [replace(it, status=200) for it in many], False: [replace(it, status=201) for it in many]}

    def send(forwards: bool) -> int:
        given = many if forwards else many[::-1]
        with store.open() as own:
            assert isinstance(own, AccessBackend)
            while True:
                with contextlib.suppress(KeyHeld):
                    return own.once(given, lambda kept: (len(kept), [] if kept else answers[forwards]))

    store.open().close()
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(send, [True, False]))
    assert sorted(found) == [0, 12]
    with store.open() as own:
        assert isinstance(own, AccessBackend)
        kept = own.kept_answers([(it.key_id, it.idempotency_key, 0) for it in many])
    assert {it.status for it in kept.values()} in ({200}, {201})


def test_within_one_piece_of_work_a_key_is_reserved_in_its_transaction(
    pair: tuple[AccessBackend, AccessBackend],
) -> None:
    one, other = pair

    def broken() -> None:
        one.once([RESERVED], lambda _: (None, [ANSWER]))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        one.in_one(broken)
    assert other.kept_answers([WHICH]) == {}


# The runs of a batch.


def chunk(run: BatchRun, store: AccessBackend, number: int) -> list[int]:
    """Record a chunk; how many entries there are then."""
    answer = REQUEST.kept(200, "{}", f"chunk {number}", number)

    def work() -> list[int]:
        store.record([submission(f"LOC{number}")])
        return [number]

    return run.record(store, number, work, lambda: answer)


def test_a_batch_is_reserved_with_its_first_chunk_and_free_after_its_last(
    pair: tuple[AccessBackend, AccessBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:00:00+00:00")
    one, other = pair
    run, rival = BatchRun(REQUEST), BatchRun(REQUEST)
    assert run.begin(one, 3) == [] and rival.begin(other, 3) == []
    chunk(run, one, 0)
    for _ in range(2):
        with pytest.raises(KeyHeld):
            BatchRun(REQUEST).must_be_free(other)
        with pytest.raises(KeyHeld):
            BatchRun(REQUEST).begin(other, 3)  # it looked just before that, and tells nothing
        with pytest.raises(KeyHeld):
            chunk(rival, other, 0)
    chunk(run, one, 1)
    chunk(run, one, 2)
    late = BatchRun(REQUEST)
    late.must_be_free(other)
    assert [it.body for it in late.begin(other, 3)] == ["chunk 0", "chunk 1", "chunk 2"]
    with pytest.raises(KeyHeld):
        chunk(rival, other, 0)
    run.let_go(one)
    with pytest.raises(KeyReused):
        BatchRun(replace(REQUEST, request_hash="f" * 64)).must_be_free(other)


def test_a_batch_that_ended_early_can_go_on_at_once(
    pair: tuple[AccessBackend, AccessBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:00:00+00:00")
    one, other = pair
    run, next_run = BatchRun(REQUEST), BatchRun(REQUEST)
    run.begin(one, 3)
    chunk(run, one, 0)
    run.let_go(one)
    next_run.must_be_free(other)
    assert len(next_run.begin(other, 3)) == 1
    chunk(next_run, other, 1)
    with pytest.raises(KeyHeld):
        chunk(run, one, 1)
    run.let_go(one)  # it is not its own any more
    chunk(next_run, other, 2)
    assert [len(other.history(f"LOC{number}")) for number in range(3)] == [1, 1, 1]


def test_who_comes_back_after_it_was_taken_for_dead_records_nothing_more(
    pair: tuple[AccessBackend, AccessBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:00:00+00:00")
    one, other = pair
    stopped, next_run, third = BatchRun(REQUEST), BatchRun(REQUEST), BatchRun(REQUEST)
    stopped.begin(one, 4)
    chunk(stopped, one, 0)
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:05:00+00:00")
    chunk(stopped, one, 1)  # a sign of life
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:14:59+00:00")
    with pytest.raises(KeyHeld):
        next_run.must_be_free(other)
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:15:00+00:00")
    next_run.must_be_free(other)
    assert len(next_run.begin(other, 4)) == 2
    with pytest.raises(KeyHeld):
        third.begin(one, 4)  # of two that would go on, one does
    chunk(next_run, other, 2)
    with pytest.raises(KeyHeld):
        chunk(stopped, one, 2)
    stopped.let_go(one)
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:30:00+00:00")
    with pytest.raises(KeyHeld):
        chunk(stopped, one, 2)  # nor where the other is taken for dead: this was recorded
    chunk(next_run, other, 3)
    assert [len(other.history(f"LOC{number}")) for number in range(4)] == [1, 1, 1, 1]


def test_a_batch_of_one_chunk_is_one_transaction(
    pair: tuple[AccessBackend, AccessBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_NOW", "2024-12-09T10:00:00+00:00")
    one, other = pair
    run, rival = BatchRun(REQUEST), BatchRun(REQUEST)
    run.begin(one, 1)
    rival.begin(other, 1)
    chunk(run, one, 0)
    with pytest.raises(KeyHeld):
        chunk(rival, other, 0)
    again = BatchRun(REQUEST)
    again.must_be_free(other)
    assert [it.body for it in again.begin(other, 1)] == ["chunk 0"]
