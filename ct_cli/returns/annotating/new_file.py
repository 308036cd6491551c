"""A file that is there whole or not at all, and readable by its owner alone."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ct_cli.errors import UsageError


class FileNotWritten(UsageError):
    """{path} cannot be written: {reason}. Name another file."""

    code = "file-not-written"


class EndingNotWritten(UsageError):
    """ct cannot write {path}: the name's ending says what to write, and it is one of {known}."""

    code = "ending-not-written"


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Where to write what then takes the path's place, once `with` is left without an exception.

    Raises FileNotWritten for every OSError within, also those of the caller's own writing.
    """
    if path.is_dir():
        raise FileNotWritten(path=path, reason="it is a folder")
    part: Path | None = None
    try:
        # Made for its owner alone from the first moment, by mkstemp.
        handle, name = tempfile.mkstemp(prefix=".ct-", suffix=".part", dir=path.parent)
        os.close(handle)
        part = Path(name)
        yield part
        part.replace(path)
        part = None
    except OSError as error:
        reason = "there is no such folder" if isinstance(error, FileNotFoundError) else _why(error)
        raise FileNotWritten(path=path, reason=reason) from None
    finally:
        if part is not None:
            with contextlib.suppress(OSError):  # What is told of is why the file could not be written.
                part.unlink()


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
