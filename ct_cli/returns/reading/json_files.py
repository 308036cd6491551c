"""JSON and NDJSON: an array of objects, {"returns": [objects]}, or an object a line. Read a piece at a time."""

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from ct_cli.returns.reading.json_frames import Framed, Frames
from ct_cli.returns.reading.kept_rows import KeptRows
from ct_cli.returns.reading.refusals import FileBroken, FileEmpty, NoTemporaryRoom
from ct_cli.returns.reading.sheet import FileFormat, Sheet
from ct_cli.returns.reading.source import Source

_PIECE = 1 << 18  # characters read at a time
_LONGEST_OBJECT = 1 << 20  # characters; one return takes up about 1,000
_MOST_KEYS = 2_000
_REMEDY = 'It is an array of returns, [{"location_id": "1-123456789", "service": "care-home", …}, …], or one a line.'
_SPACE = re.compile(r"[ \t\r\n]*")

_WRAPPERS = ("returns", "rows", "items", "data")
"""The keys under which a JSON document may hold its array of returns."""
_INNER = ("values", "raw")
"""The keys under which a return may hold its items as an object of their own."""


def read_objects(source: Source, format: FileFormat) -> Sheet:
    """The sheet of a JSON or NDJSON file: a key a column, an object a row.

    The whole file is parsed once before any row is given, which finds all keys and refuses a file that breaks off.
    Raises FileBroken, FileEmpty, FileRefused.
    """
    encoding = _encoding(source)
    kept = KeptRows()
    try:
        keys = _read_whole(source, format, encoding, kept)
    except OSError as error:
        kept.close()
        remedy = "Try again once there is room for temporary files."
        raise NoTemporaryRoom(file=source.name, reason=(error.strerror or str(error)).lower(), remedy=remedy) from None
    except BaseException:
        kept.close()
        raise

    def close() -> None:
        kept.close()
        source.close()

    return Sheet(
        source.name, format, tuple(keys), 0, lambda _: kept.rows(keys), encoding=encoding, close=close
    )  # fmt: skip


def _read_whole(source: Source, format: FileFormat, encoding: str, kept: KeptRows) -> dict[str, int]:
    """The place of each key of the file's objects; its rows are kept."""
    keys: dict[str, int] = {}
    last: tuple[str, ...] | None = None
    for number, its_keys, cells in _objects(source, format, encoding):
        kept.add(number, its_keys, cells)
        if its_keys is last:
            continue
        last = its_keys
        for key in its_keys:
            if key not in keys:
                keys[key] = len(keys)
        if len(keys) > _MOST_KEYS:
            raise _broken(source, f"its objects have more than {_MOST_KEYS:,} different keys")
    if last is None:
        raise FileEmpty(file=source.name)
    kept.end()
    return keys


def _cell(value: Any) -> str:
    """A value as the text that a cell would have; what no cell can hold stays JSON, and the rules refuse it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return " ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _objects(source: Source, format: FileFormat, encoding: str) -> Iterator[tuple[int, tuple[str, ...], list[str]]]:
    """Each object's number, its keys and its cells. The objects of one frame have one and the same tuple of keys."""
    found = (_lines if format is FileFormat.NDJSON else _elements)(source, encoding, Frames(_cells_of))
    where = "line" if format is FileFormat.NDJSON else "object"
    try:
        for number, value in found:
            if type(value) is Framed:
                yield number, value.frame.keys, value.cells
                continue
            if not isinstance(value, dict):
                raise _broken(source, f"{where} {number} is not an object in {{braces}}")
            flat = _flat(value)
            _refuse_halves(source, f"{where} {number}", flat)
            yield number, tuple(flat), [it if type(it) is str else _cell(it) for it in flat.values()]
    except UnicodeDecodeError:
        raise _broken(source, "it is not UTF-8 text") from None
    except _Twice as twice:
        raise _broken(source, f"an object has the key {twice.key!r} twice") from None
    except RecursionError:
        raise _broken(source, "it nests objects too deeply") from None


def _refuse_halves(source: Source, place: str, flat: dict[str, Any]) -> None:
    """Refuse what JSON can say and no text can: half of a character, in a key or in a value. Raises FileBroken."""
    for key, value in flat.items():
        try:
            key.encode()
            (value if type(value) is str else _cell(value)).encode()
        except UnicodeEncodeError:
            raise _broken(
                source, f"{place} has half of a character in it (a \\u escape without its other half)"
            ) from None


def _cells_of(text: str) -> dict[str, str]:
    """The cells of an object by key."""
    return {key: _cell(value) for key, value in _flat(_CAREFUL.decode(text)).items()}


