"""Asking another organisation's API for JSON, politely: tried again when it is busy, never faster than it allows.

The standard library's own client, for it trusts what the computer trusts (behind a council's proxy too) and follows its
settings for proxies. Keys go in headers or in the query, so no address, and no answer of the server's, is ever shown.
"""

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ct_cli.errors import CtError, ExitStatus, UsageError

TRIES = 6
"""How often one page is asked for, the first time included."""
LONGEST_WAIT = 120.0
"""Seconds: a server that asks for more patience is asked another day."""
TIMEOUT = 120.0
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_MINUTE = 60.0


class SourceUnreachable(CtError):
    """{host} could not be asked: {reason}. What was read before is kept; run the same command again later."""

    code = "source-unreachable"
    exit_status = ExitStatus.NETWORK


class KeyNotTaken(CtError):
    """{host} did not take the key ({status}): check the setting {key}, and whether the key is still good."""

    code = "key-not-taken"
    exit_status = ExitStatus.NOT_ALLOWED


class KeyMissing(UsageError):
    """There is no key to ask with. Put it into the variable {variable}, or let the setting {key}_file name a file, or
    {key}_command a command, that holds it."""

    code = "key-missing"


class AddressRefused(UsageError):
    """The setting {key} must begin with https://, or the key would go over the line for all to read."""

    code = "address-refused"


class _Refused(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: the key would go with it."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Asker:
    """One API. Waits between calls so that no more than `per_minute` are made; 0 is as many as it takes."""

    url: str
    key_setting: str
    """The setting that holds the key, for words."""
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    """Parameters that go with every call, such as a key."""
    per_minute: int = 0
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    _next_at: float = 0.0
    _local: ClassVar[frozenset[str]] = frozenset({"localhost", "127.0.0.1", "::1"})

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in self._local):
            raise AddressRefused(key=self.key_setting.replace(".key", ".url"))
        self.host = parts.hostname or ""
        self._opener = urllib.request.build_opener(_Refused)

    def get(self, path: str = "", **parameters: object) -> Any:
        """The JSON at a path under the address; None where there is nothing (404).

        Raises SourceUnreachable once it was tried six times, KeyNotTaken.
        """
        query = urllib.parse.urlencode({**self.secret, **parameters})
        request = urllib.request.Request(
            f"{self.url}{path}?{query}" if query else self.url + path, headers={**self.headers}
        )
        reason, wait = "", 0.0
        for attempt in range(TRIES):
            if attempt:
                self.sleep(wait)
            self._keep_pace()
            try:
                with self._opener.open(request, timeout=TIMEOUT) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    if error.code == 404:
                        return None
                    reason, wait = self._refusal(error, attempt)
            except (json.JSONDecodeError, UnicodeDecodeError, http.client.HTTPException):
                reason, wait = "its answer broke off or is not JSON", _backoff(attempt)
            except OSError as error:  # urllib's URLError, a time-out, a connection that was cut
                reason, wait = _words(error), _backoff(attempt)
        raise SourceUnreachable(host=self.host, reason=f"{reason} (tried {TRIES} times)")

    def _refusal(self, error: urllib.error.HTTPError, attempt: int) -> tuple[str, float]:
        if error.code in (401, 403):
            raise KeyNotTaken(host=self.host, status=error.code, key=self.key_setting) from None
        if error.code not in _BUSY:
            raise SourceUnreachable(host=self.host, reason=f"it answered with status {error.code}") from None
        given = (error.headers.get("Retry-After") or "").strip()
        wait = float(given) if given.isascii() and given.isdigit() else _backoff(attempt)
        if wait > LONGEST_WAIT:
            raise SourceUnreachable(host=self.host, reason=f"it asks to wait for {int(wait)} seconds") from None
        return f"it is busy (status {error.code})", wait

    def _keep_pace(self) -> None:
        self.calls += 1
        if not self.per_minute:
            return
        now = time.monotonic()
        if now < self._next_at:
            self.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + _MINUTE / self.per_minute


def _backoff(attempt: int) -> float:
    """1, 2, 4 … seconds."""
    return float(2**attempt)


def _words(error: OSError) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    words = reason.strerror if isinstance(reason, OSError) and reason.strerror else ""
    return words.lower() or "the connection failed"
