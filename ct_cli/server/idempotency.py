"""Writes that are done once, however often and at however many worker processes the same request is sent.

A request's Idempotency-Key is reserved as the first statement of the transaction that does its work, and its answer is
kept as the last. Of two that are sent at once the second finds the key held, waits for the first, and is answered the
same; where that takes too long, it is asked to come again (409).

A batch of several transactions reserves its key in the first of them and completes it in the last; in between, each
notes that it is alive. Where its process died, the same batch sent again goes on after what is recorded, once ten
minutes have passed without such a note.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from fastapi import Response

from ct_cli import clock
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend, AnswerKey, AuditLine, KeptAnswer, KeyHeld
from ct_cli.server.answers import JSON, Answered
from ct_cli.server.refusals import KeyReused, SameRequestUnderWay

if TYPE_CHECKING:
    from ct_cli.server.asked import Asked

T = TypeVar("T")

RETRY_AFTER_SECONDS = 5
"""When to come again, where waiting was not enough."""
LEFT_BEHIND = timedelta(minutes=10)
"""After so long without a sign of life the process of a batch is taken for dead."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5

RESERVED = 0
"""Stands in for the HTTP status until there is an answer. No other transaction ever sees it."""
UNDER_WAY = 102
"""Of a batch that is not finished (HTTP's "Processing")."""
DONE = 200

