"""The route by which another ct records its returns: each judged again here, all in one transaction."""

import secrets
from collections.abc import Iterator, Sequence

from fastapi import Response

from ct_cli.actions.bulk.judged_again import judged_again
from ct_cli.actions.taking.intake import Examined, Intake
from ct_cli.actions.taking.order import Terms
from ct_cli.actions.workplace import Workplace
from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import AccessBackend, AuditLine, Beside, Role
from ct_cli.backends.contract import NewEntry, Outcome, OutcomeKind, PlainReturn, Source, Submission
from ct_cli.backends.ledger import TEXT
from ct_cli.backends.row_lines import alone
from ct_cli.returns.the_return import REPLACES_FIGURES, CheckedReturn, Return, ReturnKind
from ct_cli.server.answers import Answered
from ct_cli.server.asked import Asked
from ct_cli.server.fence import Fenced
from ct_cli.server.idempotency import IdempotentRequest, once, patiently
from ct_cli.server.letterbox import audit_line
from ct_cli.server.outcome_lines import in_full, outcome_lines
from ct_cli.server.returns_routes import ATOMIC
from ct_cli.server.route import WRITERS, Route
from ct_cli.server.sent_returns import SentReturn, read_returns

Judged = PlainReturn | Submission | Outcome
"""A return as this register vouches for it, or why it does not."""


async def record(asked: Asked) -> Response:
    """Record another ct's submissions, in one transaction; an outcome a line."""
    asked.must_be(paths.NDJSON)
    most = asked.service.options.limits.bulk_rows
    body, digest = await asked.upload(most)
    found = await asked.service.bulk.run(lambda _: read_returns(body, most), asked.key.id)
    recording = _Recording(asked, found, asked.idempotent(digest))
    answer = await patiently(lambda: asked.service.bulk.run(recording.answer, asked.key.id), asked.patience)
    return Response(answer, media_type=paths.NDJSON)


class _Recording:
    """One call of another ct's `record`."""

    def __init__(self, asked: Asked, sent: list[SentReturn], request: IdempotentRequest | None) -> None:
        self._asked, self._sent, self._request = asked, sent, request
        self._minimal = asked.prefers(paths.MINIMAL)
        self._atomic = asked.yes("atomic")

    def answer(self, store: AccessBackend) -> bytes:
        """The outcomes in the submissions' order, a line each. Raises KeyReused, KeyHeld."""
        before = self._request.answered_before(store) if self._request is not None else None
        if before is not None:  # else its returns would be judged in vain
            return self._again(store, before.body)
        judged = self._judged(Fenced(store, self._asked.key))
        answer = once(store, self._request, lambda: self._record(store, judged))
        return self._again(store, answer.body) if answer.replayed else answer.body.encode()

    def _again(self, store: AccessBackend, told: str) -> bytes:
        return told.encode() if self._minimal else in_full(told, store)

    def _record(self, store: AccessBackend, judged: list[Judged]) -> Answered:
        rows = [it for it in judged if not isinstance(it, Outcome)]
        answers: list[bytes] = []

        def beside(outcomes: Sequence[Outcome | NewEntry]) -> Beside:
            # Made once, though it is both kept and sent; of a transaction that is tried again, the last time's.
            answers[:] = [outcome_lines(_whole(judged, outcomes))]
            return Beside(tuple(self._trail(rows, outcomes)))

        fenced = Fenced(store, self._asked.key, beside)
        if self._minimal:
            fenced.record_rows(rows, atomic=self._atomic)
        else:
            fenced.record(list(map(alone, rows)), atomic=self._atomic)
        return Answered(200, answers[0].decode(), paths.NDJSON)

    def _judged(self, fenced: Fenced) -> list[Judged]:
        """Each submission as this register vouches for it, or why it does not."""
        workplace = self._asked.service.workplace.lending(fenced)
        found: list[Judged | None] = [it.submission() if self._as_told(it.like) else None for it in self._sent]
        for outside_window in (False, True):
            terms = Terms(outside_window, False, Source.RECEIVED_BY_API, f"key {self._asked.key.id}")
            intake = Intake(workplace, terms)
            places = [
                at for at, it in enumerate(self._sent) if found[at] is None and it.like.fulfils is not outside_window
            ]
            if not outside_window:
                self._judge_plain_ones(workplace, intake, places, found)
                places = [at for at in places if found[at] is None]
            given = [self._sent[at].submission() for at in places]
            examined = intake.examine([_as_given(it.checked) for it in given], self._asked.received_at)
            for at, it, one in zip(places, given, examined, strict=True):
                found[at] = _of(one, intake, it)
        judged = [it for it in found if it is not None]
        if self._atomic and any(isinstance(it, Outcome) for it in judged):
            judged = [it if isinstance(it, Outcome) else Outcome(OutcomeKind.HELD_BACK, None) for it in judged]
        return judged

    def _judge_plain_ones(
        self, workplace: Workplace, intake: Intake, places: Sequence[int], found: list[Judged | None]
    ) -> None:
        given = [self._sent[at].given for at in places]
        for at, made in zip(places, judged_again(workplace, intake, given, self._asked.received_at), strict=True):
            if made is not None and made.shared.rehearsal != self._sent[at].like.rehearsal:
                found[at] = _as_rehearsed(made.submission(), self._sent[at].like)
            else:
                found[at] = made

    def _as_told(self, submission: Submission) -> bool:
        """Whether a submission is taken with the times and the source that it tells."""
        if self._asked.key.role is not Role.ADMIN:
            return False
        return self._asked.service.options.accept_history or submission.source.seen

    def _trail(
        self, rows: Sequence[PlainReturn | Submission], outcomes: Sequence[Outcome | NewEntry]
    ) -> Iterator[AuditLine]:
        key, request_id = self._asked.key, self._asked.request_id
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, NewEntry):
                assert isinstance(row, PlainReturn)  # the contract's promise
                yield _line_of_new(key.id, request_id, row, outcome)
            elif outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED}:
                yield audit_line(key, request_id, outcome)


