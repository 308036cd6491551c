"""A workbook as the zip archive that it is, looked through before anything in it is opened."""

import zipfile

from ct_cli.returns.reading.refusals import FileBroken, FileEncrypted, FileTooLarge
from ct_cli.returns.reading.source import Source

MOST_OPENED = 600 * 1024 * 1024
"""Bytes that the parts of a workbook may take up in all once unpacked: 30,000 returns are some 30 MB."""
_MOST_PARTS = 10_000

DAMAGED = "Open it in Excel or LibreOffice, save it again, and submit the new file."


def open_archive(source: Source) -> zipfile.ZipFile:
    """The archive. Raises FileBroken, FileEncrypted, FileTooLarge.

    The sizes are those that the archive's directory declares. A part that unpacks to more than it declares is broken,
    and is refused when it is read.
    """
    source.content.seek(0)
    try:
        archive = zipfile.ZipFile(source.content)
        parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, UnicodeDecodeError):
        reason = "it begins as a workbook does, but cannot be unpacked"
        raise FileBroken(file=source.name, reason=reason, remedy=DAMAGED) from None
    total = sum(part.file_size for part in parts)
    if total > MOST_OPENED or len(parts) > _MOST_PARTS:
        limit = f"{MOST_OPENED >> 20} MB and {_MOST_PARTS:,} parts"
        size = f"{total >> 20:,} MB in {len(parts):,} parts"
        raise FileTooLarge(file=source.name, size=size, limit=limit, remedy="Submit it as CSV, or in parts.")
    if any(part.flag_bits & 1 for part in parts):
        raise FileEncrypted(file=source.name)
    return archive
