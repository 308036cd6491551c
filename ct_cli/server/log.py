"""The server's log: a line of JSON for each request and each trouble, on stderr.

It holds no key, no query and no path as it was asked for: the route's pattern stands in for it, so that neither an
address of a person nor a location's affairs are found in a log. The request's id leads to the audit trail.
"""

import json
import sys
import traceback
from typing import TextIO

from ct_cli import clock
from ct_cli.errors import CtError


class Log:
    """Writes lines."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def line(self, event: str, **facts: object) -> None:
        """One line; what is None is left out."""
        told = {name: value for name, value in facts.items() if value is not None}
        at = clock.now().isoformat(timespec="milliseconds")
        print(json.dumps({"at": at, "event": event, **told}), file=self._stream or sys.stderr)

    def trouble(self, error: CtError, request_id: str | None = None) -> None:
        """What the server could not do, in the words of the error."""
        self.line("trouble", request_id=request_id, code=error.code, words=error.sentence)

    def unexpected(self, error: BaseException, request_id: str) -> None:
        """An error that nobody foresaw: its kind and where it was raised, without its words, which may quote data."""
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        self.line("unexpected", request_id=request_id, kind=type(error).__name__, places=places[-8:])
