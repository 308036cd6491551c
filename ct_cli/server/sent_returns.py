"""The lines by which another ct sends returns. Nearly all of a file's rows differ from one before in their location and
their values alone; those are read by the frame that they share, and what has to be known of them is known without
reading each in full.
"""

import json
from datetime import datetime
from functools import lru_cache
from typing import IO, NamedTuple

from ct_cli.actions.bulk.judged_again import PlainGiven, plain_given
from ct_cli.backends.contract import Submission
from ct_cli.backends.wire import NotOnTheWire, read
from ct_cli.returns.reading.json_frames import Frame, Frames
from ct_cli.server.asked import as_json, read_lines

_LINE_ENDS = frozenset({"", "\n", "\r\n"})
_ID, _TAKEN_IN = "", " "
"""The keys of two cells that are no values."""
_NOT_VALUES = frozenset({_ID, _TAKEN_IN})


class SentReturn(NamedTuple):
    """A submission as it came."""

    like: Submission
    """Itself or, where `given` is of a line that was read by its frame, one that differs from it in no more than its
    location, its values and when it was taken in."""
    given: PlainGiven | None
    """None where it is more than a full monthly return."""
    line: bytes

    def submission(self) -> Submission:
        """It, read in full."""
        return _read(self.line)


def read_returns(file: IO[bytes], most: int) -> list[SentReturn]:
    """The submissions of a file of NDJSON. Raises BodyTooLarge, NotJson, NotTheForm."""
    return read_lines(file, most, _Reader().read)


class _Reader:
    def __init__(self) -> None:
        self._frames = Frames(_cells_of)
        self._like: dict[Frame, tuple[Submission, tuple[str, ...]]] = {}

    def read(self, line: bytes) -> SentReturn:
        """One line. Raises NotJson, NotOnTheWire."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = ""  # said below
        framed = self._frames.read(text)
        if framed is not None and text[framed.end :] in _LINE_ENDS and _is_moment(framed.cells[1]):
            like, keys = self._like_of(framed.frame, line)
            said = like.checked
            location_id, _, *texts = framed.cells
            return SentReturn(like, PlainGiven(location_id, said.service, said.month, keys, texts), line)
        submission = _read(line)
        given = plain_given(submission.checked)
        if framed is None and given is not None and _NOT_VALUES.isdisjoint(given.keys):
            self._frames.learn(text.strip())
        return SentReturn(submission, given, line)

    def _like_of(self, frame: Frame, line: bytes) -> tuple[Submission, tuple[str, ...]]:
        """A submission of this frame, and the keys of its values."""
        found = self._like.get(frame)
        if found is None:
            found = self._like[frame] = (_read(line), frame.keys[2:])
        return found


def _read(line: bytes) -> Submission:
    return read(Submission, as_json(line), strict=True)


def _cells_of(text: str) -> dict[str, str]:
    """What a plain submission may differ in from another: its location, when it was taken in there, its values."""
    it = json.loads(text)
    said = it["checked"]
    return {
        _ID: said["location_id"],
        _TAKEN_IN: it["received_at"],
        **{key: str(of) for key, of in said["values"].items()},
    }


@lru_cache(maxsize=64)
def _is_moment(text: str) -> bool:
    try:
        read(datetime, text)
    except NotOnTheWire:
        return False
    return True
