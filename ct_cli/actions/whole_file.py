"""A file that is whole or as it was before."""

import contextlib
import os
import tempfile
from pathlib import Path

from ct_cli.errors import UsageError


class FileNotWritten(UsageError):
    """{path} cannot be written: {reason}. Name a file in a folder that you can write to, or - for stdout."""

    code = "file-not-written"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside itself first, then put it in its place. Raises FileNotWritten."""
    if path.is_dir():
        raise FileNotWritten(path=path, reason="it is a folder")
    part = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            part = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        if part is not None:
            with contextlib.suppress(OSError):  # What is told of is why the file could not be written.
                part.unlink()
        raise FileNotWritten(path=path, reason=(error.strerror or str(error)).lower()) from None
