"""The route by which thousands of returns come in, an outcome a line going out.

The body is read to its end before the first row is looked at: into memory or, beyond a megabyte, into a file. Rows are
recorded a chunk at a time, and with each chunk its part of the answer is kept for the Idempotency-Key in the same
transaction (`ct_cli.server.idempotency`). The same batch sent again is answered with what is kept, and goes on where it
was cut off.
"""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from itertools import count
from typing import IO

from fastapi import Response

from ct_cli.actions.receive_batch import Batch, ChunkTold, RowTold, Tell
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.actions.taking.submitted import Fate
from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import AccessBackend, AuditLine, Beside, KeptAnswer, KeyHeld
from ct_cli.backends.contract import NewEntry, Outcome, Source
from ct_cli.backends.ledger import TEXT
from ct_cli.backends.wire import plain
from ct_cli.errors import CtError, StoreFull
from ct_cli.returns.reading.refusals import NoTemporaryRoom
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.server.asked import BULK_TYPES, Asked
from ct_cli.server.fence import Fenced, Outcomes
from ct_cli.server.idempotency import RETRY_AFTER_SECONDS, BatchRun, IdempotentRequest, patiently
from ct_cli.server.pages import line
from ct_cli.server.refusals import BodyTooLarge, NoRoomForUploads, SameRequestUnderWay, StoreFullAfterSome
from ct_cli.server.returns_routes import ATOMIC, ON_WHAT_TERMS
from ct_cli.server.route import WRITERS, Route
from ct_cli.server.streaming import streamed


async def batch(asked: Asked) -> Response:
    """Take a batch of returns in."""
    content_type = asked.must_be(*BULK_TYPES)
    terms = Terms(asked.yes("outside_window"), asked.yes("dry_run"), Source.RECEIVED_BY_API, f"key {asked.key.id}")
    format = FileFormat.NDJSON if content_type == paths.NDJSON else FileFormat.JSON
    atomic = asked.yes("atomic")
    most = asked.service.options.limits.batch_rows
    body, digest = await asked.upload(most, lines=format is FileFormat.NDJSON)
    request = None if terms.dry_run else asked.idempotent(digest)
    run = _Run(asked, terms, format, atomic, request)
    return await patiently(
        lambda: streamed(asked, lambda store: run.lines(store, body), asked.service.bulk), asked.patience
    )


