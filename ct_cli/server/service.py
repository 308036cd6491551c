"""What one worker process serves with: its stores, its gate, its letterbox, and the work that it does now and then."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from ct_cli import clock
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend
from ct_cli.errors import CtError
from ct_cli.server.gate import Gate
from ct_cli.server.letterbox import Letterbox
from ct_cli.server.log import Log
from ct_cli.server.options import ServerOptions
from ct_cli.server.stores import Stores

ANSWERS_KEPT = timedelta(days=1)
_NOTED_EVERY_SECONDS = 30
_ROUNDS_TO_FORGET = 60


@dataclass
class Service:
    """One worker process's own. Begun and ended with the application."""

    workplace: Workplace
    open_store: Callable[[], AccessBackend]
    options: ServerOptions
    log: Log = field(default_factory=Log)

    async def begin(self) -> None:
        """Open a store, which makes or migrates it, before the first request. Raises StoreUnusable."""
        self.stores = Stores(self.open_store, self.options.readers)
        self.gate = Gate(self.stores, self.options.limits)
        self.letterbox = Letterbox(self.workplace, self.open_store)
        await self.stores.run(lambda store: store.find_key(""))
        self._tidying = asyncio.create_task(self._tidy())

    async def end(self) -> None:
        """Finish what is under way, note what is to be noted, and let go of the stores."""
        self._tidying.cancel()
        await asyncio.gather(self._tidying, return_exceptions=True)
        await self.letterbox.close()
        await self._note_last_uses()
        await self.stores.close()

    async def _tidy(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(_NOTED_EVERY_SECONDS)
            await self._note_last_uses()
            if rounds % _ROUNDS_TO_FORGET == 0:
                await self._forget_answers()
            rounds += 1

    async def _note_last_uses(self) -> None:
        uses = self.gate.take_last_uses()
        if not uses:
            return
        try:
            await self.stores.run(lambda store: store.note_keys_used(uses))
        except CtError as error:  # The store is away. They are noted the next time, unless later ones are.
            self.log.trouble(error)
            self.gate.last_uses = {**uses, **self.gate.last_uses}

    async def _forget_answers(self) -> None:
        try:
            await self.stores.run(lambda store: store.forget_answers(clock.now() - ANSWERS_KEPT))
        except CtError as error:  # The store is away: it is tried again at the next round.
            self.log.trouble(error)
