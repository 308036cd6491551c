"""CSV and TSV: how the text is encoded, what stands between its cells, and its rows."""

import codecs
import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import count

from ct_cli.returns.reading.headers import find_header, plain
from ct_cli.returns.reading.refusals import FileBroken, FileEmpty, FileRefused
from ct_cli.returns.reading.sheet import FileFormat, Row, RowReader, Sheet
from ct_cli.returns.reading.source import Source

_CHUNK = 1 << 18
_LONGEST_CELL = csv.field_size_limit()  # 131,072 characters; a note is at most 500
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_REMEDY = "Mend that row, or save the file again from the program that made it."
_SAVE_AGAIN = 'In Excel, save it again as "CSV UTF-8 (Comma delimited)".'


@dataclass(frozen=True)
class _Surveyed:
    """What one pass over a text file's bytes has shown."""

    encoding: str
    quoted: bool
    """It has a quotation mark, so that cells may hold line breaks and delimiters."""


def read_text(source: Source, format: FileFormat, names: Collection[str]) -> Sheet:
    """The sheet of a CSV or TSV. Raises FileRefused's kinds; where quotation marks do not match, before any row."""
    surveyed = _survey(source)
    delimiter = "\t" if format is FileFormat.TSV else _sniff(source, surveyed.encoding, names)
    if surveyed.quoted:
        _refuse_mismatched_quotes(source, surveyed.encoding, delimiter)
    found = find_header(_records(source, surveyed.encoding, delimiter), names)
    if found is None:
        raise FileEmpty(file=source.name)
    number, header = found
    reader = _reader(source, surveyed.encoding, delimiter, number, len(header))
    return Sheet(
        source.name,
        FileFormat.TSV if delimiter == "\t" else FileFormat.CSV,
        tuple(header),
        number,
        reader,
        delimiter=delimiter,
        encoding=surveyed.encoding,
        read_starts=None if surveyed.quoted else _reader_of_starts(source, surveyed.encoding, delimiter, number),
        close=source.close,
    )


def _survey(source: Source) -> _Surveyed:
    """One pass over the bytes: UTF-8 where all of it is, else what Excel calls CSV on Windows (cp1252)."""
    start = source.start()
    marked = next((encoding for bom, encoding in _BOMS if start.startswith(bom)), None)
    encoding = marked or _utf16_without_mark(start) or "utf-8"
    if (quoted := _decodes(source, encoding)) is None and encoding == "utf-8":
        encoding = "cp1252"
        quoted = _decodes(source, encoding)
    if quoted is None:
        raise FileBroken(file=source.name, reason="its characters are in no encoding that ct knows", remedy=_SAVE_AGAIN)
    return _Surveyed(encoding, quoted)


def _utf16_without_mark(start: bytes) -> str | None:
    if len(start) >= 4 and start[1] == 0 and start[3] == 0 and start[0]:
        return "utf-16-le"
    if len(start) >= 4 and start[0] == 0 and start[2] == 0 and start[1]:
        return "utf-16-be"
    return None


def _decodes(source: Source, encoding: str) -> bool | None:
    """Whether the text has quotation marks; None where it is not in the encoding. Raises FileRefused for a NUL."""
    decoder = codecs.getincrementaldecoder(encoding)()
    quoted, unbroken = False, 0
    source.content.seek(0)
    while True:
        chunk = source.content.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            return None
        if "\0" in text:
            reason = "it holds a NUL character, as no text does"
            raise FileBroken(file=source.name, reason=reason, remedy=_SAVE_AGAIN)
        quoted = quoted or '"' in text
        unbroken = 0 if "\n" in text or "\r" in text else unbroken + len(text)
        if unbroken > 4 * _CHUNK:
            raise FileRefused(
                file=source.name, reason="it has a line of more than a million characters", remedy=_SAVE_AGAIN
            )
        if not chunk:
            return quoted


def _sniff(source: Source, encoding: str, names: Collection[str]) -> str:
    """The delimiter under which the header is found or, without one, that makes the most columns."""

    def score(delimiter: str) -> tuple[bool, int]:
        try:
            found = find_header(_records(source, encoding, delimiter), names)
        except FileRefused:  # not this delimiter, or a broken file: the one chosen is read again, and says so
            return False, 0
        if found is None:
            return False, 0
        return any(plain(cell) in names for cell in found[1]), len(found[1])

    return max((",", ";", "\t"), key=score)


def _refuse_mismatched_quotes(source: Source, encoding: str, delimiter: str) -> None:
    """Read it all once, so that a quotation mark without its fellow cannot swallow rows that come after good ones."""
    for _ in _records(source, encoding, delimiter):
        pass


def _reader(source: Source, encoding: str, delimiter: str, header_row: int, width: int) -> RowReader:
    blank = [""] * width

    def read(_: frozenset[int]) -> Iterator[Row]:
        records = _records(source, encoding, delimiter)
        for number, cells in records:
            # A row that has a first cell, as nearly all have, is not joined to see whether it is blank.
            if number <= header_row or not any(cells) or not (cells[0].strip() or "".join(cells).strip()):
                continue
            short = width - len(cells)
            if short > 0:
                cells += blank[:short]
            elif short < 0:
                while len(cells) > width and not cells[-1].strip():
                    cells.pop()
            yield number, cells

    return read


def _reader_of_starts(
    source: Source, encoding: str, delimiter: str, header_row: int
) -> Callable[[int, frozenset[int]], Iterator[Row]]:
    """Of a file without quotation marks, where each line is a record, and each delimiter parts two cells."""

    def read(many: int, _: frozenset[int]) -> Iterator[Row]:
        with source.text(encoding, newline="") as text:
            for number, line in enumerate(text, 1):
                if number <= header_row:
                    continue
                cells = line.split(delimiter, many)
                if not cells[0].strip() and not line.replace(delimiter, "").strip():
                    continue
                if len(line) > _LONGEST_CELL and max(map(len, line.split(delimiter))) > _LONGEST_CELL:
                    raise FileBroken(file=source.name, reason=_too_long(number), remedy=_REMEDY)
                if len(cells) <= many:  # the last of them ends its line
                    cells[-1] = cells[-1].rstrip("\r\n")
                    cells += [""] * (many - len(cells))
                yield number, cells

    return read


def _records(source: Source, encoding: str, delimiter: str) -> Iterator[Row]:
    """Each record with its number, blank ones too: a quoted line break stays in its cell, as in a spreadsheet."""
    numbers = count(1)
    try:
        with source.text(encoding, newline="") as text:
            each = zip(numbers, csv.reader(text, delimiter=delimiter, strict=True))  # noqa: B905  numbers have no end
            for number, cells in each:
                # Excel's own way to name the delimiter, which is sniffed here anyway
                named = len(cells) <= 2 and cells and cells[0].startswith("sep=")
                yield number, [] if named else cells
                break
            yield from each
    except csv.Error as error:
        # The number was taken before its record was read.
        raise FileBroken(file=source.name, reason=_reason(error, next(numbers) - 1), remedy=_REMEDY) from None


def _too_long(row: int) -> str:
    return f"row {row} has a cell of more than {_LONGEST_CELL:,} characters, or a quotation mark without its fellow"


def _reason(error: csv.Error, row: int) -> str:
    if "field limit" in str(error):
        return _too_long(row)
    return f'in row {row} or just after it, a quotation mark (") has no fellow, or text follows the closing one'
