"""Single returns, taken in together.

Requests that come at the same time put their returns here. One thread takes what has gathered, examines each return by
its own sender's terms and fence, and records all that are good in one transaction: thirty requests then cost one commit
and a handful of statements. A lone return does not wait for company.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ct_cli.actions.taking.intake import Examined, Intake, Known, results
from ct_cli.actions.taking.order import Terms
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend, AnswerKey, ApiKey, AuditLine, Beside, KeptAnswer
from ct_cli.backends.contract import Outcome, OutcomeKind, Source, Submission
from ct_cli.errors import CtError
from ct_cli.returns.the_return import Return
from ct_cli.server.answers import Answered, answer_for, etag_of
from ct_cli.server.idempotency import IdempotentRequest, patiently
from ct_cli.server.refusals import KeyReused, Overloaded

MOST_TOGETHER = 200
MOST_WAITING = 2_000

Reply = Answered | BaseException


@dataclass(frozen=True, slots=True)
class Letter:
    """One return with its sender's terms."""

    given: Return
    key: ApiKey
    request_id: str
    received_at: datetime
    """When the whole of the request had arrived: however long it waits here, its window is met by this."""
    dry_run: bool = False
    outside_window: bool = False
    request: IdempotentRequest | None = None
    """None where it has no Idempotency-Key."""
    if_match: tuple[str, ...] | None = None
    """The ETags of which one must be that of the version that stands; "*" for any; empty where none may stand."""

    @property
    def terms(self) -> Terms:
        """The terms on which it is taken in."""
        return Terms(self.outside_window, self.dry_run, Source.RECEIVED_BY_API, f"key {self.key.id}")

    @property
    def kept_as(self) -> AnswerKey | None:
        """Under what its answer is kept."""
        return None if self.request is None else self.request.part()


@dataclass(slots=True, eq=False)
class _Opened:
    """A letter on its way through; no two are the same."""

    letter: Letter
    reply: Reply | None = None
    examined: Examined | None = None
    submission: Submission | None = None


