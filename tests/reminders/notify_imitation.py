"""GOV.UK Notify's API over a real socket, from its documentation (https://docs.notifications.service.gov.uk/python.html).

Requests are checked as Notify says that it checks them: a token signed with the key's secret half, an email address, a
template's id, the template's placeholders. With the test key here, perm-fail@ and temp-fail@simulator.notify come to
their statuses, and every other address to `delivered`. Besides, an address that begins with gone, busy, limit, hangup
or mute has that done to its request.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from tests.reminders.http_stand import HANGS_UP, MUTE, HttpStand, Reply, Request

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"test-{SERVICE}-{SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
SMOKE_TEST = "simulate-delivered@notifications.service.gov.uk"
PERMANENT_FAILURE, TEMPORARY_FAILURE = "perm-fail@simulator.notify", "temp-fail@simulator.notify"
_STATUSES = {PERMANENT_FAILURE: "permanent-failure", TEMPORARY_FAILURE: "temporary-failure"}
A_PAGE = 250


def problem(status: int, kind: str, words: str) -> Reply:
    """An error as Notify words it."""
    return Reply(status, {"status_code": status, "errors": [{"error": kind, "message": words}]})


class NotifyImitation:
    """Notify, for one service."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        """Notifications, the oldest first, as GET /v2/notifications shows them."""
        self.sent: list[dict[str, Any]] = []
        """What each was asked with."""
        self.forgetful = False
        """Whether it has none of those whose answer was lost."""
        self.replies: dict[str, Reply] = {}
        """What an address is answered with, whatever it begins with."""
        self.http = HttpStand(self._answer)

    def _answer(self, request: Request) -> Reply:
        if not _signed(request.authorization):
            return problem(403, "AuthError", "Invalid token: API key not found")
        parts = urlsplit(request.path)
        if (request.method, parts.path) == ("POST", "/v2/notifications/email"):
            return self._email(request.body)
        if (request.method, parts.path) == ("GET", "/v2/notifications"):
            return self._listed({name: values[0] for name, values in parse_qs(parts.query).items()})
        return problem(404, "NoResultFound", "No result found")

    def _email(self, body: dict[str, Any]) -> Reply:
        address = body.get("email_address", "")
        if address in self.replies:
            return self.replies[address]
        match address.partition("@")[0].partition("-")[0]:
            case "gone":
                return problem(400, "ValidationError", "email_address Not a valid email address")
            case "busy":
                return problem(500, "Exception", "Internal server error")
            case "limit":
                words = "Exceeded rate limit for key type TEST of 3000 requests per 60 seconds"
                return problem(429, "RateLimitError", words)
        refused = _refused(body)
        if refused is not None:
            return refused
        kind = address.partition("@")[0].partition("-")[0]
        if not (kind in {"hangup", "mute"} and self.forgetful):
            self._take(address, body)
        lost = {"hangup": HANGS_UP, "mute": MUTE}.get(kind)
        return lost or Reply(201, {"id": self.taken[-1]["id"], "reference": body.get("reference")})

    def _take(self, address: str, body: dict[str, Any]) -> None:
        self.sent.append(body)
        status = _STATUSES.get(address, "delivered")
        found = {"id": str(uuid4()), "reference": body.get("reference"), "email_address": address, "type": "email"}
        self.taken.append({**found, "status": status})

    def _listed(self, asked: dict[str, str]) -> Reply:
        known = {"status", "template_type", "reference", "older_than", "include_jobs"}
        assert asked.keys() <= known
        found = [it for it in reversed(self.taken) if asked.get("reference") in {None, it["reference"]}]
        wanted = {"failed": {"permanent-failure", "temporary-failure", "technical-failure"}}
        if "status" in asked:
            found = [it for it in found if it["status"] in wanted.get(asked["status"], {asked["status"]})]
        if "older_than" in asked:
            ids = [it["id"] for it in found]
            found = found[ids.index(asked["older_than"]) + 1 :]
        return Reply(200, {"notifications": found[:A_PAGE], "links": {"current": "/v2/notifications"}})


def _refused(body: dict[str, Any]) -> Reply | None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", body.get("email_address", "")):
        return problem(400, "ValidationError", "email_address Not a valid email address")
    try:
        UUID(body.get("template_id", ""))
    except ValueError:
        return problem(400, "ValidationError", "template_id is not a valid UUID")
    missing = {"subject", "body"} - body.get("personalisation", {}).keys()
    if missing:
        return problem(400, "BadRequestError", f"Missing personalisation: {', '.join(sorted(missing))}")
    return None


def _signed(authorization: str) -> bool:
    """Whether a token is the service's own, signed with its secret in the last 30 seconds (RFC 7519, HS256)."""
    head, _, rest = authorization.removeprefix("Bearer ").partition(".")
    claims, _, signature = rest.partition(".")
    proof = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    said = json.loads(_decoded(claims)) if claims else {}
    genuine = hmac.compare_digest(_decoded(signature), proof) and said.get("iss") == SERVICE
    return genuine and abs(time.time() - said.get("iat", 0)) <= 30


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