_RUN = -1
"""The part under which a batch of several transactions is reserved. Its chunks are the parts from 0."""
_NOBODYS = json.dumps({"run": ""})
"""The name of a batch's run, kept with it, once the run has ended before its last chunk."""


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A write, as it is known again when it is sent again."""

    key_id: str
    idempotency_key: str
    request_hash: str
    """SHA-256 of the method, the path, the query and the body."""

    def part(self, number: int = 0) -> AnswerKey:
        """What the answer, or a part of it, is kept under."""
        return (self.key_id, self.idempotency_key, number)

    def reserved(self) -> KeptAnswer:
        """What is kept until there is an answer."""
        return self.kept(RESERVED, "{}", "")

    def kept(self, status: int, headers: str, body: str, part: int = 0) -> KeptAnswer:
        """An answer, to be kept."""
        return KeptAnswer(*self.part(part), self.request_hash, status, headers, body, clock.now())

    def must_be_of(self, kept: KeptAnswer) -> KeptAnswer:
        """What is kept, where it is of this very request. Raises KeyReused."""
        if kept.request_hash != self.request_hash:
            raise KeyReused
        return kept

    def answered_before(self, store: AccessBackend) -> KeptAnswer | None:
        """The answer that was given before; None where there is none yet. Raises KeyReused."""
        found = store.kept_answers([self.part()]).get(self.part())
        return None if found is None else self.must_be_of(found)


def once(store: AccessBackend, request: IdempotentRequest | None, work: Callable[[], Answered]) -> Answered:
    """What some work on a store answers, or what it answered before; all that it writes is one transaction.

    Raises KeyReused and, where another transaction is at the same request, KeyHeld.
    """
    if request is None:
        return store.in_one(work)
    own = request

    def unless_answered(kept: Mapping[AnswerKey, KeptAnswer]) -> tuple[Answered, list[KeptAnswer]]:
        if before := kept.get(own.part()):
            return Answered.kept(own.must_be_of(before)), []
        answer = work()
        return answer, [own.kept(answer.status, answer.headers_text, answer.body)]

    return store.once([own.reserved()], unless_answered)


async def patiently(attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
    """What an attempt answers, which is made again while another transaction holds its key.

    No thread and no store is held while it waits. Raises SameRequestUnderWay after so many seconds.
    """
    until, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        try:
            return await attempt()
        except KeyHeld:
            if time.monotonic() + pause > until:
                raise SameRequestUnderWay(seconds=RETRY_AFTER_SECONDS) from None
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def written_once(
    asked: "Asked", body: bytes, work: Callable[[Workplace], Response], audit: Sequence[AuditLine]
) -> Response:
    """What some work answers, or what it answered before: with its audit lines and its answer one transaction. Raises
    KeyReused, SameRequestUnderWay."""
    request = asked.idempotent(sha256(body).hexdigest())

    def on_store(store: AccessBackend) -> Answered:
        def with_audit() -> Answered:
            answer = work(asked.workplace(store))
            store.add_audit_lines(audit)
            return Answered(
                answer.status_code, bytes(answer.body).decode(), answer.media_type or JSON, answer.headers.get("ETag")
            )

        return once(store, request, with_audit)

    answer = await patiently(lambda: asked.service.stores.run(on_store, asked.key.id), asked.patience)
    return Response(answer.body, answer.status, answer.headers, answer.content_type)


class BatchRun:
    """One run of a batch: its chunks, each of them recorded once and in a transaction of its own, in their order."""

    def __init__(self, request: IdempotentRequest) -> None:
        self._request, self._chunks = request, 1
        self._name = json.dumps({"run": secrets.token_hex(8)})
        self._holding = False
        """Whether the key may be reserved for this run, beyond the transaction that it is in."""

    def must_be_free(self, store: AccessBackend) -> None:
        """Look whether this run may begin, before its rows are read. Raises KeyReused, KeyHeld."""
        run = self._kept(store, _RUN)
        if run is not None and not self._may_go_on_from(run):
            raise KeyHeld

    def begin(self, store: AccessBackend, chunks: int) -> list[KeptAnswer]:
        """Begin a run of so many chunks; the answers to the first of them, where this batch came before. Raises
        KeyReused, KeyHeld.

        Where it goes on after some, it is reserved now, before they are told: else two that go on at once would both
        tell them, and one of them could not go on then.
        """
        self._chunks = chunks
        kept: list[KeptAnswer] = []
        for number in range(chunks):
            if (found := self._kept(store, number)) is None:
                break
            kept.append(found)
        if 0 < len(kept) < chunks:
            self._take_over(store, len(kept))
        return kept

    def record(self, store: AccessBackend, number: int, work: Callable[[], T], answer: Callable[[], KeptAnswer]) -> T:
        """Do the work of a chunk and keep its answer, in one transaction. Raises KeyReused and, where another run is at
        this batch, KeyHeld."""
        last = number == self._chunks - 1

        def unless_held(kept: Mapping[AnswerKey, KeptAnswer]) -> tuple[T, list[KeptAnswer]]:
            before = kept.get(self._reserved_part)
            if before is not None:
                self._must_be_next(store, number, self._request.must_be_of(before))
            done = work()
            return done, [answer(), *([self._run(DONE if last else UNDER_WAY)] if self._chunks > 1 else [])]

        self._holding = self._chunks > 1  # also where it is not known whether the store still wrote it
        try:
            done = store.once([self._run(UNDER_WAY)], unless_held)
        except KeyHeld:
            self._holding = False
            raise
        self._holding = not last
        return done

    def let_go(self, store: AccessBackend) -> None:
        """Where this run ends before its last chunk, let the same batch go on at once when it is sent again."""
        if not self._holding:
            return
        self._holding = False

        def unless_taken_over(kept: Mapping[AnswerKey, KeptAnswer]) -> tuple[None, list[KeptAnswer]]:
            run = kept.get(self._reserved_part)
            others = run is not None and run.headers != self._name
            return None, [] if others else [replace(self._run(UNDER_WAY), headers=_NOBODYS)]

        store.once([self._run(UNDER_WAY)], unless_taken_over)

    @property
    def _reserved_part(self) -> AnswerKey:
        """Of a batch of one chunk, which is one transaction, that chunk's own."""
        return self._request.part(_RUN if self._chunks > 1 else 0)

    def _kept(self, store: AccessBackend, number: int) -> KeptAnswer | None:
        which = self._request.part(number)
        found = store.kept_answers([which]).get(which)
        return None if found is None else self._request.must_be_of(found)

    def _take_over(self, store: AccessBackend, number: int) -> None:
        """Reserve the key for this run, which is to go on with a chunk."""

        def unless_held(kept: Mapping[AnswerKey, KeptAnswer]) -> tuple[None, list[KeptAnswer]]:
            before = kept.get(self._reserved_part)
            if before is not None:
                self._must_be_next(store, number, self._request.must_be_of(before))
            return None, [self._run(UNDER_WAY)]

        store.once([self._run(UNDER_WAY)], unless_held)
        self._holding = True

    def _must_be_next(self, store: AccessBackend, number: int, run: KeptAnswer) -> None:
        """Refuse to record what was recorded, or is being recorded, by another run. Raises KeyHeld."""
        if self._chunks == 1 or not self._may_go_on_from(run):
            raise KeyHeld
        if run.headers != self._name and self._kept(store, number) is not None:
            raise KeyHeld  # recorded since this run began: it begins anew, after that

    def _may_go_on_from(self, run: KeptAnswer) -> bool:
        ended = run.status == DONE or run.headers == _NOBODYS or run.kept_at <= clock.now() - LEFT_BEHIND
        return ended or run.headers == self._name

    def _run(self, status: int) -> KeptAnswer:
        return self._request.kept(status, self._name, "", self._reserved_part[2])
