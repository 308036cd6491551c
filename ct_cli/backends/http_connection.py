"""One connection to a server, reused: the only file that meets httpx.

What is sent goes out whole from memory, and what comes back is taken in whole, to a file where it is large, before any
of it is used; so each request can be tried again where that is safe. It is safe for what only reads, and for what
carries an Idempotency-Key, which is everything else: the server answers the same request the same, and does it once.
"""

import contextlib
import random
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, Final

from ct_cli import __version__
from ct_cli.backends.api_paths import (
    ABOUT,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    MINIMAL,
    NDJSON,
    PREFER,
    PROBLEM_JSON,
    REQUEST_ID,
)
from ct_cli.backends.server_address import ServerAddress, proxy_on_the_way, without_secrets
from ct_cli.backends.server_answers import Answer, failed, raise_refusal, whole
from ct_cli.backends.server_refusals import (
    AnswerCutOff,
    AnsweredTooSlowly,
    AnswerNotKept,
    CertificateRefused,
    NameUnknown,
    NotTheServer,
    ProxyFailed,
    SameUnderWay,
    ServerBusy,
    ServerRefused,
    ServerUnreachable,
)
from ct_cli.stores.server_clock import ServerClock

if TYPE_CHECKING:
    import httpx

ATTEMPTS: Final = 4
_FIRST_WAIT = 0.2  # seconds; doubled each time, and each time a random part of it is added
_LONGEST_WAIT = 5.0  # seconds that a server's Retry-After is followed; beyond, the caller hears of it
_CONNECT_SECONDS = 5.0
_IN_MEMORY = 1 << 20  # bytes of an answer that are kept in memory before a temporary file takes over
_GIVEN_UP_SECONDS = 3.0  # for so long a server that could not be reached is not tried again by the same run
_BUSY = {429, 502, 503, 504}
_NOT_KNOWN = {400, 404, 405, 415}
"""With which a server answers what it does not know."""
_UNKNOWN_FIELD = {"not-the-form"}
"""Or so, where a value has a field that it does not know."""
_CHECK = "Check this computer's network, then run the same again."
_DOCTOR = "`ct doctor` tells what is wrong."


