"""Open stores of one worker process, each lent to one request at a time.

Each store has a thread of its own, on which it is opened, used and closed. Work that has begun on a thread cannot be
stopped: where the request that asked for it is over (its client hung up, its time was up), the work still goes on to
its end. So a store is lent again only once everything that was begun for the request before has ended on its thread.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ct_cli.backends.access import AccessBackend
from ct_cli.server.refusals import Overloaded

T = TypeVar("T")

BLOCK = 65_536
"""Bytes of a stream that are made on one visit to its thread, or a little more."""
MOST_WAITING = 1_000
"""Requests that may wait for their turn; half of them of one holder, so that there is room for the others."""


class _PooledStore:
    """A store and its thread. Opened at its first use."""

    def __init__(self, open_store: Callable[[], AccessBackend], name: str) -> None:
        self._open_store = open_store
        self._store: AccessBackend | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    def begin(self, work: Callable[[AccessBackend], T]) -> asyncio.Future[T]:
        """Do some work on the thread, after all that was begun there before."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    async def close(self) -> None:
        """Close the store, after all that was begun on its thread, and end the thread."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        finally:
            self._thread.shutdown(wait=False)

    def _do(self, work: Callable[[AccessBackend], T]) -> T:
        if self._store is None:
            self._store = self._open_store()
        return work(self._store)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()


class StorePool:
    """Lends up to `size` stores, of which one holder may have `each` at once. Who finds none waits for its turn."""

    def __init__(
        self,
        open_store: Callable[[], AccessBackend],
        size: int,
        *,
        each: int | None = None,
        wait_seconds: float = 30,
        name: str = "ct-store",
    ) -> None:
        self._open_store, self._name = open_store, name
        self._unopened = size
        self._each = size if each is None else each
        self._wait_seconds = wait_seconds
        self._all: list[_PooledStore] = []
        self._idle: list[_PooledStore] = []
        self._held = Counter[str]()
        self._waiting: list[tuple[str, asyncio.Future[_PooledStore]]] = []
        self._loans: set[Loan] = set()

    async def run(self, work: Callable[[AccessBackend], T], holder: str = "") -> T:
        """Return what some work on a store answers. Raises Overloaded where none is free in time."""
        store = await self._turn(holder)
        done = store.begin(work)
        done.add_done_callback(lambda _: self._take_back(store, holder))
        return await asyncio.shield(done)

    async def lend(self, holder: str = "") -> "Loan":
        """Lend a store for several pieces of work, until it is given back. Raises Overloaded where none is free in
        time."""
        loan = Loan(await self._turn(holder), lambda store: self._take_back(store, holder), self._loans.discard)
        self._loans.add(loan)
        return loan

    async def close(self) -> None:
        """Take back what is lent, wait for what is under way, then close every store."""
        for _, turn in self._waiting:
            turn.cancel()
        await asyncio.gather(*[loan.give_back() for loan in list(self._loans)], return_exceptions=True)
        closed = await asyncio.gather(*[store.close() for store in self._all], return_exceptions=True)
        for failure in closed:
            if isinstance(failure, BaseException):
                raise failure

    async def _turn(self, holder: str) -> _PooledStore:
        if self._may_have_another(holder) and (store := self._free()) is not None:
            self._held[holder] += 1
            return store
        theirs = sum(name == holder for name, _ in self._waiting) if holder else 0
        if len(self._waiting) >= MOST_WAITING or theirs >= MOST_WAITING // 2:
            raise Overloaded(seconds=2)
        turn: asyncio.Future[_PooledStore] = asyncio.get_running_loop().create_future()
        self._waiting.append((holder, turn))
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it came in the same moment
                self._take_back(turn.result(), holder)
            else:
                self._waiting.remove((holder, turn))
            if isinstance(error, TimeoutError):
                raise Overloaded(seconds=2) from None
            raise

    def _may_have_another(self, holder: str) -> bool:
        return not holder or self._held[holder] < self._each

    def _free(self) -> _PooledStore | None:
        """The store that was used last, whose pages are in memory, or else a new one; None where all are lent."""
        if self._idle:
            return self._idle.pop()
        if not self._unopened:
            return None
        self._unopened -= 1
        self._all.append(_PooledStore(self._open_store, f"{self._name}-{len(self._all)}"))
        return self._all[-1]

    def _take_back(self, store: _PooledStore, holder: str) -> None:
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]
        self._idle.append(store)
        for at, (name, turn) in enumerate(self._waiting):
            if not turn.done() and self._may_have_another(name):
                del self._waiting[at]
                self._held[name] += 1
                turn.set_result(self._idle.pop())
                return


class Loan:
    """A store that is lent, with the stream that is made from it."""

    def __init__(
        self, store: _PooledStore, take_back: Callable[[_PooledStore], None], ended: Callable[["Loan"], None]
    ) -> None:
        self._store, self._take_back, self._ended = store, take_back, ended
        self._stream: Iterator[bytes] | None = None
        self._closing: asyncio.Future[None] | None = None

    async def start(self, make: Callable[[AccessBackend], Iterator[bytes]]) -> tuple[bytes, bool]:
        """Begin a stream: its first block, and whether it is the last."""

        def first(store: AccessBackend) -> tuple[bytes, bool]:
            self._stream = make(store)
            return _next_block(self._stream)

        return await asyncio.shield(self._store.begin(first))

    async def next_block(self) -> tuple[bytes, bool]:
        """The next block of the stream, and whether it is the last."""
        return await asyncio.shield(self._store.begin(lambda _: _next_block(self._stream or iter(()))))

    async def give_back(self) -> None:
        """Close the stream on the store's thread, after what is under way there; only then is the store lent again.

        May be called more than once; the first call raises what closing the stream raises.
        """
        if self._closing is not None:
            await asyncio.wait([self._closing])
            return
        self._closing = self._store.begin(self._close)
        self._closing.add_done_callback(self._closed)
        await asyncio.shield(self._closing)

    def _close(self, _: AccessBackend) -> None:
        close = getattr(self._stream, "close", None)  # an iterator that is no generator has nothing to close
        if close is not None:
            close()

    def _closed(self, _: asyncio.Future[None]) -> None:
        self._ended(self)
        self._take_back(self._store)


def _next_block(stream: Iterator[bytes]) -> tuple[bytes, bool]:
    parts, size = [], 0
    for part in stream:
        parts.append(part)
        size += len(part)
        if size >= BLOCK:
            return b"".join(parts), False
    return b"".join(parts), True
