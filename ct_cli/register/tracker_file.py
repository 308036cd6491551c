"""A file of Capacity Tracker's: its export's JSON as saved from the API, a CSV download, or the monthly report."""

import codecs
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ct_cli.register.seen import ReadExport
from ct_cli.register.sighting import SightingKind
from ct_cli.register.tracker_items import ItemReader
from ct_cli.register.tracker_rows import IDS, NotAnExport, read_rows
from ct_cli.returns.reading.headers import plain
from ct_cli.returns.reading.open_sheet import sheet_in
from ct_cli.returns.reading.refusals import FileBroken, FileRefused
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.returns.reading.source import Source, open_source

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AGAIN = "Save that page of the export again, whole."


class NotFromCapacityTracker(FileRefused):
    """{file} is no file of Capacity Tracker's that ct knows: {reason}. ct reads its export's JSON, its CSV downloads of
    care homes and of home care, and its monthly report to councils, each as it was saved."""

    code = "not-from-capacity-tracker"


def read_tracker_file(file: str, labels: Mapping[str, Collection[str]], format: FileFormat | None = None) -> ReadExport:
    """What a file says, whichever of them it is; "-" is standard input.

    Raises FileMissing, FileRefused and its kin, FormatUnknown, NotFromCapacityTracker.
    """
    with open_source(file) as source:
        if _is_json(source):
            return _read_json(source)
        kind = format or (FileFormat.CSV if file == "-" else None)
        with sheet_in(source, kind, frozenset(IDS)) as sheet:
            ids = frozenset(index for index, title in enumerate(sheet.header) if plain(title) in IDS)
            try:
                return read_rows(sheet.header, sheet.rows(ids), labels)
            except NotAnExport as error:
                raise NotFromCapacityTracker(file=source.name, reason=str(error)) from None


def items_in(document: object) -> Iterator[list[Any]]:
    """The pages of items in a JSON document: one page, a list of pages, or a bare list of items."""
    match document:
        case {"items": list(items)}:
            yield items
        case list(parts) if parts and all(isinstance(part, dict) and "items" in part for part in parts):
            for part in parts:
                yield from items_in(part)
        case list(items):
            yield items


def _is_json(source: Source) -> bool:
    start = source.start()
    for mark in _BOMS:
        start = start.removeprefix(mark)
    return start.lstrip(b" \t\r\n\0")[:1] in (b"{", b"[")


def _read_json(source: Source) -> ReadExport:
    read = ReadExport(SightingKind.EXPORT)
    reader, pages = ItemReader(read), 0
    for document in _documents(source):
        for items in items_in(document):
            pages += 1
            reader.take(items)
    if not pages:
        reason = 'its JSON has no "items"'
        raise NotFromCapacityTracker(file=source.name, reason=reason)
    return read


def _documents(source: Source) -> list[Any]:
    """The document or, where there is one a line, each of them. Raises FileBroken."""
    content = source.content.read()
    try:
        return [json.loads(content)]
    except UnicodeDecodeError:
        raise FileBroken(file=source.name, reason="it is not UTF-8 text", remedy=_AGAIN) from None
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            reason = f"it breaks off or is not JSON, in line {error.lineno}"
            raise FileBroken(file=source.name, reason=reason, remedy=_AGAIN) from None
    except RecursionError:
        raise FileBroken(file=source.name, reason="it nests objects too deeply", remedy=_AGAIN) from None
    documents = []
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                documents.append(json.loads(line))
            except (json.JSONDecodeError, UnicodeDecodeError):
                reason = f"line {number} breaks off or is not JSON"
                raise FileBroken(file=source.name, reason=reason, remedy=_AGAIN) from None
    items = [part for part in documents if not (isinstance(part, dict) and "items" in part)]
    return [items] if len(items) == len(documents) else documents
