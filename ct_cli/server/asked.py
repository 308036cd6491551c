"""One request, as a route sees it: its key, its query, its body within bounds."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar

from fastapi import Request

from ct_cli import clock
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.access import AccessBackend, ApiKey
from ct_cli.backends.api_paths import IDEMPOTENCY_KEY, NDJSON, PREFER
from ct_cli.backends.wire import NotOnTheWire, read
from ct_cli.errors import CtError
from ct_cli.server.fence import Fenced
from ct_cli.server.idempotency import IdempotentRequest
from ct_cli.server.refusals import (
    BodyTooLarge,
    BodyTooSlow,
    HeaderRefused,
    NotJson,
    NotThisType,
    QueryRefused,
    form_refused,
)
from ct_cli.server.uploads import Upload

if TYPE_CHECKING:
    from ct_cli.server.service import Service

T = TypeVar("T")

JSON = "application/json"
RECEIVED_AT = "ct.received_at"
"""In a request's scope: when its last byte arrived. Set by the protocol (`run.PatientProtocol`), which sees it first:
a request may have to wait before its body is read. Where another protocol serves, set when the body was read."""


@dataclass
class Asked:
    """A request with a key that may make it."""

    request: Request
    key: ApiKey
    request_id: str
    service: "Service"

    @property
    def received_at(self) -> datetime:
        """When the whole of the request had arrived, which decides whether a window was met. Only once its body was
        read."""
        found: datetime = self.request.scope[RECEIVED_AT]
        return found

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str, parse: Callable[[str], T]) -> T | None:
        """One parameter of the query, parsed; None where it is not given. Raises QueryRefused."""
        given = self.request.query_params.getlist(name)
        if not given:
            return None
        if len(given) > 1:
            raise QueryRefused(name=name, reason="it is given twice")
        try:
            return parse(given[0])
        except CtError as error:
            raise QueryRefused(name=name, reason=error.sentence) from None
        except ValueError:
            raise QueryRefused(name=name, reason="it is not of the kind that is asked for") from None

    def yes(self, name: str) -> bool:
        """A parameter of the query that is true or false; false where it is not given."""
        return bool(self.query(name, yes_or_no))

    def header(self, name: str) -> str | None:
        """A header; None where it is not given. Raises HeaderRefused where it is given twice."""
        found = self.request.headers.getlist(name)
        if len(found) > 1:
            raise HeaderRefused(name=name, reason="it is given twice")
        return found[0] if found else None

    @cached_property
    def idempotency_key(self) -> str | None:
        """What the client chose to know this request by. Raises HeaderRefused."""
        given = self.header(IDEMPOTENCY_KEY)
        if given is not None and not (1 <= len(given) <= 128 and given.isascii() and given.isprintable()):
            raise HeaderRefused(name=IDEMPOTENCY_KEY, reason="it is 1 to 128 visible ASCII characters")
        return given

    def idempotent(self, body_digest: str) -> IdempotentRequest | None:
        """This request, as it is known again when it is sent again; None where it has no key. Raises HeaderRefused."""
        key = self.idempotency_key
        return None if key is None else IdempotentRequest(self.key.id, key, self.request_hash(body_digest))

    @property
    def patience(self) -> float:
        """Seconds for which it waits for the same request that is under way."""
        return self.service.options.limits.same_request_seconds

    def prefers(self, what: str) -> bool:
        """Whether the client would rather have its answer so (RFC 7240)."""
        given = ",".join(self.request.headers.getlist(PREFER)).lower().split(",")
        return any(it.partition(";")[0].strip() == what for it in given)

    def workplace(self, store: AccessBackend) -> Workplace:
        """What actions work with: the store behind this key's fence."""
        return self.service.workplace.lending(Fenced(store, self.key))

    async def run(self, work: Callable[[Workplace], T]) -> T:
        """What an action answers, on a thread."""
        return await self.service.stores.run(lambda store: work(self.workplace(store)), self.key.id)

    def at_end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have something closed once this request is over, however it ends."""
        self.request.scope["ct.closing"].push_async_callback(close)

    # The body.

    async def body(self) -> bytes:
        """The body of an ordinary request. Raises BodyTooLarge, BodyTooSlow."""
        limits = self.service.options.limits
        parts = [part async for part in self._arriving(limits.body, limits.body_seconds)]
        return b"".join(parts)

    async def json(self, kind: type[T]) -> tuple[T, bytes]:
        """The body as a value of a class, and as it came. Raises NotThisType, NotJson, NotTheForm."""
        self.must_be(JSON)
        body = await self.body()
        return as_value(kind, body), body

    async def bulk_body(self) -> bytes:
        """The body of a question that may name thousands. Raises BodyTooLarge, BodyTooSlow."""
        limits = self.service.options.limits
        return b"".join([part async for part in self._arriving(limits.question_body, limits.body_seconds)])

    async def upload(self, most: int, *, lines: bool = True) -> tuple[IO[bytes], str]:
        """A bulk body that can be read again and again until this request is over, and its SHA-256.

        `most` bounds how many values it has: a line each, or objects of an array. Raises BodyTooLarge, BodyTooSlow,
        NoRoomForUploads.
        """
        limits = self.service.options.limits
        found = Upload(most, lines=lines)
        self.at_end(found.close)
        async for part in self._arriving(limits.bulk_body, limits.body_seconds * 10):
            found.add(part)
        return found.file, found.finish()

    def must_be(self, *types: str) -> str:
        """The body's type, which is one of these. Raises NotThisType."""
        given = (self.header("Content-Type") or "").partition(";")[0].strip().lower()
        if given not in types:
            raise NotThisType(wanted=" or ".join(types))
        return given

    def request_hash(self, body_digest: str) -> str:
        """What makes two requests the same: method, path, query and body."""
        url = self.request.url
        return sha256(f"{self.request.method}\n{url.path}\n{url.query}\n{body_digest}".encode()).hexdigest()

    async def _arriving(self, most: int, seconds: float) -> AsyncIterator[bytes]:
        announced = self.header("Content-Length")
        if announced is not None and announced.isdigit() and int(announced[:18]) > most:
            _too_large(most)
        size = 0
        parts = self.request.stream()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    part = await anext(parts, None)
            except TimeoutError:
                raise BodyTooSlow(seconds=seconds) from None
            if part is None:
                self.request.scope.setdefault(RECEIVED_AT, clock.now())
                return
            size += len(part)
            if size > most:
                _too_large(most)
            if part:
                yield part


