"""Answers of NDJSON that are made from a store while they are sent."""

import asyncio
from collections.abc import Callable, Iterator

from fastapi import Response
from starlette.types import Receive, Scope, Send

from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import AccessBackend
from ct_cli.errors import CtError
from ct_cli.server.asked import Asked
from ct_cli.server.pool import Loan, StorePool

SLOWEST = 8_192
"""Bytes a second that a client takes on average, or more, once its patience is used up."""


class AnswerCutOff(Exception):
    """An answer that cannot be finished. The connection is closed before its last line."""


class ClientTooSlow(AnswerCutOff):
    """A client that takes its answer too slowly, or not at all."""


async def streamed(
    asked: Asked, make: Callable[[AccessBackend], Iterator[bytes]], pool: StorePool | None = None
) -> Response:
    """Answer with what is made from a store. What fails before its first block is an error's own answer.

    The store is lent for as long as the answer takes, and given back on every way out of the request.
    """
    loan = await (pool or asked.service.streams).lend(asked.key.id)
    asked.at_end(loan.give_back)
    last = True  # of what could not be begun there is no more
    try:
        first, last = await loan.start(make)
    finally:
        if last:
            await loan.give_back()
    return Response(first, media_type=paths.NDJSON) if last else _Streamed(first, loan, asked)


class _Streamed(Response):
    """An answer that is sent a block at a time, as fast as its client takes it."""

    media_type = paths.NDJSON

    def __init__(self, first: bytes, loan: Loan, asked: Asked) -> None:
        super().__init__()
        del self.headers["content-length"]  # nobody knows it yet
        self._first, self._loan, self._asked = first, loan, asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's parameters
        """Send it. Raises AnswerCutOff where it cannot be made to its end, or its client is too slow."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = asyncio.ensure_future(_hung_up(receive))
        try:
            try:
                await self._send_blocks(send, gone)
            finally:
                gone.cancel()
                await self._loan.give_back()
        except CtError as error:  # Too late for an answer of its own: without its last line, this one tells of itself.
            self._asked.service.log.trouble(error)
            raise AnswerCutOff from error

    async def _send_blocks(self, send: Send, gone: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()
        patience = self._asked.service.options.limits.send_seconds
        block, last, sent, waited = self._first, False, 0, 0.0
        while not gone.done():
            began = loop.time()
            await send({"type": "http.response.body", "body": block, "more_body": not last})
            if last:
                return
            sent += len(block)
            waited += loop.time() - began
            if waited > patience + sent / SLOWEST:  # a store is not lent for days to who takes a byte now and then
                raise ClientTooSlow
            block, last = await self._loan.next_block()
            if last:
                await self._loan.give_back()  # what is left is in memory


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
