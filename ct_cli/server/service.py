"""What one worker process serves with: its stores, its gate, its letterbox, and the work that it does now and then."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from ct_cli import clock
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend
from ct_cli.errors import CtError, StoreUnusable
from ct_cli.server.gate import Gate
from ct_cli.server.letterbox import Letterbox
from ct_cli.server.log import Log
from ct_cli.server.options import ServerOptions
from ct_cli.server.pool import StorePool

ANSWERS_KEPT = timedelta(days=1)
UPKEEP_EVERY_SECONDS = 30
_ROUNDS_TO_FORGET = 60
_ROUNDS_TO_TRY = 10
"""A write is tried less often while all is well: on PostgreSQL each goes to every replica."""


@dataclass
class Service:
    """One worker process's own. Begun and ended with the application."""

    workplace: Workplace
    open_store: Callable[[], AccessBackend]
    options: ServerOptions
    log: Log = field(default_factory=Log)

    writes_refused: bool = False
    """Whether the last write that was tried was refused, as where the disk is full: then this is not ready to serve."""

    # Pools of stores, made by `begin`:
    stores: StorePool = field(init=False)
    """For what is done in one go: questions with short answers, and writes."""
    streams: StorePool = field(init=False)
    """For long answers, which are lent a store for as long as their clients read."""
    bulk: StorePool = field(init=False)
    """For thousands of returns at once."""
    access: StorePool = field(init=False)
    """For keys, and whether the store can be read: without them nobody is served."""
    upkeep: StorePool = field(init=False)
    """For what the server itself writes, which may have to wait for another program's writing."""

    async def begin(self) -> None:
        """Open a store, which makes or migrates it, before the first request. Raises StoreUnusable."""
        readers = self.options.readers
        # Apart from one another, so that those who wait for their clients stand in nobody's way.
        self.stores = StorePool(self.open_store, readers, each=_share(readers), name="ct-reader")
        self.streams = StorePool(self.open_store, _share(readers), each=_share(_share(readers)), name="ct-stream")
        self.bulk = StorePool(self.open_store, _share(readers), each=_share(_share(readers)), name="ct-bulk")
        self.access = StorePool(self.open_store, 2, name="ct-access")
        self.upkeep = StorePool(self.open_store, 1, name="ct-upkeep")
        self.gate = Gate(self.access, self.options.limits)
        self.letterbox = Letterbox(self.workplace, self.open_store, self.options.limits.same_request_seconds)
        await self.access.run(lambda store: store.find_key(""))
        self._tidying = asyncio.create_task(self._tidy())

    async def end(self) -> None:
        """Finish what is under way, note what is to be noted, and let go of the stores."""
        self._tidying.cancel()
        await asyncio.gather(self._tidying, return_exceptions=True)
        async with AsyncExitStack() as stack:  # each is closed, also where another cannot be
            for pool in (self.access, self.upkeep, self.stores, self.bulk, self.streams):
                stack.push_async_callback(pool.close)
            await self.letterbox.close()
            await self._note_last_uses()

    async def must_be_ready(self) -> None:
        """Raises StoreUnusable, or StoreUnreachable, where the store cannot be read or, since a write was refused,
        still not be written."""
        await self.access.run(lambda store: store.find_key(""))
        if self.writes_refused:
            await self.upkeep.run(lambda store: store.try_writing(clock.now()))
            self.writes_refused = False

    async def _look_whether_it_can_be_written(self) -> None:
        """Find out also where nobody has written of late, and say it once."""
        try:
            await self.upkeep.run(lambda store: store.try_writing(clock.now()))
        except StoreUnusable as error:
            if not self.writes_refused:
                self.log.trouble(error)
            self.writes_refused = True
        except CtError as error:  # It is away: what can be read of a replica goes on.
            self.log.trouble(error)
        else:
            self.writes_refused = False

    async def _tidy(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(UPKEEP_EVERY_SECONDS)
            if self.writes_refused or rounds % _ROUNDS_TO_TRY == 0:
                await self._look_whether_it_can_be_written()
            await self._note_last_uses()
            if rounds % _ROUNDS_TO_FORGET == 0:
                await self._forget_answers()
            rounds += 1

    async def _note_last_uses(self) -> None:
        uses = self.gate.take_last_uses()
        if not uses:
            return
        try:
            await self.upkeep.run(lambda store: store.note_keys_used(uses))
        except CtError as error:  # The store is away. They are noted the next time, unless later ones are.
            self.log.trouble(error)
            self.gate.last_uses = {**uses, **self.gate.last_uses}

    async def _forget_answers(self) -> None:
        try:
            await self.upkeep.run(lambda store: store.forget_answers(clock.now() - ANSWERS_KEPT))
        except CtError as error:  # The store is away: it is tried again at the next round.
            self.log.trouble(error)


def _share(of: int) -> int:
    """Half of so many, but one at least."""
    return max(1, of // 2)
