"""What every request passes first and last: its network, its id, our patience with it, its line in the log."""

import asyncio
import contextlib
import re
import time
import uuid
from collections import Counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ct_cli.backends.api_paths import REQUEST_ID
from ct_cli.server.log import Log
from ct_cli.server.options import ServerOptions
from ct_cli.server.refusals import (
    BodyTooSlow,
    EncodingNotTaken,
    HeaderRefused,
    HttpRefusal,
    NetworkNotAllowed,
    refusal,
)
from ct_cli.server.streaming import ClientTooSlow

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_ID_HEADER = REQUEST_ID.lower().encode()
_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class Doorway:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, options: ServerOptions, log: Log) -> None:
        self.app, self._options, self._log = app, options, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's beginning and end."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["ct.request_id"] = _request_id(scope)
        began, status, size = time.perf_counter(), 0, 0
        unread = _has_body(scope)
        closing = scope["ct.closing"] = contextlib.AsyncExitStack()

        async def receiving() -> Message:
            nonlocal unread
            message = await receive()
            unread = bool(message.get("more_body", False))
            return message

        async def drain() -> None:
            """Read what is left of a body of ordinary size: hung up on while it sends, a client may miss the answer."""
            left = _DRAINED if _announced(scope) <= _DRAINED and status != BodyTooSlow.status else 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_SECONDS):
                    while unread and left > 0:
                        left -= len((await receiving()).get("body", b""))

        async def patiently(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                added = [(_ID_HEADER, request_id.encode()), *_HEADERS]
                if unread and wrong is None:
                    await drain()
                if unread or wrong is not None:  # Else the rest of a huge body that was refused would be read.
                    added.append((b"connection", b"close"))
                message["headers"] = [*message["headers"], *added]
            else:
                size += len(message.get("body", b""))
            try:
                async with asyncio.timeout(self._options.limits.send_seconds):
                    await send(message)
            except TimeoutError:
                raise ClientTooSlow from None

        wrong = _misleading(scope)
        try:
            async with closing:
                if wrong is None:
                    await self._inside(scope, receiving if unread else receive, patiently)
                else:
                    await refusal(wrong, request_id)(scope, receive, patiently)
        except ClientDisconnect:
            pass  # It hung up before all of its request was here: nobody is left to answer, and nothing was done.
        except ClientTooSlow:
            pass  # What is left of its answer is not sent, and the connection is closed: no fault of the server's.
        except Exception as error:
            self._log.unexpected(error, request_id)
            raise
        finally:
            self._tell(scope, status, size, began)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = (scope.get("client") or ("",))[0]
        if self._options.allows(address):
            await self.app(scope, receive, send)
        else:
            await refusal(NetworkNotAllowed(), scope["ct.request_id"])(scope, receive, send)

    def _tell(self, scope: Scope, status: int, size: int, began: float) -> None:
        route: Any = scope.get("route")
        self._log.line(
            "request",
            request_id=scope["ct.request_id"],
            method=scope["method"] if scope["method"] in _METHODS else "other",
            route=getattr(route, "path", None),
            status=status or None,
            ms=round((time.perf_counter() - began) * 1000, 1),
            bytes=size,
            key=scope.get("ct.key_id"),
        )


_METHODS = {"GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"}


_DRAINED = 1 << 20
_DRAIN_SECONDS = 2


def _announced(scope: Scope) -> int:
    """The length of a body, where it is told."""
    found = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(found[0][:18]) if found and found[0].isdigit() else 0


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == _ID_HEADER:
            given: str = value.decode("latin-1")
            if _ID.fullmatch(given):
                return given
    return uuid.uuid4().hex


def _misleading(scope: Scope) -> HttpRefusal | None:
    """Why a request may be read by us as another than a proxy before us read it; None where it cannot."""
    names = Counter(name for name, _ in scope["headers"])
    if names[b"content-length"] and names[b"transfer-encoding"]:  # RFC 9112, 6.1: an attempt at smuggling, perhaps
        return HeaderRefused(name="Content-Length", reason="it is given beside Transfer-Encoding")
    if names[b"authorization"] > 1:
        return HeaderRefused(name="Authorization", reason="it is given twice")
    if names[b"content-encoding"] and scope["method"] in _WITH_BODY:
        given = b",".join(value for name, value in scope["headers"] if name == b"content-encoding")
        if given.strip().lower() not in {b"", b"identity"}:
            return EncodingNotTaken()
    return None


_WITH_BODY = {"POST", "PUT", "PATCH"}
