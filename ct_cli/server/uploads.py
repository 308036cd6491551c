"""What a client uploads, kept out of sight while it is read: in memory or, beyond a megabyte, in a temporary file.

The file has no name where the system can do without (Linux, macOS), and is taken away by the system where it has one
(Windows): a server that is killed leaves no returns behind. What a power cut leaves is swept at the next start.
"""

import contextlib
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import IO, cast

from ct_cli.returns.reading import kept_rows
from ct_cli.server.refusals import BodyTooLarge, NoRoomForUploads

PREFIX = "ct-upload-"
_IN_MEMORY = 1 << 20
LONGEST_LINE = 1 << 20
"""Bytes. A return takes up some 500."""


class Upload:
    """A body that arrives part by part, and can be read any number of times once it is here."""

    def __init__(self, most_lines: int, *, lines: bool) -> None:
        """`most_lines` bounds what it may hold: values a line where `lines` is set, else objects of an array."""
        self._most, self._lines = most_lines, lines
        self._digest = sha256()
        self._values = 0
        self._since_end = 0
        try:
            kept = tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix=PREFIX)  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise _no_room(error) from error
        self.file = cast(IO[bytes], kept)
        """From its beginning, once `finish` was called."""

    def add(self, part: bytes) -> None:
        """Take in the next part. Raises BodyTooLarge, NoRoomForUploads."""
        self._count(part)
        self._digest.update(part)
        try:
            self.file.write(part)
        except OSError as error:
            raise _no_room(error) from error

    def finish(self) -> str:
        """Make it ready to be read; its SHA-256. Raises NoRoomForUploads."""
        try:
            self.file.seek(0)
        except OSError as error:
            raise _no_room(error) from error
        return self._digest.hexdigest()

    async def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(OSError):  # of what could not be written, which is of no use to anybody
            self.file.close()

    def _count(self, part: bytes) -> None:
        # Bounds beyond what is refused in any case once it is read, so that no more need be kept before it is.
        # Blank lines are passed over, and an object may have another in it.
        self._values += part.count(b"\n" if self._lines else b"{")
        if self._values > 2 * self._most + 1_000:
            raise BodyTooLarge(limit=f"{self._most:,} {'lines' if self._lines else 'returns'}")
        if self._lines:
            end = part.rfind(b"\n")
            self._since_end = self._since_end + len(part) if end < 0 else len(part) - end - 1
            if self._since_end > LONGEST_LINE:
                raise BodyTooLarge(limit=f"{LONGEST_LINE >> 20} MiB in one of its lines")


def _no_room(error: OSError) -> NoRoomForUploads:
    return NoRoomForUploads(reason=(error.strerror or str(error)).lower())


def sweep_uploads() -> None:
    """Take away what servers that ended without a chance to do so left in the temporary folder."""
    try:
        folder = Path(tempfile.gettempdir())
        left = [path for prefix in (PREFIX, kept_rows.PREFIX) for path in folder.glob(f"{prefix}*")]
    except OSError:  # there is no folder that can be written to: an upload says so, in words
        return
    for path in left:
        # Another server that runs has none with a name or, on Windows, goes on with its own, named or not.
        with contextlib.suppress(OSError):  # somebody else's
            if path.is_file() and not path.is_symlink():
                path.unlink()