def as_value(kind: type[T], body: bytes) -> T:
    """A JSON body as a value of a class. Raises NotJson, NotTheForm."""
    plain = as_json(body)
    try:
        return read(kind, plain, strict=True)
    except NotOnTheWire as error:
        raise form_refused(error) from None


def read_lines(file: IO[bytes], most: int, read_one: Callable[[bytes], T]) -> list[T]:
    """What is read of each line of a file of NDJSON. Raises BodyTooLarge, NotJson, NotTheForm."""
    found: list[T] = []
    for number, line in enumerate(file, 1):
        if line.isspace():
            continue
        if len(found) >= most:
            raise BodyTooLarge(limit=f"{most:,} lines")
        try:
            found.append(read_one(line))
        except NotOnTheWire as error:
            raise form_refused(NotOnTheWire(f"line {number}, {error.where or 'the whole'}", error.reason)) from None
    return found


def as_json(body: bytes) -> Any:
    """A JSON body. Raises NotJson."""
    try:
        found = _DECODER.decode(body.decode("utf-8"))
        if b"\\u" in body:
            _refuse_no_text(found)
        return found
    except UnicodeDecodeError:
        raise NotJson(reason="it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotJson(reason=f"{error.msg}, at character {error.pos}") from None
    except RecursionError:
        raise NotJson(reason="it nests too deeply") from None
    except _Refused as error:
        raise NotJson(reason=str(error)) from None


class _Refused(ValueError):
    """JSON that Python takes and we do not."""


def _object(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Refused("an object has a key twice")
    return made


def _refuse_no_text(found: Any) -> None:
    """Refuse what JSON can say and no store can keep: NUL, and halves of a pair of surrogates."""
    try:
        text = json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _Refused("it has half of a character") from None
    if b"\\u0000" in text:
        raise _Refused("it has a NUL character")


def _whole(text: str) -> int:
    if len(text) > 40:
        raise _Refused("a number has more than 40 digits")
    return int(text)


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_constant=_constant)


def yes_or_no(text: str) -> bool:
    """A parameter that is true or false. Raises ValueError."""
    if text not in {"true", "false"}:
        raise ValueError
    return text == "true"


def _too_large(most: int) -> NoReturn:
    shown = f"{most // 1024:,} KiB" if most < 1 << 20 else f"{most >> 20:,} MiB"
    raise BodyTooLarge(limit=shown)


BULK_TYPES = (NDJSON, JSON)
