"""A file that is there whole or as it was before, and readable by its owner alone."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ct_cli.errors import UsageError


class FileNotWritten(UsageError):
    """{path} cannot be written: {reason}. Name a file in a folder that you can write to."""

    code = "file-not-written"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole. Raises FileNotWritten."""
    with new_file(path) as part:
        part.write_bytes(content)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Where to write what then takes the path's place, once `with` is left without an exception.

    Raises FileNotWritten for every OSError within, also those of the caller's own writing.
    """
    target = path.resolve()  # A link stays a link: what it leads to is replaced.
    if target.exists() and not target.is_file():
        raise FileNotWritten(path=path, reason="it is a folder" if target.is_dir() else "it is not a file")
    try:
        with replacing(target) as part:
            yield part
    except OSError as error:
        missing = isinstance(error, FileNotFoundError) and not target.parent.is_dir()
        raise FileNotWritten(path=path, reason="there is no such folder" if missing else _why(error)) from None


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A file beside the target, which takes its place once it is on the disk. Whatever goes wrong, it leaves nothing
    behind. Raises OSError."""
    # Made for its owner alone from the first moment, by mkstemp.
    handle, name = tempfile.mkstemp(prefix=".ct-", suffix=".part", dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):  # What is told of is why the file could not be written.
            part.unlink()
        raise


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