class Letterbox:
    """Takes letters in, on one thread with a store of its own."""

    def __init__(self, workplace: Workplace, open_store: Callable[[], AccessBackend], patience: float) -> None:
        """`patience` is for how many seconds a letter waits for the same one that another process takes in."""
        self._workplace, self._open_store, self._patience = workplace, open_store, patience
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ct-letterbox")
        self._waiting: list[tuple[Letter, asyncio.Future[Answered]]] = []
        self._emptying: asyncio.Task[None] | None = None
        self._intakes: dict[Terms, Intake] = {}

    async def put(self, letter: Letter) -> Answered:
        """What becomes of a letter. Raises CtError where it cannot be taken in, Overloaded where too many wait."""
        return await patiently(lambda: self._put(letter), self._patience)

    async def _put(self, letter: Letter) -> Answered:
        if len(self._waiting) >= MOST_WAITING:
            raise Overloaded(seconds=2)
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Answered] = loop.create_future()
        self._waiting.append((letter, reply))
        if self._emptying is None or self._emptying.done():
            self._emptying = loop.create_task(self._empty())
        return await reply

    async def close(self) -> None:
        """Take in what waits, then stop."""
        if self._emptying is not None:
            await self._emptying
        if "_store" in self.__dict__:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
        self._thread.shutdown()

    async def _empty(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            there = [(letter, reply) for letter, reply in together if not reply.done()]  # A sender may have gone.
            for (_, reply), answer in zip(there, await self._replies([letter for letter, _ in there]), strict=True):
                if reply.done():
                    continue
                if isinstance(answer, Answered):
                    reply.set_result(answer)
                else:
                    reply.set_exception(answer)

    async def _replies(self, letters: list[Letter]) -> list[Reply]:
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._take_in, letters)
        [taken] = await asyncio.gather(work, return_exceptions=True)
        if not isinstance(taken, BaseException):
            return taken
        if isinstance(taken, CtError) or len(letters) == 1:
            return [taken] * len(letters)
        # Nothing of them is recorded. Whichever it was that failed shall not fail the others too.
        return [reply for letter in letters for reply in await self._replies([letter])]

    # On the thread.

    @cached_property
    def _store(self) -> AccessBackend:
        return self._open_store()

    def _take_in(self, letters: list[Letter]) -> list[Reply]:
        opened = [_Opened(letter) for letter in letters]
        self._take_in_round(opened)
        return [it.reply or KeyReused() for it in opened]

    def _take_in_round(self, together: list[_Opened]) -> None:
        fresh, again = self._without_answered(together)
        self._examine(fresh)
        sent = [it for it in fresh if it.submission is not None and not it.letter.dry_run]
        decided = [it for it in fresh if it.reply is None and it not in sent]
        for opened in decided:
            opened.reply = self._unrecorded(opened)
        keyed = [it for it in (*sent, *decided) if it.letter.request is not None]
        if sent or keyed:
            reserved = [it.letter.request.reserved() for it in keyed if it.letter.request is not None]
            self._store.once(reserved, lambda kept: (None, self._recorded(sent, keyed, kept)))
        if again:
            self._take_in_round(again)

    def _recorded(
        self, sent: Sequence[_Opened], keyed: Sequence[_Opened], kept: Mapping[AnswerKey, KeptAnswer]
    ) -> list[KeptAnswer]:
        """Record what is sent, save what was answered by another process meanwhile; the answers to be kept."""
        for opened in keyed:
            before = kept.get(opened.letter.kept_as) if opened.letter.kept_as is not None else None
            if before is not None:
                _answer_again(opened, before)
        fresh = [it for it in sent if it.letter.kept_as not in kept]
        if fresh:
            submissions = [it.submission for it in fresh if it.submission is not None]
            self._store.record_beside(submissions, lambda outcomes: _beside(fresh, outcomes))
        return [_kept(it) for it in keyed if it.letter.kept_as not in kept]

    def _without_answered(self, together: list[_Opened]) -> tuple[list[_Opened], list[_Opened]]:
        """Answer what was answered before; leave for the next round what repeats a letter of this one."""
        wanted = {it.letter.kept_as for it in together if it.letter.kept_as is not None}
        if not wanted:
            return together, []
        kept = self._store.kept_answers(wanted)
        fresh: list[_Opened] = []
        again: list[_Opened] = []
        met: set[AnswerKey] = set()
        for opened in together:
            which = opened.letter.kept_as
            if which is not None and which in kept:
                _answer_again(opened, kept[which])
            elif which is not None and which in met:
                again.append(opened)
            else:
                fresh.append(opened)
                if which is not None:
                    met.add(which)
        return fresh, again

    def _examine(self, fresh: list[_Opened]) -> None:
        if not fresh:
            return
        found = self._intake(Terms()).look_up([it.letter.given for it in fresh])
        for opened, known in zip(fresh, found, strict=True):
            own = known.location is not None and opened.letter.key.reaches(known.location)
            try:
                self._examine_one(opened, known if own else Known(None, None, (), None))
            except CtError as error:
                opened.reply = error

    def _examine_one(self, opened: _Opened, known: Known) -> None:
        given, wanted, intake = opened.letter.given, opened.letter.if_match, self._intake(opened.letter.terms)
        if wanted is not None:
            given = given._replace(expected_version=_expected(wanted, known))
        opened.examined = intake.examine_known(given, known, opened.letter.received_at)
        opened.submission = next(iter(intake.submissions([opened.examined])), None)

    def _intake(self, terms: Terms) -> Intake:
        if terms not in self._intakes:
            if len(self._intakes) >= 1_000:
                self._intakes.clear()
            self._intakes[terms] = Intake(self._workplace.lending(self._store), terms)
        return self._intakes[terms]

    def _unrecorded(self, opened: _Opened) -> Answered:
        """Of a dry run, what recording would do; else what stood in the way of it."""
        letter = opened.letter
        assert opened.examined is not None  # else its reply is an error
        [result] = self._intake(letter.terms).settle([opened.examined])
        return answer_for(result, None, letter.request_id, dry_run=letter.dry_run)


def _expected(wanted: tuple[str, ...], known: Known) -> int:
    """The version that a correction expects to stand; -1, which none is, where that is not one that is wanted."""
    standing = known.standing
    if standing is None:
        return -1 if wanted else 0
    return standing.version if "*" in wanted or etag_of(standing) in wanted else -1


def _beside(sent: Sequence[_Opened], outcomes: Sequence[Outcome]) -> Beside:
    """What is written with what these letters became, each of which gets its reply."""
    audit = []
    for opened, outcome in zip(sent, outcomes, strict=True):
        letter = opened.letter
        assert opened.examined is not None  # it was sent
        [result] = results([opened.examined], [outcome])
        opened.reply = answer_for(result, outcome.entry, letter.request_id)
        if outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED}:
            audit.append(audit_line(letter.key, letter.request_id, outcome))
    return Beside(tuple(audit))


def _kept(opened: _Opened) -> KeptAnswer:
    """What is kept of an answer: also of one that says no, for the rules have decided it."""
    request, answer = opened.letter.request, opened.reply
    assert request is not None and isinstance(answer, Answered)  # it has a key, and was answered
    return request.kept(answer.status, answer.headers_text, answer.body)


def _answer_again(opened: _Opened, kept: KeptAnswer) -> None:
    assert opened.letter.request is not None  # by which it was found
    if kept.request_hash == opened.letter.request.request_hash:
        opened.reply = Answered.kept(kept)
    else:
        opened.reply = KeyReused()


def audit_line(key: ApiKey, request_id: str, outcome: Outcome) -> AuditLine:
    """The audit trail's line of a return that was recorded."""
    entry = outcome.entry
    assert entry is not None  # it was recorded
    return AuditLine(
        uuid.uuid4().hex, entry.received_at, key.id, outcome.kind.value, entry.location_id, entry.service.value,
        str(entry.month), entry.receipt_id, request_id,
    )  # fmt: skip
