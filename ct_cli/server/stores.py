"""The stores of one worker process: a few that are open, each lent to one request at a time, on their own threads."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from ct_cli.backends.access import AccessBackend

T = TypeVar("T")

BLOCK = 65_536
"""Bytes of a stream that are made on one visit to a thread."""


class Stores:
    """Lends open stores. A request that finds all of them lent waits for its turn."""

    def __init__(self, open_one: Callable[[], AccessBackend], most: int) -> None:
        self._open_one = open_one
        self._turns = asyncio.Semaphore(most)
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="ct-reader")
        self._idle: list[AccessBackend] = []
        self._lock = threading.Lock()

    async def run(self, work: Callable[[AccessBackend], T]) -> T:
        """What some work on a store answers."""
        async with self._turns:
            return await self._on_thread(self._work, work)

    async def stream(self, make: Callable[[AccessBackend], Iterator[bytes]]) -> AsyncGenerator[bytes, None]:
        """What is made from a store, block by block, as fast as it is taken."""
        async with self._lent() as store:
            made = await self._on_thread(make, store)
            while block := await self._on_thread(_next_block, made):
                yield block

    async def close(self) -> None:
        """Wait for what is under way, then close every store."""
        self._threads.shutdown(wait=True)
        for store in self._idle:
            store.close()

    def _work(self, work: Callable[[AccessBackend], T]) -> T:
        store = self._take()
        try:
            return work(store)
        finally:
            self._put_back(store)

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[AccessBackend]:
        async with self._turns:
            store = await self._on_thread(self._take)
            try:
                yield store
            finally:
                self._put_back(store)

    def _take(self) -> AccessBackend:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._open_one()

    def _put_back(self, store: AccessBackend) -> None:
        with self._lock:
            self._idle.append(store)

    async def _on_thread(self, work: Callable[..., T], *given: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


def _next_block(made: Iterator[bytes]) -> bytes:
    parts, size = [], 0
    for part in made:
        parts.append(part)
        size += len(part)
        if size >= BLOCK:
            break
    return b"".join(parts)
