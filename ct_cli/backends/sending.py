"""Sends what waits in the queue, in the order in which it came: each return on the version that its sender had seen.

Only what the server's rules refuse is refused, and only a newer return makes a conflict: both stay in the queue,
marked, and are not sent again by themselves. Whatever else an answer says (a key that it does not know, a body that is
too large, a fault in the server), the return waits on, with what was answered, under the same Idempotency-Key; other
returns are sent past it, except those for the same month, which were made after it. Where the server cannot be reached
at all, or fails again and again, sending stops.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ct_cli import clock
from ct_cli.backends.contract import Outcome, OutcomeKind
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.newer_return import newer_return
from ct_cli.backends.return_queue import ReturnQueue, Settled, Waiting
from ct_cli.backends.server_refusals import (
    KeyRefused,
    NotAllowedThere,
    SameUnderWay,
    ServerFailed,
    ServerRefused,
    ServerUnreachable,
)
from ct_cli.errors import CtError
from ct_cli.returns.codes import problem
from ct_cli.returns.problem import Problem
from ct_cli.returns.the_return import CheckedReturn

FAILURES_IN_A_ROW: Final = 3
"""Requests that fail for the server's own reasons, or for the key, or are under way there, after which no more are
tried in one round: each may have taken half a minute."""
_TOO_LARGE, _KEY_REUSED = 413, "idempotency-key-reused"


@dataclass(frozen=True, slots=True)
class Sent:
    """A return that waited, and what the server answered."""

    waited: Waiting
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Kept:
    """A return that waits on although the server answered, and why: it did not take it, or one that goes first."""

    waited: Waiting
    why: Problem


@dataclass(frozen=True, slots=True)
class Sending:
    """What came of a round."""

    sent: tuple[Sent, ...]
    unreachable: ServerUnreachable | None
    """Why it stopped; None where everything was tried."""
    left: int
    """How many still wait."""
    kept: tuple[Kept, ...] = ()
    """Those of them that the server neither took nor refused."""
    failure: CtError | None = None
    """Why the round broke off once something was sent, such as a queue that cannot be written to."""


def send_waiting(server: HttpBackend, queue: ReturnQueue) -> Sending:
    """Send what waits for this server. What fails once something was sent is told beside it.

    Raises KeyMissing, KeyUnreadable, StoreUnusable, before anything was sent.
    """
    return _Round(server, queue).run()


def _first_of_each_month(request: Sequence[Waiting]) -> Sequence[Waiting]:
    """Of a request, no two returns for one month: a second is sent once it is known which version the first became."""
    first: dict[str, Waiting] = {}
    for it in request:
        first.setdefault(it.return_of, it)
    return list(first.values())


class _Round:
    def __init__(self, server: HttpBackend, queue: ReturnQueue) -> None:
        self._server, self._queue = server, queue
        self._sent: list[Sent] = []
        self._kept: list[Kept] = []
        self._behind: set[str] = set()
        """The returns that something waits on for, so that what was made after it is not sent before it."""
        self._failed = 0
        """Requests in a row that failed for a reason that others may meet as well."""

    def run(self) -> Sending:
        unreachable: ServerUnreachable | None = None
        failure: CtError | None = None
        server, tried, after = self._server.server, set[str](), 0
        # Asked for one by one: what was sent changes what waits behind it, and another program may be sending too.
        while unreachable is None and failure is None:
            request, last = self._queue.next_request(server, after)
            if not request:
                break
            if request[0].request_key in tried:  # it waits on
                after = last
                continue
            tried.add(request[0].request_key)
            try:
                self._send(request)
            except ServerUnreachable as error:
                unreachable = error
            except CtError as error:
                if not self._sent:
                    raise
                failure = error
        left = self._queue.waits(self._server.server)
        return Sending(tuple(self._sent), unreachable, left, tuple(self._kept), failure)

    def _send(self, request: Sequence[Waiting]) -> None:
        """Send one request, and settle what becomes of it. Raises ServerUnreachable where no more are to be tried."""
        if not self._behind.isdisjoint(it.return_of for it in request):
            self._wait_behind(request)
            return
        try:
            self._settle(*self._outcomes(request))
            self._failed = 0
        except (ServerFailed, SameUnderWay, KeyRefused) as error:
            self._keep(request, error)
            self._failed += 1
            if self._failed >= FAILURES_IN_A_ROW:
                if isinstance(error, ServerUnreachable):
                    raise
                raise ServerUnreachable(
                    server=self._server.server, reason="it does not know this computer's key", remedy="Type: ct login"
                ) from None
        except NotAllowedThere as error:
            self._keep(request, error)
        except ServerRefused as error:
            self._refused(request, error)

    def _outcomes(self, request: Sequence[Waiting]) -> tuple[Sequence[Waiting], Sequence[Outcome]]:
        """What was recorded of a request, or decided, and what became of it."""
        first = request if request[0].atomic else _first_of_each_month(request)
        try:
            return first, self._record([it.guarded for it in first], request)
        except ServerRefused as error:
            if error.code_there != _KEY_REUSED:
                raise
        # It was done as it was first sent, before it came to wait here: asked the same again, the server tells how.
        return request, self._record([it.line for it in request], request)

    def _record(self, lines: Sequence[bytes], request: Sequence[Waiting]) -> Sequence[Outcome]:
        key, atomic = request[0].request_key, request[0].atomic
        return self._server.record_lines(b"".join(lines), len(lines), key, atomic=atomic)

    def _refused(self, request: Sequence[Waiting], error: ServerRefused) -> None:
        """The server says no to a request as a whole."""
        key = request[0].request_key
        if error.about_what_was_sent and len(request) > 1 and not request[0].atomic:
            self._queue.part(key, [it.id for it in request])  # for the sake of the good ones, each goes alone
        elif not error.by_the_rules:
            self._keep(request, error)
            if error.code_there == _KEY_REUSED:  # for something else: what stands there says what this became
                self._queue.send_later(key, [it.id for it in request])
        else:
            refused = [Outcome(OutcomeKind.REFUSED, None, None, (_refusal(it, error),)) for it in request]
            self._failed = 0
            self._settle(request, refused)

    def _keep(self, request: Sequence[Waiting], error: CtError) -> None:
        self._wait_on(request, {it.id: not_taken(it.id, it.submission.checked, error) for it in request})

    def _wait_behind(self, request: Sequence[Waiting]) -> None:
        """Send a request another time, after what waits for the same month. That it was looked at is noted: only what
        could not be is sent before all that is new."""
        told = {it.waited.id for it in self._kept}
        fresh = [it for it in request if it.id not in told]
        self._wait_on(fresh, {it.id: _behind_another(it) for it in fresh})
        self._behind.update(it.return_of for it in request)

    def _wait_on(self, request: Sequence[Waiting], why: Mapping[str, Problem]) -> None:
        if request:
            self._queue.keep(request[0].request_key, why)
        self._kept += [Kept(it, why[it.id]) for it in request]
        self._behind.update(it.return_of for it in request)

    def _settle(self, request: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        settled = Settled()
        told: list[Outcome] = []
        for waiting, outcome in zip(request, outcomes, strict=True):
            match outcome.kind:
                case OutcomeKind.REFUSED:
                    settled.refused[waiting.id] = outcome.problems
                case OutcomeKind.CONFLICT:
                    settled.conflicts[waiting.id] = outcome.entry
                    outcome = outcome._replace(problems=(_overtaken(waiting, outcome),))
                case OutcomeKind.HELD_BACK:
                    settled.held_back.append(waiting.id)
                case _:
                    settled.done[waiting.id] = outcome.entry.version if outcome.entry else 0
            told.append(outcome)
        self._queue.settle(request[0].request_key, settled, clock.now())
        self._sent += [Sent(waiting, outcome) for waiting, outcome in zip(request, told, strict=True)]


def _overtaken(waiting: Waiting, outcome: Outcome) -> Problem:
    remedy = (
        f"See both with `ct queue list`. To put yours in its place, type: ct queue send --overwrite {waiting.id}. To"
        f" leave what is there, type: ct queue drop {waiting.id}"
    )
    return newer_return(waiting.submission.checked, waiting.version_seen, outcome.entry, remedy)


def _refusal(waiting: Waiting, error: ServerRefused) -> Problem:
    said = waiting.submission.checked
    return problem(
        "refused-by-server",
        str(error.facts["detail"]),
        location_id=said.location_id,
        service=said.service,
        facts={"status": error.status},
    )


def _behind_another(waiting: Waiting) -> Problem:
    said = waiting.submission.checked
    words = "it was not sent yet, because what goes before it, or with it, still waits"
    remedy = "`ct queue list` shows why. Once that is sent or dropped, this is sent."
    return problem("not-taken", words, remedy, location_id=said.location_id, service=said.service)


def not_taken(id: str, said: CheckedReturn, error: CtError) -> Problem:
    """Why a return in the queue waits on although the server answered."""
    facts = {"status": error.facts["status"]} if "status" in error.facts else {}
    remedy = "It waits and is sent again. If that does not help, ask whoever runs the server."
    if isinstance(error, KeyRefused):
        remedy = "Ask for a new key, type `ct login`, then: ct queue send"
    elif isinstance(error, ServerRefused) and error.status == _TOO_LARGE:
        remedy = f"Drop it (ct queue drop {id}) and submit its file in parts."
    words = error.not_taken if isinstance(error, ServerRefused) else error.sentence
    return problem("not-taken", words, remedy, location_id=said.location_id, service=said.service, facts=facts)
