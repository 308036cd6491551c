"""The route by which thousands of returns come in, an outcome a line going out.

The body is read to its end before the first row is looked at: into memory or, beyond a megabyte, into a file. Rows are
recorded a chunk at a time, and with each chunk its part of the answer is kept for the Idempotency-Key in the same
transaction. The same batch sent again is answered with what is kept, and goes on where it was cut off.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from fastapi import Response

from ct_cli import clock
from ct_cli.actions.receive_batch import Batch, ChunkTold
from ct_cli.actions.taking.order import FileOrder, Terms
from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import AccessBackend, Beside, KeptAnswer
from ct_cli.backends.contract import Outcome, OutcomeKind, Source
from ct_cli.backends.wire import plain
from ct_cli.returns.reading.refusals import FileRefused
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.server.asked import BULK_TYPES, Asked
from ct_cli.server.fence import Fenced
from ct_cli.server.letterbox import audit_line
from ct_cli.server.pages import line
from ct_cli.server.query_routes import streamed
from ct_cli.server.refusals import KeyReused
from ct_cli.server.returns_routes import ON_WHAT_TERMS
from ct_cli.server.route import WRITERS, Parameter, Route


async def batch(asked: Asked) -> Response:
    """Take a batch of returns in."""
    content_type = asked.must_be(*BULK_TYPES)
    terms = Terms(asked.yes("outside_window"), asked.yes("dry_run"), Source.RECEIVED_BY_API, f"key {asked.key.id}")
    format = FileFormat.NDJSON if content_type == paths.NDJSON else FileFormat.JSON
    atomic, key = asked.yes("atomic"), asked.idempotency_key
    path, digest = await asked.spooled()
    run = _Run(asked, terms, format, atomic, None if terms.dry_run else key, asked.request_hash(digest))
    return await streamed(asked, lambda store: run.lines(store, path))


class _Run:
    """One batch on its way through."""

    def __init__(
        self, asked: Asked, terms: Terms, format: FileFormat, atomic: bool, key: str | None, request_hash: str
    ) -> None:
        self._asked, self._terms, self._format, self._atomic = asked, terms, format, atomic
        self._key, self._hash = key, request_hash

    def lines(self, store: AccessBackend, path: Path) -> Iterator[bytes]:
        """The answer: a line a row, then the summary. Takes the file away."""
        try:
            fenced = Fenced(store, self._asked.key)
            with closing(self._open(fenced, path)) as run:
                kept = self._kept_parts(store, run)
                for part in kept:
                    yield part.body.encode()
                counts = Counter[str]()
                for part in kept:
                    counts.update(json.loads(part.headers))
                for told in self._recorded(store, run, fenced, len(kept)):
                    counts.update(_counts(told))
                    yield _text(told).encode()
                yield line({"summary": {"total": run.total, "counts": counts}})
        finally:
            path.unlink(missing_ok=True)

    def _open(self, fenced: Fenced, path: Path) -> Batch:
        order = FileOrder(str(path), self._format, atomic=self._atomic)
        try:
            return Batch(self._asked.service.workplace.lending(fenced), order, self._terms)
        except FileRefused as error:
            raise type(error)(**{**error.facts, "file": "the batch"}) from None

    def _kept_parts(self, store: AccessBackend, run: Batch) -> list[KeptAnswer]:
        """The answers to the first chunks, where this batch came before. Raises KeyReused."""
        if self._key is None:
            return []
        parts = range(-(-run.total // run.chunk_size))
        found = store.kept_answers([(self._asked.key.id, self._key, part) for part in parts])
        kept = []
        for part in parts:
            answer = found.get((self._asked.key.id, self._key, part))
            if answer is None:
                break
            if answer.request_hash != self._hash:
                raise KeyReused
            kept.append(answer)
        return kept

    def _recorded(self, store: AccessBackend, run: Batch, fenced: Fenced, skip: int) -> Iterator[ChunkTold]:
        part = skip
        tell: Callable[[Sequence[Outcome]], ChunkTold] = _nothing

        def beside(outcomes: Sequence[Outcome]) -> Beside:
            return self._beside(tell(outcomes), part)

        def about_to(its: Callable[[Sequence[Outcome]], ChunkTold]) -> None:
            nonlocal tell
            tell = its

        fenced.beside = beside
        for told in run.chunks(about_to, skip):
            if not told.outcomes and not self._terms.dry_run:
                store.record_beside([], beside)
            part += 1
            yield told

    def _beside(self, told: ChunkTold, part: int) -> Beside:
        key, request_id = self._asked.key, self._asked.request_id
        written = (OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED)
        audit = tuple(audit_line(key, request_id, it) for it in told.outcomes if it.kind in written)
        if self._key is None:
            return Beside(audit)
        headers = json.dumps(_counts(told))
        kept = KeptAnswer(key.id, self._key, part, self._hash, 200, headers, _text(told), clock.now())
        return Beside(audit, (kept,))


def _nothing(_: Sequence[Outcome]) -> ChunkTold:
    return ChunkTold((), ())


def _counts(told: ChunkTold) -> Counter[str]:
    return Counter(row.fate.value for row in told.rows)


def _text(told: ChunkTold) -> str:
    return "".join(line(plain(row)).decode() for row in told.rows)


BATCH_ROUTES = (
    Route(
        "POST", paths.BATCH, batch, "Take thousands of returns in; an outcome a line, then a summary",
        {200: "BatchLines"}, roles=WRITERS,
        query=(*ON_WHAT_TERMS, Parameter("atomic", "YesOrNo", "Record all of them (10,000 at most), or none.")),
        headers=(paths.IDEMPOTENCY_KEY,), takes="Batch", takes_types=BULK_TYPES, answers_type=paths.NDJSON,
        refuses=(408, 413, 415, 422),
    ),
)  # fmt: skip