class _Run:
    """One batch on its way through."""

    def __init__(
        self, asked: Asked, terms: Terms, format: FileFormat, atomic: bool, request: IdempotentRequest | None
    ) -> None:
        self._asked, self._terms, self._format, self._atomic = asked, terms, format, atomic
        self._request = request

    def lines(self, store: AccessBackend, body: IO[bytes]) -> Iterator[bytes]:
        """The answer: a line a row, then the summary. Raises KeyHeld before its first line alone: then it may be asked
        for again."""
        fenced = Fenced(store, self._asked.key)
        run = None if self._request is None else BatchRun(self._request)
        begun = False
        try:
            if run is not None:
                run.must_be_free(store)
            with closing(self._open(fenced, body)) as batch:
                counts = Counter[str]()
                kept = run.begin(store, batch.chunk_count) if run is not None else []
                for part in kept:
                    begun = True
                    counts.update(json.loads(part.headers))
                    yield part.body.encode()
                with closing(self._recorded(store, batch, fenced, run, len(kept))) as parts:
                    for told in parts:
                        begun = True
                        counts.update(told.counts)
                        yield told.text.encode()
                yield line({"summary": {"total": batch.total, "counts": counts}})
        except KeyHeld:
            if begun:
                raise SameRequestUnderWay(seconds=RETRY_AFTER_SECONDS) from None
            raise
        except StoreFull:
            if begun:
                raise StoreFullAfterSome from None
            raise
        finally:
            if run is not None:
                self._let_go(run, store)

    def _let_go(self, run: BatchRun, store: AccessBackend) -> None:
        try:
            run.let_go(store)
        except CtError as error:  # The store is away: the same batch sent again goes on after ten minutes.
            self._asked.service.log.trouble(error)

    def _open(self, fenced: Fenced, body: IO[bytes]) -> Batch:
        order = FileOrder("the batch", self._format, atomic=self._atomic, content=body)
        most = self._asked.service.options.limits.batch_rows
        lent = self._asked.service.workplace.lending(fenced)
        try:
            batch = Batch(lent, order, self._terms, self._asked.received_at)
        except NoTemporaryRoom as error:
            raise NoRoomForUploads(reason=error.facts["reason"]) from None
        if batch.total > most:
            batch.close()
            raise BodyTooLarge(limit=f"{most:,} returns")
        return batch

    def _recorded(
        self, store: AccessBackend, batch: Batch, fenced: Fenced, run: BatchRun | None, skip: int
    ) -> Generator["_Part", None, None]:
        said: dict[int, _Part] = {}
        numbers = count(skip)

        def about_to(tell: Tell, anything: bool) -> None:
            number = next(numbers)
            fenced.beside = beside = partial(self._beside_chunk, tell, number, said)
            if run is not None:
                fenced.around = partial(self._once, store, run, number, said)
            if not anything and not self._terms.dry_run:
                fenced.around(lambda: store.record_rows_beside([], beside))

        for number, told in enumerate(batch.chunks(about_to, skip), skip):
            yield said.pop(number) if number in said else _Part(told)

    def _once(
        self, store: AccessBackend, run: BatchRun, number: int, said: dict[int, "_Part"], record: Callable[[], Outcomes]
    ) -> Outcomes:
        """Record a chunk and keep its answer, in one transaction."""
        return run.record(store, number, record, lambda: self._answer(said[number], number))

    def _beside_chunk(
        self, tell: Tell, number: int, said: dict[int, "_Part"], outcomes: Sequence[Outcome | NewEntry]
    ) -> Beside:
        key, request_id = self._asked.key, self._asked.request_id
        told = tell(outcomes)
        said[number] = _Part(told)  # of a transaction that is tried again, the last time's
        return Beside(tuple([_audit_line(key.id, request_id, told.received_at, row) for row in told.written]))

    def _answer(self, said: "_Part", number: int) -> KeptAnswer:
        assert self._request is not None  # else nothing is kept
        return self._request.kept(200, json.dumps(said.counts), said.text, number)


class _Part:
    """What is said of one chunk: its lines, made once though they are both kept and sent, and its counts."""

    def __init__(self, told: ChunkTold) -> None:
        self.text = "".join(map(row_text, told.rows))
        self.counts = Counter(row.fate.value for row in told.rows)


def row_text(row: RowTold) -> str:
    """The line of one row, as `line(plain(row))` has it; put together at once where there is no problem to tell."""
    if row.problems or row.location_id is None or row.service is None or row.month is None:
        return line(plain(row)).decode()
    version = "null" if row.version is None else row.version
    receipt = "null" if row.receipt_id is None else f'"{row.receipt_id}"'
    return (
        f'{{"row":{row.row},"location_id":{_quoted(row.location_id)},"service":"{TEXT[row.service]}",'
        f'"month":"{row.month}","fate":"{_FATES[row.fate]}","fulfils":{_TRUTH[row.fulfils]},"version":{version},'
        f'"receipt_id":{receipt},"problems":[]}}\n'
    )


_FATES = {fate: fate.value for fate in Fate}
_TRUTH = {False: "false", True: "true"}
_quoted = json.JSONEncoder().encode


def _audit_line(key_id: str, request_id: str, received_at: datetime | None, row: RowTold) -> AuditLine:
    assert received_at is not None  # it was written
    return AuditLine(
        secrets.token_hex(16), received_at, key_id, _FATES[row.fate], row.location_id or "",
        TEXT[row.service] if row.service else "", str(row.month or ""), row.receipt_id or "", request_id,
    )  # fmt: skip


BATCH_ROUTES = (
    Route(
        "POST", paths.BATCH, batch, "Take thousands of returns in; an outcome a line, then a summary",
        {200: "BatchLines"}, roles=WRITERS,
        query=(*ON_WHAT_TERMS, ATOMIC),
        headers=(paths.IDEMPOTENCY_KEY,), takes="Batch", takes_types=BULK_TYPES, answers_type=paths.NDJSON,
        refuses=(408, 409, 413, 415, 422),
    ),
)  # fmt: skip
