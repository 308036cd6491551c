"""What became of a return, as an answer over HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from ct_cli.actions.taking.submitted import Fate, ReturnResult
from ct_cli.backends.access import KeptAnswer
from ct_cli.backends.api_paths import PROBLEM_JSON
from ct_cli.backends.contract import Entry
from ct_cli.backends.wire import plain
from ct_cli.returns.problem import Problem

JSON = "application/json"

STATUSES: Mapping[Fate, int] = {
    Fate.ACCEPTED: 201,
    Fate.CORRECTED: 201,
    Fate.ALREADY_RECORDED: 200,
    Fate.NEEDS_CONFIRMING: 422,
    Fate.REFUSED: 422,
    Fate.OUTSIDE_WINDOW: 409,
    Fate.CONFLICT: 412,
}

_DETAILS = {
    Fate.NEEDS_CONFIRMING: "The return is recorded once its queries are confirmed: send their codes in `confirm`, and "
    "in `note` why they are right (replaces-figures needs no note).",
    Fate.REFUSED: "The return was refused: correct what `errors` says, and send it again.",
    Fate.OUTSIDE_WINDOW: "The window for this month is not open: nothing was recorded.",
    Fate.CONFLICT: "Another version is recorded now than the one that your request expected: read it, then decide.",
}


_NEWER = (
    "Look at both. If yours is right, send it again by PUT, with the ETag of the version that is there now in If-Match."
)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, ready to be sent and to be kept."""

    status: int
    body: str
    content_type: str = JSON
    etag: str | None = None
    replayed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Its headers, but for the content's type."""
        found = {"ETag": self.etag} if self.etag else {}
        return found | ({"Idempotent-Replayed": "true"} if self.replayed else {})

    @property
    def headers_text(self) -> str:
        """What is kept of its headers."""
        return json.dumps({"type": self.content_type, "etag": self.etag})

    @classmethod
    def kept(cls, kept: KeptAnswer) -> "Answered":
        """An answer that was given before."""
        headers: dict[str, Any] = json.loads(kept.headers)
        # Of another ct's returns an older ct keeps neither.
        return cls(kept.status, kept.body, headers.get("type", JSON), headers.get("etag"), replayed=True)


def etag_of(entry: Entry) -> str:
    """The ETag of the version of a return that an entry is."""
    return f'"{entry.version}-{entry.receipt_id}"'


def _for_a_program(problem: Problem) -> Problem:
    """The problem, with what to do in HTTP's terms: the same request again would meet the same newer return."""
    return problem._replace(remedy=_NEWER) if problem.code == "newer-return" else problem


def answer_for(result: ReturnResult, entry: Entry | None, request_id: str, *, dry_run: bool = False) -> Answered:
    """The answer for one return: the result where it was recorded (or would be), else problem details."""
    if result.fate is Fate.CONFLICT:
        result = replace(result, problems=tuple(map(_for_a_program, result.problems)))
    told = plain(result)
    if result.fate.recorded:
        status = 200 if dry_run else STATUSES[result.fate]
        etag = etag_of(entry) if entry is not None and not dry_run else None
        return Answered(status, json.dumps(told, ensure_ascii=False), etag=etag)
    status = STATUSES[result.fate]
    body = {
        "type": f"urn:ct:{result.fate.value}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _DETAILS[result.fate],
        "instance": f"urn:ct:request:{request_id}",
        "code": result.fate.value,
        "errors": told["problems"],
        "result": told,
    }
    return Answered(status, json.dumps(body, ensure_ascii=False), PROBLEM_JSON)