@dataclass
class Connection:
    """Asks a server, with one key."""

    address: ServerAddress
    find_key: Callable[[], str]
    """Asked once, when the first request is made."""
    seconds: float = 30
    """For an answer's next part to arrive, and for all tries of a request together to begin in."""
    sleep: Callable[[float], None] = time.sleep
    clock: ServerClock = field(default_factory=ServerClock)
    """Told of the Date of each answer."""
    _down: tuple[ServerUnreachable, float] | None = field(default=None, init=False)

    def close(self) -> None:
        """Hang up."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def another(self) -> "Connection":
        """One more to the same server with the same key, for another thread."""
        return Connection(self.address, lambda: self._key, self.seconds, self.sleep)

    def exchange(
        self, method: str, path: str, content: bytes = b"", kind: str = "application/json", *, key: str | None = None,
        minimal: bool = False, if_match: Collection[str] = (),
    ) -> Answer:  # fmt: skip
        """The server's answer to one request, once it has all arrived. `key` is the Idempotency-Key of a write,
        `minimal` asks not to be told what was sent, and `if_match` are the versions of which one must stand.

        Raises ServerUnreachable and its kinds, KeyMissing, KeyUnreadable, KeyRefused, NotAllowedThere, ServerRefused.
        """
        if self._down and time.monotonic() < self._down[1]:
            raise self._down[0]
        headers = {"Authorization": f"Bearer {self._key}", "Accept": f"{NDJSON}, application/json, {PROBLEM_JSON}"}
        if content or method != "GET":
            headers["Content-Type"] = kind
        if key is not None:
            headers[IDEMPOTENCY_KEY] = key
        if minimal:
            headers[PREFER] = MINIMAL
        if if_match:
            headers[IF_MATCH] = ", ".join(f'"{version}"' for version in if_match)
        try:
            answer = self._try(method, path, content, headers)
        except SameUnderWay:
            raise
        except ServerUnreachable as error:
            self._down = (error, time.monotonic() + _GIVEN_UP_SECONDS)
            raise
        self._down = None
        if answer.status >= 400:
            with answer:
                try:
                    raise_refusal(answer, self.address.url)
                except ServerRefused as error:
                    raise self._with_versions(error, path) from None
        return answer

    def _with_versions(self, error: ServerRefused, path: str) -> ServerRefused:
        """A refusal of what an older server may not know, with what to upgrade where the versions differ."""
        unknown = error.status in _NOT_KNOWN or error.code_there in _UNKNOWN_FIELD
        if not unknown or path == ABOUT or not self._which_to_upgrade:
            return error
        detail = f"{self._which_to_upgrade.rstrip('.')} (it answered: {str(error.facts['detail']).rstrip('.')})."
        return type(error)(**{**error.facts, "detail": detail, "versions_differ": True})

    @cached_property
    def _which_to_upgrade(self) -> str:
        """By what the server says of itself, asked once: it only helps with what is told already."""
        from ct_cli.backends.about import which_to_upgrade

        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        try:
            with self._once("GET", ABOUT, b"", headers) as answer:
                said = answer.json()
        except ServerUnreachable:
            return ""
        return which_to_upgrade(str(said.get("version", ""))) if isinstance(said, dict) else ""

    def _try(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        began = time.monotonic()
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            wait = _FIRST_WAIT * 2**attempt * (1 + random.random())
            try:
                answer = self._once(method, path, content, headers)
            except (CertificateRefused, ProxyFailed, AnswerNotKept):
                raise
            except ServerUnreachable:
                self.close()  # what is on the way there may be half an answer
                if last or time.monotonic() - began + wait > self.seconds:
                    raise
            else:
                if not _busy(answer):
                    return answer
                answer.close()
                wait = max(wait, answer.retry_after)
                if last or wait > _LONGEST_WAIT or time.monotonic() - began + wait > self.seconds:
                    raise self._busy(answer)
            self.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        request_id = f"{random.getrandbits(64):016x}"
        body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the answer closes it
        try:
            with (
                self._in_words(),
                self._client.stream(
                    method, self.address.url + path, content=content, headers={**headers, REQUEST_ID: request_id}
                ) as response,
            ):
                self.clock.heard(response.headers.get("date", ""))
                for part in response.iter_bytes():
                    self._keep(body, part)
            body.seek(0)
            answer = Answer(response.status_code, dict(response.headers), body)
            self._must_be_ours(answer, request_id)
            return answer
        except BaseException:
            body.close()
            raise

    def _keep(self, body: IO[bytes], part: bytes) -> None:
        try:
            body.write(part)
        except OSError as error:  # beyond what is kept in memory
            reason = f"its answer cannot be kept in this computer's temporary folder ({error.strerror or error})"
            remedy = "Make room there, or name another folder with TMPDIR, then run the same again."
            raise self._error(AnswerNotKept, reason, remedy) from error

    def _must_be_ours(self, answer: Answer, request_id: str) -> None:
        """Another request's answer, a proxy's page or half an answer is not one."""
        if answer.headers.get(REQUEST_ID.lower()) != request_id:
            if answer.status in _BUSY:
                return  # a gateway before the server, or the server's own way of saying that it is full
            if answer.status == 413 and REQUEST_ID.lower() not in answer.headers:
                return  # a gateway that lets less through than the server takes
            raise self._not_the_server(answer)
        if answer.status < 400 and not whole(answer):
            raise self._error(AnswerCutOff, "its answer was cut off on the way", _CHECK)

    def _not_the_server(self, answer: Answer) -> ServerUnreachable:
        if answer.status == 407:
            return self._error(ProxyFailed, "the proxy on the way wants a name and a password", _DOCTOR)
        if answer.status >= 500:
            return failed(answer, self.address.url)
        kind = answer.headers.get("content-type", "").partition(";")[0] or "no type"
        remedy = "Is server.url right? A network's sign-in page, or a filter, may stand before it."
        return self._error(NotTheServer, f"it answers with {answer.status} and {kind[:40]}", remedy)

    def _busy(self, answer: Answer) -> ServerUnreachable:
        reason = {
            409: "it is still at work on the same request",
            429: "it asks for slower requests",
            503: "it, or its store, is not ready",
        }.get(answer.status, "the gateway before it cannot reach it")
        when = f"in {answer.retry_after:.0f} seconds" if answer.retry_after else "in a little while"
        kind = SameUnderWay if answer.status == 409 else ServerBusy
        return self._error(kind, f"{reason} (status {answer.status})", f"Run the same again {when}.")

    def _error(self, kind: type[ServerUnreachable], reason: str, remedy: str) -> ServerUnreachable:
        return kind(server=self.address.url, reason=reason, remedy=remedy)

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """What httpx and what is below it say, as one of our errors."""
        import httpx

        try:
            yield
        except httpx.ProxyError as error:
            raise self._error(ProxyFailed, f"the proxy on the way says no ({_mildly(error)})", _DOCTOR) from None
        except httpx.TimeoutException as error:
            if self._proxy and isinstance(error, httpx.ConnectTimeout):
                raise self._of_the_proxy("does not answer") from None
            reason = f"no answer came within {self.seconds:g} seconds"
            raise self._error(AnsweredTooSlowly, reason, _CHECK) from None
        except httpx.TransportError as error:
            raise self._of_transport(error) from None
        except (httpx.DecodingError, httpx.InvalidURL) as error:
            raise self._error(NotTheServer, _mildly(error), "Is server.url right?") from None

    def _of_transport(self, error: Exception) -> ServerUnreachable:
        below = list(_causes(error))
        if any(isinstance(each, ssl.SSLCertVerificationError) for each in below):
            found = next(each for each in below if isinstance(each, ssl.SSLCertVerificationError))
            reason = f"its certificate is not one that this computer trusts ({found.verify_message or 'not verified'})"
            remedy = "Where your network inspects traffic, its certificate belongs in this computer's own trust store."
            return self._error(CertificateRefused, reason, remedy)
        if any(isinstance(each, ssl.SSLError) for each in below):
            remedy = "Is https:// right for that port? A proxy or a filter may stand before it."
            return self._error(CertificateRefused, "what answers there does not speak TLS as it should", remedy)
        if self._proxy and any(isinstance(each, socket.gaierror) for each in below):
            return self._of_the_proxy("has a name that is not known here")
        if self._proxy and any(isinstance(each, ConnectionRefusedError) for each in below):
            return self._of_the_proxy("is not there: nothing listens at its port")
        if any(isinstance(each, socket.gaierror) for each in below):
            return self._error(NameUnknown, f"the name {self.address.host} is not known here", _CHECK)
        if any(isinstance(each, ConnectionRefusedError) for each in below):
            return self._error(ServerUnreachable, f"nothing listens at its port {self.address.port}", _CHECK)
        return self._error(AnswerCutOff, f"the connection broke ({_mildly(error)})", _CHECK)

    def _of_the_proxy(self, what: str) -> ProxyFailed:
        """What is wrong with the proxy itself: where there is one, only it is connected to."""
        assert self._proxy is not None
        remedy = "HTTPS_PROXY, or this computer's network settings, name it; NO_PROXY excepts a server from it."
        reason = f"the proxy on the way, {without_secrets(self._proxy)}, {what}"
        return ProxyFailed(server=self.address.url, reason=reason, remedy=remedy)

    @cached_property
    def _proxy(self) -> str | None:
        return proxy_on_the_way(self.address)

    @cached_property
    def _key(self) -> str:
        return self.find_key()

    @cached_property
    def _client(self) -> "httpx.Client":
        import httpx

        return httpx.Client(
            verify=_trust() if self.address.scheme == "https" else False,
            # The proxy is chosen by the system's own rules, exceptions and all; httpx reads fewer of them.
            trust_env=False,
            transport=self._over_the_proxy(self._proxy) if self._proxy else None,
            timeout=httpx.Timeout(self.seconds, connect=min(self.seconds, _CONNECT_SECONDS)),
            headers={"User-Agent": f"ct/{__version__}"},
        )

    def _over_the_proxy(self, proxy: str) -> "httpx.HTTPTransport":
        import httpx

        trust = _trust()
        try:
            over = httpx.Proxy(proxy, ssl_context=trust if proxy.startswith("https:") else None)
            return httpx.HTTPTransport(verify=trust, trust_env=False, proxy=over)
        except (ImportError, ValueError, httpx.InvalidURL):  # It quotes the address, and that may hold a password.
            raise self._of_the_proxy("is of a kind that ct cannot use") from None


def _busy(answer: Answer) -> bool:
    """Whether the same request is to be sent again later, as it is: also where an earlier try of it is still under
    way there, which is a conflict that says when to come again."""
    return answer.status in _BUSY or (answer.status == 409 and answer.retry_after > 0)


def _trust() -> ssl.SSLContext:
    """The operating system's trust store: a council that inspects TLS has put its own certificate there."""
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _mildly(error: Exception) -> str:
    """What a library says, kept short."""
    return " ".join((str(error) or type(error).__name__).split())[:80].rstrip(".").lower()
