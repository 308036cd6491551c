"""A server's answer, once all of it is here: whether it is whole, what it holds, and what it refuses."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, NoReturn, Self, TypeVar

from ct_cli.backends.api_paths import NDJSON
from ct_cli.backends.server_refusals import (
    KeyRefused,
    NotAllowedThere,
    NotTheServer,
    ServerFailed,
    ServerRefused,
)
from ct_cli.backends.wire import NotOnTheWire, read

T = TypeVar("T")

_json = json.JSONDecoder().decode
"""Without the search for another encoding, which takes a fifth of the time that a receipt's line does."""

Told = tuple[bytes, dict[str, Any]]
"""A line of an answer, and what it says."""

_TAIL = 64  # bytes: more than {"end": N} takes


@dataclass
class Answer:
    """A server's answer. Closing it lets go of its body."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: IO[bytes]
    """All of it, rewound."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the body."""
        self.body.close()

    @property
    def kind(self) -> str:
        """Its type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float:
        """The seconds after which to come again; 0 where it does not say."""
        given = self.headers.get("retry-after", "")
        return float(given) if given.isascii() and given.isdigit() and len(given) < 7 else 0.0

    def json(self) -> Any:
        """The body as JSON; None where it is not."""
        self.body.seek(0)
        try:
            return json.loads(self.body.read().decode("utf-8"))
        except (ValueError, RecursionError):
            return None


def whole(answer: Answer) -> bool:
    """Whether an answer is all there: NDJSON is closed by the line {"end": N}, and other JSON is one document."""
    if answer.status == 204:
        return True
    if answer.kind != NDJSON:
        return answer.json() is not None
    size = answer.body.seek(0, 2)
    answer.body.seek(max(0, size - _TAIL))
    tail = answer.body.read()
    answer.body.seek(0)
    return tail.endswith(b"\n") and _end_of(tail.rstrip(b"\n").rpartition(b"\n")[2]) is not None


def lines(answer: Answer, server: str) -> Iterator[dict[str, Any]]:
    """The values of an answer in NDJSON that is whole; the number of them is held against what its end says.

    Raises NotTheServer where a line is not JSON or one is missing.
    """
    return (value for _, value in told_lines(answer, server))


def told_lines(answer: Answer, server: str) -> Iterator[Told]:
    """The same, each with its line."""
    with answer:
        count = 0
        for line in answer.body:
            value = _object(line)
            if value is None:
                break
            if "end" in value and value.keys() == {"end"}:
                if value["end"] != count:
                    break
                return
            count += 1
            yield line, value
        raise _not_understood(server, f"line {count + 1} of its answer is not what it should be")


def values(kind: type[T], answer: Answer, server: str) -> Iterator[T]:
    """The values of a class in an answer in NDJSON. Raises NotTheServer."""
    for line in lines(answer, server):
        yield value(kind, line, server)


def value(kind: type[T], plain: Any, server: str) -> T:
    """A value of a class from its plain form. Raises NotTheServer."""
    try:
        return read(kind, plain)
    except NotOnTheWire as error:
        raise _not_understood(server, f"in its answer, {error}") from None


def raise_refusal(answer: Answer, server: str) -> NoReturn:
    """What an answer that says no says. Raises KeyRefused, NotAllowedThere, ServerFailed, ServerRefused."""
    details = answer.json()
    details = details if isinstance(details, dict) else {}
    detail = " ".join(str(details.get("detail") or f"status {answer.status}").split())[:400]
    if answer.status == 401:
        raise KeyRefused(server=server)
    if answer.status == 403:
        raise NotAllowedThere(server=server, detail=detail)
    if answer.status >= 500 or answer.status == 408:  # nothing that was asked is why
        raise failed(answer, server, detail if details.get("detail") else "")
    raise ServerRefused(server=server, detail=detail, status=answer.status, details=details)


def failed(answer: Answer, server: str, detail: str = "") -> ServerFailed:
    """That the server, or a gateway before it, failed at what it was asked."""
    reason = f"{detail.rstrip('.')} (status {answer.status})" if detail else f"status {answer.status}"
    when = f"in {answer.retry_after:.0f} seconds" if answer.retry_after else "in a little while"
    return ServerFailed(server=server, reason=reason, remedy=f"Run the same again {when}.", status=answer.status)


def _not_understood(server: str, reason: str) -> NotTheServer:
    return NotTheServer(server=server, reason=reason, remedy="Is ct there newer than here? `ct doctor` tells.")


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = _json(line.decode())
    except (ValueError, RecursionError):  # the caller says that the line is not what it should be
        return None
    return value if isinstance(value, dict) else None


def _end_of(line: bytes) -> int | None:
    value = _object(line)
    end = value.get("end") if value else None
    return end if type(end) is int else None
