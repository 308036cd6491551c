"""What the server says no with: errors with their HTTP status, and every error as RFC 9457 problem details."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import Response

from ct_cli.actions.show_receipt import UnknownReceipt
from ct_cli.actions.status.scope import NobodyInScope
from ct_cli.backends.api_paths import PROBLEM_JSON
from ct_cli.backends.wire import NotOnTheWire
from ct_cli.errors import CtError, ExitStatus, FiguresUnreadable, StoreDamaged, StoreFull, StoreUnusable, UsageError
from ct_cli.register.refusals import UnknownLocation, UnknownUser
from ct_cli.register.versions import RegisterChanged


class HttpRefusal(CtError):
    """{words}"""

    status: ClassVar[int] = 400

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that go with it."""
        return {}


class NoSuchPage(HttpRefusal):
    """There is nothing here, or nothing that this key may see."""

    code = "not-found"
    status = 404


class NotThisMethod(HttpRefusal):
    """This method is not one that this address takes."""

    code = "method-not-allowed"
    status = 405


class KeyNeeded(HttpRefusal):
    """A key is needed that is known here, not expired and not revoked: send it as `Authorization: Bearer KEY`."""

    code = "key-needed"
    exit_status = ExitStatus.NOT_ALLOWED
    status = 401

    @property
    def headers(self) -> Mapping[str, str]:
        """How to send one."""
        return {"WWW-Authenticate": 'Bearer realm="ct"'}


class NotAllowed(HttpRefusal):
    """A key with the role {role} may not do this."""

    code = "not-allowed"
    exit_status = ExitStatus.NOT_ALLOWED
    status = 403


class NetworkNotAllowed(HttpRefusal):
    """This server may not be used from this network."""

    code = "network-not-allowed"
    exit_status = ExitStatus.NOT_ALLOWED
    status = 403


class TooMany(HttpRefusal):
    """Too many requests: wait {seconds} s, then go on more slowly."""

    code = "too-many-requests"
    status = 429

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come again."""
        return {"Retry-After": str(self.facts["seconds"])}


class BodyTooLarge(HttpRefusal):
    """The body is larger than {limit}: send it in parts."""

    code = "body-too-large"
    status = 413


class BodyTooSlow(HttpRefusal):
    """The body did not arrive within {seconds:g} s."""

    code = "body-too-slow"
    status = 408


class NotThisType(HttpRefusal):
    """The body is not {wanted}: send it so, and say so with Content-Type."""

    code = "content-type-not-taken"
    status = 415


class NotJson(HttpRefusal):
    """The body is not JSON: {reason}."""

    code = "not-json"


class NotTheForm(HttpRefusal):
    """The body is not what this address takes: {where}: {reason}."""

    code = "not-the-form"
    status = 422


class QueryRefused(HttpRefusal):
    """The query's {name} cannot be used: {reason}."""

    code = "query-refused"


class HeaderRefused(HttpRefusal):
    """The header {name} cannot be used: {reason}."""

    code = "header-refused"


class KeyReused(HttpRefusal):
    """This Idempotency-Key came before with another request: choose a new one for each request."""

    code = "idempotency-key-reused"
    status = 422


class SameRequestUnderWay(HttpRefusal):
    """The same request, under this Idempotency-Key, is still being worked on: send it again in {seconds} s."""

    code = "same-request-under-way"
    status = 409

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come again."""
        return {"Retry-After": str(self.facts["seconds"])}


class PreconditionNeeded(HttpRefusal):
    """Say which version this corrects with If-Match and its ETag or, for a first one, If-None-Match: *."""

    code = "precondition-needed"
    status = 428


class EncodingNotTaken(HttpRefusal):
    """The body is in an encoding (Content-Encoding) that is not taken here: send it as it is."""

    code = "content-encoding-not-taken"
    status = 415


class NoRoomForUploads(HttpRefusal):
    """The server has no room to keep what is sent while it reads it ({reason}): nothing was recorded. Try again in a
    few minutes, with the same Idempotency-Key."""

    code = "no-room-for-uploads"
    status = 507

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come again."""
        return {"Retry-After": "60"}


class StoreFullAfterSome(HttpRefusal):
    """The register's disk is full. Some of these returns were recorded before that. Send the same batch again in a few
    minutes, with the same Idempotency-Key: none is recorded twice."""

    code = StoreFull.code
    status = 507

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come again."""
        return {"Retry-After": "60"}


class Overloaded(HttpRefusal):
    """The server has more to do than it can: try again in {seconds} s."""

    code = "overloaded"
    status = 503

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come again."""
        return {"Retry-After": str(self.facts["seconds"])}


class Unexpected(HttpRefusal):
    """Something went wrong in the server. Its log has the particulars under this request's id."""

    code = "unexpected"
    status = 500


RETRY_AFTER_SECONDS = 5
"""When to come again to a store that cannot be reached now."""

_DAMAGED = (StoreDamaged, FiguresUnreadable)
_NOT_FOUND = (UnknownLocation, UnknownUser, UnknownReceipt, NobodyInScope)


def status_of(error: CtError) -> int:
    """The HTTP status that an error is answered with."""
    if isinstance(error, HttpRefusal):
        return error.status
    if isinstance(error, _NOT_FOUND):
        return 404
    if isinstance(error, _DAMAGED):
        return 500  # to come again changes nothing
    if isinstance(error, RegisterChanged):
        return 412
    if isinstance(error, StoreFull):
        return 507
    if isinstance(error, StoreUnusable) or error.exit_status is ExitStatus.NETWORK:
        return 503
    if isinstance(error, UsageError) or error.exit_status is ExitStatus.REFUSED:
        return 422
    return 500


def refusal(error: CtError, request_id: str) -> Response:
    """The answer that says why not."""
    status = status_of(error)
    headers = dict(error.headers) if isinstance(error, HttpRefusal) else {}
    words = error.sentence
    if status == 404:  # The same for what is missing and for what is another's.
        words = NoSuchPage().sentence
        return problem_details(404, NoSuchPage.code, words, request_id)
    if isinstance(error, RegisterChanged):
        words = "Somebody else has changed this since you looked: read it again, then decide. Nothing was saved."
        return problem_details(status, error.code, words, request_id, changed=error.changed)
    if isinstance(error, _DAMAGED):
        # What is damaged may be another's than who asks: whoever keeps the store is told by `ct verify`.
        words = "Something that this needs is damaged in the register's store, so that it cannot be read. To ask again"
        words += " changes nothing: tell whoever looks after the server, who can type `ct verify` there."
    elif isinstance(error, StoreFull):
        headers = {"Retry-After": "60"}
        words = "The register's disk is full: nothing was recorded. Try again in a few minutes, with the same key."
    elif isinstance(error, StoreUnusable) or status == 503:
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS), **headers}
        words = "The register cannot be reached now: try again in a few seconds." if status == 503 else words
    return problem_details(status, error.code, words, request_id, headers=headers)


def form_refused(error: NotOnTheWire) -> NotTheForm:
    """A body that is not of its form, as an error."""
    return NotTheForm(where=error.where or "the whole", reason=error.reason)


def problem_details(
    status: int,
    code: str,
    detail: str,
    request_id: str,
    *,
    errors: Sequence[Any] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An answer of problem details (RFC 9457); `errors` are problems in their plain form."""
    body = {
        "type": f"urn:ct:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": f"urn:ct:request:{request_id}",
        "code": code,
        "errors": list(errors),
        **more,
    }
    return Response(json.dumps(body, ensure_ascii=False), status, dict(headers or {}), PROBLEM_JSON)