def _of(examined: Examined, intake: Intake, given: Submission) -> Submission | Outcome:
    [*made] = intake.submissions([examined])
    if not made:
        return Outcome(OutcomeKind.REFUSED, None, None, examined.problems)
    return _as_rehearsed(made[0], given)


def _as_rehearsed(made: Submission, given: Submission) -> Submission:
    """A rehearsal there is one here, too."""
    return made._replace(rehearsal=True) if given.rehearsal and not made.rehearsal else made


def _line_of_new(key_id: str, request_id: str, row: PlainReturn, made: NewEntry) -> AuditLine:
    """The audit trail's line of a plain return that is the first of its month."""
    it = row.shared
    return AuditLine(
        secrets.token_hex(16), it.received_at, key_id, OutcomeKind.ACCEPTED.value, row.location_id, TEXT[it.service],
        str(it.month), made.receipt_id, request_id,
    )  # fmt: skip


def _whole(judged: Sequence[Judged], outcomes: Sequence[Outcome | NewEntry]) -> list[Outcome | NewEntry]:
    told = iter(outcomes)
    return [it if isinstance(it, Outcome) else next(told) for it in judged]


def _as_given(checked: CheckedReturn) -> Return:
    raw = {key: str(value) for key, value in checked.values.items()}
    return Return(
        checked.location_id,
        checked.service,
        checked.month,
        checked.kind,
        {} if checked.kind is ReturnKind.NIL else raw,
        checked.reason,
        checked.note,
        frozenset(checked.confirmed) | (frozenset({REPLACES_FIGURES}) if checked.replaces_figures else frozenset()),
        survey=checked.survey,
        expected_version=checked.expected_version,
    )


RECORD_ROUTES = (
    Route(
        "POST", paths.LEDGER_RECORD, record, "Record another ct's submissions, in one transaction",
        {200: "OutcomeLines"}, roles=WRITERS, query=(ATOMIC,), headers=(paths.IDEMPOTENCY_KEY, paths.PREFER),
        takes="SubmissionLines", takes_types=(paths.NDJSON,), answers_type=paths.NDJSON,
        refuses=(404, 408, 409, 413, 415, 422),
    ),
)  # fmt: skip
