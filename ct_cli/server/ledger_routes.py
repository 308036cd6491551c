"""Routes by which another ct writes: its locations, what it saw of Capacity Tracker, its submissions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Response

from ct_cli import clock
from ct_cli.actions.bulk.judged_again import judged_again
from ct_cli.actions.taking.intake import Examined, Intake
from ct_cli.actions.taking.order import Terms
from ct_cli.backends import api_paths as paths
from ct_cli.backends.access import AccessBackend, Beside, KeptAnswer, Role
from ct_cli.backends.contract import Outcome, OutcomeKind, Source, Submission
from ct_cli.backends.wire import NotOnTheWire, read
from ct_cli.register.location import Location
from ct_cli.register.sighting import Sighting
from ct_cli.returns.the_return import CheckedReturn, Return, ReturnKind
from ct_cli.server.asked import Asked, as_json
from ct_cli.server.fence import Fenced
from ct_cli.server.letterbox import audit_line
from ct_cli.server.once import once
from ct_cli.server.outcome_lines import outcome_lines
from ct_cli.server.pages import json_answer
from ct_cli.server.query_routes import streamed
from ct_cli.server.refusals import BodyTooLarge, KeyReused, form_refused
from ct_cli.server.register_routes import audit
from ct_cli.server.route import ADMINS, WRITERS, Route

T = TypeVar("T")


async def locations(asked: Asked) -> Response:
    """Save locations, all or none."""
    found, digest = await _lines(asked, Location, asked.service.options.limits.register_rows)
    changed = [audit(asked, "location-saved", it.id) for it in found]

    def save(workplace: Any) -> Response:
        workplace.backend.save_locations(found)
        return json_answer({"saved": len(found)})

    return await once(asked, digest, save, changed)


async def sightings(asked: Asked) -> Response:
    """Save what Capacity Tracker was seen to say, all or none."""
    found, digest = await _lines(asked, Sighting, asked.service.options.limits.register_rows)

    def save(workplace: Any) -> Response:
        workplace.backend.save_sightings(found)
        return json_answer({"saved": len(found)})

    seen = [replace(audit(asked, "sighting-saved", it.location_id), service=it.service.value) for it in found]
    return await once(asked, digest, save, seen)


async def record(asked: Asked) -> Response:
    """Record another ct's submissions, in one transaction; an outcome a line."""
    found, digest = await _lines(asked, Submission, asked.service.options.limits.bulk_rows)
    run = _Recording(asked, found, asked.request_hash(digest.decode()))
    return await streamed(asked, run.lines)