def _flat(given: dict[str, Any]) -> dict[str, Any]:
    """An object whose items are in an object of their own, as ct writes returns, with the items beside the rest."""
    for key in _INNER:
        if isinstance(inner := given.get(key), dict):
            del given[key]
            given.update(inner)
    return given


def _lines(source: Source, encoding: str, frames: Frames) -> Iterator[tuple[int, Any]]:
    number = 0
    try:
        with source.text(encoding) as text:
            while line := text.readline(_LONGEST_OBJECT):
                number += 1
                framed = frames.read(line)
                if framed is not None and line.endswith("\n", framed.end) and len(line) == framed.end + 1:
                    yield number, framed
                    continue
                if len(line) >= _LONGEST_OBJECT:
                    raise _broken(source, f"line {number} has more than a million characters")
                if not line.isspace():
                    value = _CAREFUL.decode(line)
                    if framed is None and isinstance(value, dict):
                        frames.learn(line.strip())
                    yield number, value
    except json.JSONDecodeError as error:
        raise _broken(source, f"line {number} is not JSON ({_reason(error)})") from None


def _elements(source: Source, encoding: str, frames: Frames) -> Iterator[tuple[int, Any]]:
    """Each element of the document's array, parsed as soon as all of it is there."""
    with source.text(encoding) as text:
        window = _Window(text, frames)
        window.enter_array(source)
        number = 0
        while window.next_is_element(source, number):
            number += 1
            yield number, window.element(source, number)


class _Window:
    """The part of a JSON document that has been read and not yet been parsed."""

    def __init__(self, text: io.TextIOBase, frames: Frames) -> None:
        self._text = text
        self._frames = frames
        self._held = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            self._at = _SPACE.match(self._held, self._at).end()  # type: ignore[union-attr]  # it matches nothing too
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def enter_array(self, source: Source) -> None:
        """Go to the first element of the array, be it the document or under one of its keys."""
        if self.peek() == "{":
            self._at += 1
            if self._string() not in _WRAPPERS or self.peek() != ":":
                raise _broken(source, f'it is an object that does not begin with "{_WRAPPERS[0]}": […]')
            self._at += 1
        if self.peek() != "[":
            raise _broken(source, "it is no array in [brackets]")
        self._at += 1

    def next_is_element(self, source: Source, number: int) -> bool:
        """Whether an element follows; steps over the comma before it. Raises FileBroken."""
        character = self.peek()
        if character == "]":
            self._at += 1
            return False
        if number and character != ",":
            after = f"after object {number} there is neither a comma nor the closing bracket"
            raise _broken(source, "it breaks off" if not character else after)
        self._at += bool(number)
        self.peek()
        return True

    def element(self, source: Source, number: int) -> Any:
        """The element that begins here. Raises FileBroken."""
        while True:
            framed = self._frames.read(self._held, self._at)
            if framed is not None:
                self._at = framed.end
                return framed
            try:
                value, end = _CAREFUL.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                # It may only be cut off by the end of what has been read; more of it is read, up to a bound.
                if len(self._held) - self._at > _LONGEST_OBJECT or not self._more():
                    raise _broken(source, f"object {number} is not JSON ({_reason(error)})") from None
                continue
            if isinstance(value, dict):
                self._frames.learn(self._held[self._at : end])
            self._at = end
            return value

    def _string(self) -> object:
        self.peek()
        try:
            value, self._at = _CAREFUL.raw_decode(self._held, self._at)
        except json.JSONDecodeError:
            return None
        return value

    def _more(self) -> bool:
        piece = "" if self._ended else self._text.read(_PIECE)
        self._ended = not piece
        self._held = self._held[self._at :] + piece
        self._at = 0
        return bool(piece)


class _Twice(Exception):
    """An object has a key twice: the first value would silently be lost."""

    def __init__(self, key: str) -> None:
        self.key = key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return made


def _float(text: str) -> str:
    """22.0 is a count as 22 is; every other fraction stays as written, and the rules refuse it."""
    whole, _, fraction = text.partition(".")
    return whole if fraction and not fraction.strip("0") else text


# Numbers stay text: nothing is rounded, and a number of a million digits costs no time.
_CAREFUL = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=_float, parse_constant=str)
"""It refuses an object that has a key twice."""


def _encoding(source: Source) -> str:
    start = source.start()
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def _broken(source: Source, reason: str) -> FileBroken:
    return FileBroken(file=source.name, reason=reason, remedy=_REMEDY)


def _reason(error: json.JSONDecodeError) -> str:
    return error.msg[:1].lower() + error.msg[1:]
