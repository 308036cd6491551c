"""The bytes of a file or of standard input, in a form that can be read twice."""

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from ct_cli.files import database_is_open
from ct_cli.returns.reading.refusals import FileMissing, FileRefused

STANDARD_INPUT = "standard input"
_IN_MEMORY = 8 * 1024 * 1024  # bytes of standard input that are kept in memory before a temporary file takes over


@dataclass(frozen=True)
class Source:
    """An open file of bytes that can be rewound."""

    name: str
    """As the user named it."""
    content: IO[bytes]
    ending: str
    """What the name ends in, in lower case with its dot; empty for standard input."""
    owned: bool = True
    """Whether it is closed with this; else whoever opened it does so."""

    def start(self) -> bytes:
        """Its first 8 KiB; leaves it rewound."""
        self.content.seek(0)
        first = self.content.read(8192)
        self.content.seek(0)
        return first

    @contextmanager
    def text(self, encoding: str, newline: str | None = None) -> Iterator[io.TextIOWrapper]:
        """It as text from its first character; stays open afterwards."""
        self.content.seek(0)
        text = io.TextIOWrapper(self.content, encoding=encoding, newline=newline)
        try:
            yield text
        finally:
            if not self.content.closed:
                text.detach()

    def close(self) -> None:
        """Let go of it."""
        if self.owned:
            self.content.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_source(given: str) -> Source:
    """The file of a path, or standard input for "-". Raises FileMissing, FileRefused."""
    if given == "-":
        return Source(STANDARD_INPUT, _spooled(sys.stdin.buffer), "")
    path = Path(given)
    try:
        if path.is_dir():
            raise FileMissing(file=given, reason="it is a folder")
        if database_is_open(path):  # to open and close it would drop the locks that SQLite has on it
            raise FileMissing(file=given, reason="it is the register itself, which is open here")
        handle = path.open("rb")
    except FileNotFoundError:
        raise FileMissing(file=given, reason="there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FileMissing(file=given, reason=_reason(error)) from None
    if handle.seekable():
        return Source(given, handle, path.suffix.lower())
    with handle:  # a named pipe, as bash's <(…)
        return Source(given, _spooled(handle), path.suffix.lower())


def _spooled(stream: IO[bytes]) -> IO[bytes]:
    kept = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with the source
    try:
        while chunk := stream.read(1 << 20):
            kept.write(chunk)
    except OSError as error:
        kept.close()
        raise FileRefused(file=STANDARD_INPUT, reason=_reason(error), remedy="Try again with a file.") from None
    kept.seek(0)
    return kept


def _reason(error: OSError | ValueError) -> str:
    words = error.strerror if isinstance(error, OSError) else None
    return (words or str(error)).lower()
