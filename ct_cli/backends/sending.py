"""Sends what waits in the queue: in the order in which it came, each request as it was first sent.

It stops at the first request that the server cannot be reached for. What the server refuses stays in the queue with
its problems, marked, and is not sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ct_cli import clock
from ct_cli.backends.contract import Outcome, OutcomeKind
from ct_cli.backends.http_api import HttpBackend
from ct_cli.backends.return_queue import ReturnQueue, Waiting
from ct_cli.backends.server_refusals import ServerRefused, ServerUnreachable
from ct_cli.returns.codes import problem
from ct_cli.returns.problem import Problem


@dataclass(frozen=True, slots=True)
class Sent:
    """A return that waited, and what the server answered."""

    waited: Waiting
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Sending:
    """What came of a round."""

    sent: tuple[Sent, ...]
    unreachable: ServerUnreachable | None
    """Why it stopped; None where everything was sent."""
    left: int
    """How many still wait."""


def send_waiting(server: HttpBackend, queue: ReturnQueue) -> Sending:
    """Send what waits for this server. Raises KeyMissing, KeyUnreadable, KeyRefused, NotAllowedThere."""
    sent: list[Sent] = []
    requests = [list(request) for request in queue.requests(server.server)]
    while requests:
        request = requests.pop(0)
        try:
            outcomes = _send(server, request)
        except ServerUnreachable as error:
            return Sending(tuple(sent), error, queue.waits(server.server))
        if outcomes is None:  # Refused as a whole: for the sake of the good ones, each goes alone.
            queue.part(waiting.id for waiting in request)
            requests = [list(each) for each in queue.requests(server.server)]
            continue
        _settle(queue, request, outcomes)
        sent.extend(Sent(waiting, outcome) for waiting, outcome in zip(request, outcomes, strict=True))
    return Sending(tuple(sent), None, 0)


def _send(server: HttpBackend, request: Sequence[Waiting]) -> Sequence[Outcome] | None:
    """The outcomes; None where the server refused several returns as a whole."""
    body = b"".join(waiting.line for waiting in request)
    try:
        return server.record_lines(body, len(request), request[0].request_key)
    except ServerRefused as error:
        if len(request) > 1:
            return None
        said = request[0].submission.checked
        why = problem(
            "refused-by-server",
            str(error.facts["detail"]),
            location_id=said.location_id,
            service=said.service,
            facts={"status": error.status},
        )
        return [Outcome(OutcomeKind.REFUSED, None, None, (why,))]


def _settle(queue: ReturnQueue, request: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    done, refused = [], {}
    for waiting, outcome in zip(request, outcomes, strict=True):
        if outcome.kind in {OutcomeKind.REFUSED, OutcomeKind.CONFLICT}:
            refused[waiting.id] = outcome.problems or (_conflict(waiting),)
        else:
            done.append(waiting.id)
    queue.settle(done, refused, clock.now())


def _conflict(waiting: Waiting) -> Problem:
    said = waiting.submission.checked
    words = "somebody corrected it since the version that this was to replace"
    return problem("refused-by-server", words, location_id=said.location_id, service=said.service)
