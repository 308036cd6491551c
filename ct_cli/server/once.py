"""Writes other than returns, done once for an Idempotency-Key however often they are sent."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256

from fastapi import Response

from ct_cli import clock
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend, AuditLine, Beside, KeptAnswer
from ct_cli.server.answers import Answered
from ct_cli.server.asked import Asked
from ct_cli.server.refusals import KeyReused


async def once(
    asked: Asked, body: bytes, work: Callable[[Workplace], Response], audit: Sequence[AuditLine]
) -> Response:
    """What some work answers, or what it answered before. Raises KeyReused.

    The work, its audit lines and its answer are one transaction: all of them are there, or none.
    """
    key = asked.idempotency_key
    request_hash = asked.request_hash(sha256(body).hexdigest())

    def run(store: AccessBackend) -> Response:
        if key is not None:
            which = (asked.key.id, key, 0)
            kept = store.kept_answers([which]).get(which)
            if kept is not None:
                return _again(kept, request_hash)

        def whole() -> Response:
            answer = work(asked.workplace(store))
            answers = () if key is None else (_kept(asked, key, request_hash, answer),)
            store.record_beside([], lambda _: Beside(tuple(audit), answers))
            return answer

        return store.in_one(whole)

    return await asked.service.stores.run(run, asked.key.id)


def _again(kept: KeptAnswer, request_hash: str) -> Response:
    if kept.request_hash != request_hash:
        raise KeyReused
    answer = Answered.kept(kept)
    return Response(answer.body, answer.status, answer.headers, answer.content_type)


def _kept(asked: Asked, key: str, request_hash: str, answer: Response) -> KeptAnswer:
    headers = json.dumps({"type": answer.media_type, "etag": None})
    body = bytes(answer.body).decode()
    return KeptAnswer(asked.key.id, key, 0, request_hash, answer.status_code, headers, body, clock.now())
