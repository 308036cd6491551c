"""What is sent to a server, in parts that a server takes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is to be sent."""

    first: int
    """The place, from 0, of the first of its values among all of them."""
    count: int
    body: bytes
    """Their lines."""
    key: str
    """Its Idempotency-Key: the same whenever the same is sent under the same key."""


def in_parts(lines: Iterable[bytes], most: int, most_bytes: int, key: str) -> Iterator[Part]:
    """Lines in parts of at most so many lines and bytes. A line that is too long by itself goes alone, for the server
    to refuse it in its own words."""
    number, first, size = 0, 0, 0
    together: list[bytes] = []
    for line in lines:
        if together and (len(together) >= most or size + len(line) > most_bytes):
            yield Part(first, len(together), b"".join(together), _key(key, number))
            number, first, size = number + 1, first + len(together), 0
            together = []
        together.append(line)
        size += len(line)
    if together:
        yield Part(first, len(together), b"".join(together), _key(key, number))


def _key(key: str, number: int) -> str:
    return key if number == 0 else f"{key}-{number}"