class _Recording:
    """One call of another ct's `record`."""

    def __init__(self, asked: Asked, submissions: list[Submission], request_hash: str) -> None:
        self._asked, self._submissions, self._hash = asked, submissions, request_hash
        self._key = asked.idempotency_key

    def lines(self, store: AccessBackend) -> Iterator[bytes]:
        """The outcomes in the submissions' order."""
        if self._key is not None:
            which = (self._asked.key.id, self._key, 0)
            kept = store.kept_answers([which]).get(which)
            if kept is not None:
                if kept.request_hash != self._hash:
                    raise KeyReused
                return iter([kept.body.encode()])
        return iter([self._record(store)])

    def _record(self, store: AccessBackend) -> bytes:
        fenced = Fenced(store, self._asked.key)
        judged = self._judged(fenced)
        sent = [it for it in judged if isinstance(it, Submission)]
        answers: list[bytes] = []

        def beside(outcomes: Any) -> Beside:
            # Made once, though it is both kept and sent; of a transaction that is tried again, the last time's.
            answers[:] = [outcome_lines(_whole(judged, outcomes))]
            return self._beside(outcomes, answers[0])

        fenced.beside = beside
        fenced.record(sent)
        return answers[0]

    def _judged(self, fenced: Fenced) -> list[Submission | Outcome]:
        """Each submission as this register vouches for it, or why it does not."""
        told = [self._as_told(it) for it in self._submissions]
        workplace = self._asked.service.workplace.lending(fenced)
        found: list[Submission | Outcome | None] = [
            it if own else None for it, own in zip(self._submissions, told, strict=True)
        ]
        for outside_window in (False, True):
            terms = Terms(outside_window, False, Source.RECEIVED_BY_API, f"key {self._asked.key.id}")
            intake = Intake(workplace, terms)
            places = [
                at for at, it in enumerate(self._submissions) if found[at] is None and it.fulfils is not outside_window
            ]
            if not outside_window:
                checked = [self._submissions[at].checked for at in places]
                quick = judged_again(workplace, intake, checked, intake.moment)
                for at, made in zip(places, quick, strict=True):
                    found[at] = made and self._as_rehearsed(made, self._submissions[at])
                places = [at for at in places if found[at] is None]
            examined = intake.examine([_as_given(self._submissions[at].checked) for at in places])
            for at, one in zip(places, examined, strict=True):
                found[at] = self._of(one, intake, self._submissions[at])
        return [it for it in found if it is not None]

    def _as_told(self, submission: Submission) -> bool:
        """Whether a submission is taken with the times and the source that it tells."""
        if self._asked.key.role is not Role.ADMIN:
            return False
        return self._asked.service.options.accept_history or submission.source.seen

    def _of(self, examined: Examined, intake: Intake, given: Submission) -> Submission | Outcome:
        [*made] = intake.submissions([examined])
        if not made:
            return Outcome(OutcomeKind.REFUSED, None, None, examined.problems)
        return self._as_rehearsed(made[0], given)

    @staticmethod
    def _as_rehearsed(made: Submission, given: Submission) -> Submission:
        """A rehearsal there is one here, too."""
        return made._replace(rehearsal=True) if given.rehearsal and not made.rehearsal else made

    def _beside(self, outcomes: Any, answer: bytes) -> Beside:
        key = self._asked.key
        written = (OutcomeKind.ACCEPTED, OutcomeKind.CORRECTED)
        trail = tuple(audit_line(key, self._asked.request_id, it) for it in outcomes if it.kind in written)
        if self._key is None:
            return Beside(trail)
        return Beside(trail, (KeptAnswer(key.id, self._key, 0, self._hash, 200, "{}", answer.decode(), clock.now()),))


def _whole(judged: list[Submission | Outcome], outcomes: Any) -> list[Outcome]:
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
        frozenset(checked.confirmed),
        survey=checked.survey,
        expected_version=checked.expected_version,
    )


async def _lines(asked: Asked, kind: type[T], most: int) -> tuple[list[T], bytes]:
    """The values of a body of NDJSON, and its digest. Raises NotThisType, BodyTooLarge, NotJson, NotTheForm."""
    asked.must_be(paths.NDJSON)
    path, digest = await asked.spooled()
    try:
        return await asked.service.stores.run(lambda _: _read_lines(path, kind, most)), digest.encode()
    finally:
        path.unlink(missing_ok=True)


def _read_lines(path: Path, kind: type[T], most: int) -> list[T]:
    found: list[T] = []
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if text.isspace():
                continue
            if len(found) >= most:
                raise BodyTooLarge(limit=f"{most:,} lines")
            try:
                found.append(read(kind, as_json(text), strict=True))
            except NotOnTheWire as error:
                raise form_refused(NotOnTheWire(f"line {number}, {error.where or 'the whole'}", error.reason)) from None
    return found


LEDGER_ROUTES = (
    Route(
        "POST", paths.LEDGER_LOCATIONS, locations, "Save many locations, all or none", {200: "Saved"}, roles=ADMINS,
        headers=(paths.IDEMPOTENCY_KEY,), takes="LocationLines", takes_types=(paths.NDJSON,),
        refuses=(408, 413, 415, 422),
    ),
    Route(
        "POST", paths.LEDGER_SIGHTINGS, sightings, "Save what Capacity Tracker was seen to say", {200: "Saved"},
        roles=ADMINS, headers=(paths.IDEMPOTENCY_KEY,), takes="SightingLines", takes_types=(paths.NDJSON,),
        refuses=(408, 413, 415, 422),
    ),
    Route(
        "POST", paths.LEDGER_RECORD, record, "Record another ct's submissions, in one transaction",
        {200: "OutcomeLines"}, roles=WRITERS, headers=(paths.IDEMPOTENCY_KEY,), takes="SubmissionLines",
        takes_types=(paths.NDJSON,), answers_type=paths.NDJSON, refuses=(404, 408, 413, 415, 422),
    ),
)  # fmt: skip
