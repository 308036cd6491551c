"""Stores are lent to one request at a time, and again only once everything that was begun on them has ended."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ct_cli.backends.access import AccessBackend
from ct_cli.backends.contract import Scope
from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.server.pool import StorePool
from ct_cli.server.refusals import Overloaded


class Noted(SqliteBackend):
    """A store that tells of its opening and of its closing."""

    def __init__(self, path: Path, opened: list[AccessBackend]) -> None:
        super().__init__(path)
        self.opened = opened
        opened.append(self)

    def close(self) -> None:
        super().close()
        self.opened.remove(self)


@pytest.fixture
def opened() -> list[AccessBackend]:
    return []


@pytest.fixture
def open_store(tmp_path: Path, opened: list[AccessBackend]) -> Callable[[], AccessBackend]:
    return lambda: Noted(tmp_path / "store.sqlite3", opened)


def test_a_store_whose_request_was_cancelled_is_lent_again_only_when_its_work_has_ended(open_store) -> None:
    begun, may_end, order = threading.Event(), threading.Event(), []

    def long(_: AccessBackend) -> None:
        begun.set()
        may_end.wait(20)
        order.append("the first has ended")

    async def both() -> None:
        pool = StorePool(open_store, 1)
        first = asyncio.create_task(pool.run(long))
        await asyncio.to_thread(begun.wait, 20)
        first.cancel()
        second = asyncio.create_task(pool.run(lambda _: order.append("the second has its turn")))
        await asyncio.wait([first, second], timeout=0.2)
        assert first.cancelled() and not second.done()
        may_end.set()
        await second
        await pool.close()

    asyncio.run(both())
    assert order == ["the first has ended", "the second has its turn"]


def test_a_stream_that_was_given_up_is_closed_on_its_own_thread_before_its_store_is_lent_again(open_store) -> None:
    begun, may_go_on = threading.Event(), threading.Event()
    seen: list[tuple[str, str]] = []

    def stream(store: AccessBackend) -> Iterator[bytes]:
        try:
            with store.at_one_moment():
                yield b"x" * 70_000
                begun.set()
                may_go_on.wait(20)
                yield b"x" * 70_000
        finally:
            seen.append(("closed", threading.current_thread().name))

    async def both() -> None:
        pool = StorePool(open_store, 1, name="lent")
        loan = await pool.lend()
        assert (await loan.start(stream))[1] is False
        under_way = asyncio.create_task(loan.next_block())
        await asyncio.to_thread(begun.wait, 20)
        under_way.cancel()
        back = asyncio.create_task(loan.give_back())
        back.cancel()  # whoever gives it back may be cancelled as well
        second = asyncio.create_task(
            pool.run(lambda store: seen.append((str(len(store.locations(Scope()))), threading.current_thread().name)))
        )
        await asyncio.wait([second], timeout=0.2)
        await loan.give_back() if may_go_on.is_set() else None
        assert not second.done()
        may_go_on.set()
        await loan.give_back()
        await second
        await pool.close()

    asyncio.run(both())
    assert seen == [("closed", "lent-0_0"), ("0", "lent-0_0")]


def test_one_holder_has_no_more_than_its_share_and_the_others_their_turn(open_store) -> None:
    async def all_of_them() -> None:
        pool = StorePool(open_store, 3, each=2, wait_seconds=0.2)
        greedy = [await pool.lend("a"), await pool.lend("a")]
        with pytest.raises(Overloaded):
            await pool.lend("a")
        other = await pool.lend("b")
        with pytest.raises(Overloaded):
            await pool.lend("c")
        await other.give_back()
        waiting = asyncio.create_task(pool.lend("a"))
        await (await pool.lend("c")).give_back()  # though another waits, whose turn it cannot be
        await greedy[0].give_back()
        await (await waiting).give_back()
        await pool.close()

    asyncio.run(all_of_them())


def test_one_holder_leaves_the_others_room_to_wait(open_store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ct_cli.server.pool.MOST_WAITING", 6)

    async def many() -> None:
        lent = StorePool(open_store, 1)
        first = await lent.lend("eager")
        waiting = [asyncio.create_task(lent.run(lambda _: "done", "eager")) for _ in range(5)]
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(lent.run(lambda _: "done", "other")))
        await asyncio.sleep(0)
        await first.give_back()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert ["done" if it == "done" else type(it) for it in found] == [*["done"] * 3, *[Overloaded] * 2, "done"]
        await lent.close()

    asyncio.run(many())


def test_every_store_is_closed_at_the_end_lent_or_not(open_store, opened: list[AccessBackend]) -> None:
    ended: list[str] = []

    def stream(store: AccessBackend) -> Iterator[bytes]:
        with store.at_one_moment():
            try:
                yield b"x" * 70_000
            finally:
                ended.append("stream")

    async def end() -> None:
        pool = StorePool(open_store, 3)
        loan = await pool.lend()
        await loan.start(stream)
        await pool.run(lambda store: store.locations(Scope()))
        assert len(opened) == 2
        await pool.close()

    asyncio.run(end())
    assert (ended, opened) == (["stream"], [])
