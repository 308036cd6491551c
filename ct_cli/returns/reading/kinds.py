"""Which kind of file it is, from what it holds first and its name second; kinds that ct does not read are refused."""

from ct_cli.returns.reading.refusals import (
    FileBroken,
    FileEmpty,
    FileEncrypted,
    FileHasMacros,
    FileWrongKind,
    FormatUnknown,
)
from ct_cli.returns.reading.sheet import FileFormat
from ct_cli.returns.reading.source import Source

_ENDINGS = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.TSV,
    ".tab": FileFormat.TSV,
    ".txt": FileFormat.CSV,
    ".json": FileFormat.JSON,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".xlsx": FileFormat.XLSX,
    ".ods": FileFormat.ODS,
}

_SAVE_AS = "Open it in the program that made it, save it as CSV or as an Excel workbook (.xlsx), and submit that."
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of Excel before 2007, and of encrypted workbooks
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLE_SEARCHED = 4 * 1024 * 1024

_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a film"),
    (b"{\\rtf", "a text document"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"7z\xbc\xaf", "compressed (7-Zip)"),
    (b"Rar!", "compressed (RAR)"),
    (b"SQLite format 3\0", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
_MARKUP = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<table", "a web page"),
    (b"<?xml", "XML"),
    (b"<?mso", "XML"),
)


def find_format(source: Source, format: FileFormat | None = None) -> FileFormat:
    """The format of a file; `format` is the one that the user named. Raises FileRefused's kinds, FormatUnknown."""
    start = source.start()
    if not start:
        raise FileEmpty(file=source.name)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _workbook(source)
    _refuse_foreign(source, start)
    found = format or _ENDINGS.get(source.ending)
    if found is None:
        raise FormatUnknown(file=source.name, known=", ".join(FileFormat))
    if found in (FileFormat.XLSX, FileFormat.ODS):
        raise FileBroken(
            file=source.name,
            reason=f"it is no {found.value.upper()} workbook",
            remedy="If it is text, give its name the ending .csv, or say --format csv.",
        )
    return found


def _workbook(source: Source) -> FileFormat:
    from ct_cli.returns.reading.archive import open_archive, read_part

    with open_archive(source) as archive:
        names = set(archive.namelist())
        if "xl/vbaProject.bin" in names or source.ending in {".xlsm", ".xltm", ".xlam"}:
            raise FileHasMacros(file=source.name)
        if "xl/workbook.bin" in names:
            raise FileWrongKind(file=source.name, kind="a binary workbook (.xlsb)", remedy=_SAVE_AS)
        if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
            return FileFormat.XLSX
        if "content.xml" in names and "mimetype" in names:
            if not read_part(source, archive.NameToInfo["mimetype"]).startswith(_ODS):
                raise FileWrongKind(file=source.name, kind="an OpenDocument file, but no spreadsheet", remedy=_SAVE_AS)
            return FileFormat.ODS
    if any(name.startswith("word/") for name in names):
        raise FileWrongKind(file=source.name, kind="a Word document", remedy=_SAVE_AS)
    raise FileWrongKind(file=source.name, kind="a zip archive", remedy="Unpack it, and submit the file that is in it.")


def _refuse_foreign(source: Source, start: bytes) -> None:
    if start.startswith(_OLE):
        if _ENCRYPTED in source.content.read(_OLE_SEARCHED):
            raise FileEncrypted(file=source.name)
        kind = "a workbook of Excel before 2007 (.xls)"
        raise FileWrongKind(file=source.name, kind=kind, remedy='In Excel, save it as "Excel Workbook (*.xlsx)".')
    for magic, kind in _FOREIGN:
        if start.startswith(magic):
            raise FileWrongKind(file=source.name, kind=kind, remedy=_SAVE_AS)
    opening = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    for tag, kind in _MARKUP:
        if opening.startswith(tag):
            raise FileWrongKind(file=source.name, kind=kind, remedy=_SAVE_AS)
